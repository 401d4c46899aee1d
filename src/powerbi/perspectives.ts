/** Perspectives: the part of the model that an audience needs. They hide nothing from anyone. */
import type { ShownTable } from './shown.ts';
import { describe, indent, tmdlName } from './tmdl.ts';

export interface Perspective {
  name: string;
  description: string;
  tables: readonly string[];
  /** Of measures, with the folders within. */
  folders: readonly string[];
}

const COMPARISONS = ['Previous Period', 'Change', '7-Day Average', 'Freshness'];
const COMMON = ['Metrics', 'Date', 'Country', 'Channel', 'Time Intelligence', 'Chosen Metric'];

export const PERSPECTIVES: readonly Perspective[] = [
  {
    name: 'Marketing',
    description: 'Where visitors come from, what they do, and whether they come back.',
    tables: [
      ...COMMON,
      ...['Device', 'Sessions', 'Visitors', 'Orders', 'Buyers', 'Events', 'Cohorts', 'Products'],
      'Chosen Dimension',
    ],
    folders: [
      ...['Sessions', 'Events', 'Conversion', 'Funnel', 'Products', 'Cohorts'],
      ...['Sales\\Attribution', 'Sales\\Buyers', 'Sales\\By Last Order', ...COMPARISONS],
    ],
  },
  {
    name: 'Management',
    description: 'Orders and money, and how many visitors buy.',
    tables: [...COMMON, 'Orders', 'Products'],
    folders: ['Sessions', 'Sales', 'Conversion', 'Products', ...COMPARISONS],
  },
];

/** The objects of its file. */
export function perspectiveObjects(
  { name, description, tables, folders }: Perspective,
  shown: readonly ShownTable[],
): string[][] {
  const isWanted = (folder: string) =>
    folders.some((each) => folder === each || folder.startsWith(`${each}\\`));
  return [
    [...describe(description), `perspective ${tmdlName(name)}`],
    ...shown
      .filter((table) => tables.includes(table.name))
      .flatMap((table) => [
        [`\tperspectiveTable ${tmdlName(table.name)}`],
        ...[
          ...table.measures
            .filter(({ folder }) => isWanted(folder))
            .map((measure) => `perspectiveMeasure ${tmdlName(measure.name)}`),
          ...table.columns.map((column) => `perspectiveColumn ${tmdlName(column)}`),
          ...table.hierarchies.map((each) => `perspectiveHierarchy ${tmdlName(each.name)}`),
        ].map((line) => indent([line], 2)),
      ]),
  ];
}
