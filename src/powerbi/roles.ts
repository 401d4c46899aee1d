/**
 * A template of row-level security: who is in the role sees one country. Tables without a country are closed:
 * their numbers are those of all countries.
 */
import { FACTS } from './fact-definitions.ts';
import type { ModelTable } from './model.ts';
import { describe, tmdlName } from './tmdl.ts';

export const COUNTRY_ROLE = 'Country';

/** The dimensions, and Metrics, which holds no numbers of the shop. */
const OPEN = ['Metrics', 'Date', 'Device', 'Channel', 'Country', 'Products'];

/** The objects of its file. */
export function countryRoleObjects(tables: readonly ModelTable[]): string[][] {
  const withCountry = FACTS.filter(({ members }) =>
    members.some(({ dimension }) => dimension === 'Country'),
  ).map(({ name }) => name);
  const closed = tables.filter(({ name }) => ![...OPEN, ...withCountry].includes(name));
  return [
    [
      ...describe(
        'A template: set the country in the filter of the table Country. Numbers of tables without a country are blank.',
      ),
      `role ${tmdlName(COUNTRY_ROLE)}`,
      '\tmodelPermission: read',
    ],
    [`\ttablePermission Country = 'Country'[Country] = "XX"`],
    ...closed.map(({ name }) => [`\ttablePermission ${tmdlName(name)} = FALSE()`]),
  ];
}
