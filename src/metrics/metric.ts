/** A metric: one number, computed from any selection of rows of a Gold table. */

/** How its value is formatted: a whole number, one or two decimals, money, a duration or a share. */
export type MetricFormat = 'count' | 'one' | 'two' | 'money' | 'seconds' | 'rate';

export interface Metric {
  /** Its name in the dashboard, Power BI and docs. */
  name: string;
  /** Its display folder; a backslash separates nested folders. */
  folder: string;
  format: MetricFormat;
  /** Its unit, unless the format implies it. */
  unit?: string;
  /** One sentence, without its full stop. */
  meaning: string;
  /** Further full sentences that a reader of the number needs. */
  notes?: readonly string[];
  /** The Gold table that it is computed from. */
  table: string;
  /**
   * An SQL aggregate over rows of the table, for every engine; null if undefined for no rows. Over gold_sessions
   * it may also use `first_session_number`: that of the visitor's first session that counts.
   */
  sql: string;
  /** The same number in DAX, over the tables of the Power BI model. Where Sessions has rows of bots, a filter is added. */
  dax: string;
  /** An increase is bad. */
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

/** Numbers count sessions of bots too, and the first ones of a visitor may be such. `@all`: of any date. */
const FIRST_SESSIONS =
  'SELECT visitor_id, min(session_number) AS first_session_number FROM gold_sessions@all WHERE NOT is_bot GROUP BY visitor_id';

/** The metric for the whole of its table, without sessions of bots. */
export function queryMetric({ sql, table }: Metric): string {
  const firsts = sql.includes('first_session_number')
    ? ` JOIN (${FIRST_SESSIONS}) AS firsts USING (visitor_id)`
    : '';
  return `SELECT ${sql} FROM ${table}${firsts}${table === 'gold_sessions' ? ' WHERE NOT is_bot' : ''}`;
}

/** A quotient in SQL, null without a denominator. */
export function divide(numerator: string, denominator: string): string {
  return `CAST(${numerator} AS DOUBLE) / NULLIF(${denominator}, 0)`;
}

/**
 * Gold columns that have another name in the Power BI model, because a measure has their name. They are
 * hidden there.
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

/** Adds the common table and folder to each metric; a metric may override the folder. */
export function metricsOf<Id extends string>(
  common: { folder: string; table: string },
  metrics: Record<Id, Omit<Metric, 'folder' | 'table'>>,
): Record<Id, Metric> {
  const entries = Object.entries<Omit<Metric, 'folder' | 'table'>>(metrics);
  return Object.fromEntries(
    entries.map(([id, metric]) => [id, { ...common, ...metric }]),
  ) as Record<Id, Metric>;
}
