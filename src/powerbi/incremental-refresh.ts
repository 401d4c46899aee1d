/**
 * Incremental refresh: the service splits a table by date and loads again only the newest parts. That needs a
 * source to which the filter on the date is handed over; one that reads all of the table for each part would
 * take longer than a full refresh. Databricks takes the filter. Microsoft's documentation of DeltaLake.Table says
 * of no filter that it is handed over.
 */
import type { GoldSource, SourceParameter } from './source.ts';

export interface RefreshPolicy {
  /** Older rows are dropped [years]. */
  keptYears: number;
  /** The newest months, the present one among them, are loaded again [months]. */
  refreshedMonths: number;
}

/** Changes of older sessions come with a full refresh, which the measures in the folder Checks ask for. */
const POLICY: RefreshPolicy = { keptYears: 10, refreshedMonths: 3 };

/** The policy of tables that are large; undefined where the source cannot filter. */
export function refreshPolicyFor(source: GoldSource): RefreshPolicy | undefined {
  return source.kind === 'databricks' ? POLICY : undefined;
}

/** Their names are Power BI's. Desktop loads what lies between; the service sets them for each part. */
export const RANGE_PARAMETERS: readonly SourceParameter[] = [
  {
    name: 'RangeStart',
    type: 'DateTime',
    value: '#datetime(2000, 1, 1, 0, 0, 0)',
    description:
      'First instant of the sessions that are loaded, by their date; set by the service.',
  },
  {
    name: 'RangeEnd',
    type: 'DateTime',
    value: '#datetime(2100, 1, 1, 0, 0, 0)',
    description: 'End of the sessions that are loaded, itself not among them; set by the service.',
  },
];

/** Keeps the rows of the part; in M, as a condition on a row. */
export function isInRange(dateColumn: string): string {
  return `each [${dateColumn}] >= Date.From(RangeStart) and [${dateColumn}] < Date.From(RangeEnd)`;
}
