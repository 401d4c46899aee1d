/** What a metric is: one number of the shop, for any selection of Gold's rows. */

/** How its value is written: a whole number, one with one or two decimals, money, a duration or a share. */
export type MetricFormat = 'count' | 'one' | 'two' | 'money' | 'seconds' | 'rate';

export interface Metric {
  /** Its name wherever it is shown. */
  name: string;
  /** The folder it is listed in; a backslash stands before a folder within. */
  folder: string;
  format: MetricFormat;
  /** Its unit, where the format does not say it. */
  unit?: string;
  /** One sentence, without its full stop. */
  meaning: string;
  /** Further sentences: what whoever reads the number has to know. */
  notes?: readonly string[];
  /** The Gold table whose rows it is made of. */
  table: string;
  /** SQL: its value for a group of those rows, on every engine; null where there is nothing to tell. */
  sql: string;
  /** The same number in DAX, over the tables of the Power BI model. */
  dax: string;
  /** A rise is bad news. */
  isRiseBad?: true;
}

/** Meaning, unit and notes in one text. */
export function describeMetric({
  meaning,
  unit,
  notes = [],
}: Pick<Metric, 'meaning' | 'unit' | 'notes'>): string {
  return [`${meaning}${unit === undefined ? '' : ` [${unit}]`}.`, ...notes].join(' ');
}

/** The metric for the whole of its table, without sessions of bots. */
export function queryMetric({ sql, table }: Metric): string {
  return `SELECT ${sql} FROM ${table}${table === 'gold_sessions' ? ' WHERE NOT is_bot' : ''}`;
}

/** A quotient in SQL, null without a denominator. */
export function divide(numerator: string, denominator: string): string {
  return `CAST(${numerator} AS DOUBLE) / NULLIF(${denominator}, 0)`;
}

/**
 * Columns of Gold that have another name in the Power BI model, where they are hidden: a metric has theirs, and
 * no name of the model stands for two things.
 */
const MODEL_COLUMNS: Readonly<Record<string, string>> = {
  sessions: 'session_count',
  visitors: 'visitor_count',
  orders: 'order_count',
  purchases: 'purchase_count',
  checkouts: 'checkout_count',
  revenue: 'revenue_amount',
  refunded: 'refunded_amount',
  tax: 'tax_amount',
  shipping: 'shipping_amount',
  discount: 'discount_amount',
};

/** The name that a hidden column of Gold has in the Power BI model. */
export function modelColumn(column: string): string {
  return MODEL_COLUMNS[column] ?? column;
}

/** Metrics of one table and one folder; each may name a folder of its own. */
export function metricsOf<Id extends string>(
  common: { folder: string; table: string },
  metrics: Record<Id, Omit<Metric, 'folder' | 'table'>>,
): Record<Id, Metric> {
  const entries = Object.entries<Omit<Metric, 'folder' | 'table'>>(metrics);
  return Object.fromEntries(
    entries.map(([id, metric]) => [id, { ...common, ...metric }]),
  ) as Record<Id, Metric>;
}
