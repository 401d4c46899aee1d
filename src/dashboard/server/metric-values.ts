/** Values of metrics, in SQL and out of its rows. */
import type { Metric } from '../../metrics/metric.ts';

export type Row = Record<string, unknown>;
/** Runs a query over what the server keeps. */
export type Rows = <Found = Row>(sql: string) => Promise<Found[]>;

export type Formula = Pick<Metric, 'sql' | 'format'> & {
  /** Of nothing there is none, though it be money. */
  isAverage?: true;
};

/** Of nothing it is 0; a quotient has nothing to tell. */
export function isSum({ format, isAverage }: Formula): boolean {
  return (format === 'count' || format === 'money') && isAverage !== true;
}

/** A column for each metric, named by its id. */
export function columnsOf(metrics: Readonly<Record<string, Formula>>): string {
  return Object.entries(metrics)
    .map(([id, { sql }]) => `CAST(${sql} AS DOUBLE) AS "${id}"`)
    .join(', ');
}

export function valuesOf<Id extends string>(
  metrics: Readonly<Record<Id, Formula>>,
  row: Row,
): Record<Id, number | null> {
  const values = Object.entries<Formula>(metrics).map(([id, formula]) => [
    id,
    row[id] == null && !isSum(formula) ? null : Number(row[id] ?? 0),
  ]);
  return Object.fromEntries(values) as Record<Id, number | null>;
}
