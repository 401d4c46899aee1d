/** The tables of a user's own models in the semantic model: every column is in sight. */
import { FACTS, type FactShape } from './fact-definitions.ts';
import { FIELD_PARAMETERS } from './field-parameters.ts';
import { measures } from './measures.ts';
import { type OwnGoldTable, titleOf } from './model.ts';
import { TIME_INTELLIGENCE } from './time-intelligence.ts';

/** The other tables, and the parameters of the sources; names differ by more than case. */
const TAKEN = [
  ...['Metrics', 'Date', 'Device', 'Country', 'Channel', 'Products', 'GoldFolder', 'AdlsGoldUrl'],
  ...[
    'RangeStart',
    'RangeEnd',
    'DatabricksHost',
    'DatabricksHttpPath',
    'DatabricksCatalog',
    'DatabricksSchema',
    'OneLakeGoldUrl',
    'DirectLake',
  ],
  ...FACTS.map(({ name }) => name),
  TIME_INTELLIGENCE.name,
  ...FIELD_PARAMETERS.map(({ name }) => name),
].map((name) => name.toLowerCase());

export function ownFacts(own: readonly OwnGoldTable[]): { fact: FactShape; table: OwnGoldTable }[] {
  const taken = new Set(
    measures({ isCheckoutSkipped: false }).map(({ name }) => name.toLowerCase()),
  );
  return own.map((table) => ({
    table,
    fact: {
      name: tableName(table),
      names: columnNames(table, taken),
      description: `A model of your own: ${table.summary}`,
      dateColumn: table.dateColumn,
      members: [],
      visible: table.columns.map(({ name }) => name),
      leftOut: [],
      computed: [],
    },
  }));
}

/**
 * Of columns that have the name of a measure in words: the table's name comes before it, as in the lake where another
 * column has that one (`sessions` and `search_sessions` of gold_search).
 */
function columnNames(table: OwnGoldTable, measureNames: Set<string>): Record<string, string> {
  const titles = table.columns.map(({ name }) => [name, titleOf(name)] as const);
  const used = new Set(titles.map(([, title]) => title.toLowerCase()));
  return Object.fromEntries(
    titles
      .filter(([, title]) => measureNames.has(title.toLowerCase()))
      .map(([name, title]) => {
        const full = `${tableName(table)} ${title}`;
        return [name, used.has(full.toLowerCase()) ? `${table.name} ${title}` : full];
      }),
  );
}

/** In words; as in the lake where another table has that name. */
function tableName({ name }: OwnGoldTable): string {
  const title = titleOf(name.replace(/^gold_/, ''));
  return TAKEN.includes(title.toLowerCase()) ? name : title;
}
