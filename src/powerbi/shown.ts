/** What of a model can be seen, for perspectives and translations. */
import { FIELD_PARAMETERS } from './field-parameters.ts';
import type { Measure } from './measures.ts';
import type { ModelTable } from './model.ts';
import { TIME_INTELLIGENCE } from './time-intelligence.ts';

export interface ShownTable {
  name: string;
  measures: readonly { name: string; folder: string }[];
  columns: readonly string[];
  hierarchies: readonly { name: string; levels: readonly string[] }[];
}

/** The tables with something to see, in the order of the model; the measures are those of Metrics. */
export function shownTables(
  tables: readonly ModelTable[],
  measures: readonly Measure[],
): ShownTable[] {
  const queried = tables.map(({ name, columns, hierarchies = [] }) => ({
    name,
    measures: name === 'Metrics' ? measures.filter(({ isHidden }) => isHidden !== true) : [],
    columns: columns.filter(({ isHidden }) => !isHidden).map((column) => column.name),
    hierarchies: hierarchies.map((hierarchy) => ({
      name: hierarchy.name,
      levels: hierarchy.levels.map((level) => level.name),
    })),
  }));
  const made = [
    { name: TIME_INTELLIGENCE.name, column: TIME_INTELLIGENCE.column.name },
    ...FIELD_PARAMETERS.map(({ name }) => ({ name, column: name })),
  ].map(({ name, column }) => ({ name, measures: [], columns: [column], hierarchies: [] }));
  return [...queried, ...made].filter(
    ({ measures: shown, columns }) => shown.length + columns.length > 0,
  );
}
