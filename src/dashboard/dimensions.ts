/**
 * The dimensions by which sessions can be filtered and grouped. A new dimension is one more entry. `sql` reads
 * gold_sessions, `first_seen_date` of gold_users and `first_session_number`, which is null where it is 1; null becomes
 * `''`.
 */

/** In the order of the funnel. */
export const LAST_STEPS = ['none', 'product view', 'cart', 'checkout', 'purchase'] as const;

export const DIMENSIONS = [
  { id: 'channel', sql: 'channel', name: 'Channel', plural: 'Channels' },
  { id: 'source', sql: 'source', name: 'Source', plural: 'Sources' },
  { id: 'medium', sql: 'medium', name: 'Medium', plural: 'Media' },
  { id: 'campaign', sql: 'campaign', name: 'Campaign', plural: 'Campaigns' },
  { id: 'landing_page', sql: 'landing_page', name: 'Landing page', plural: 'Landing pages' },
  { id: 'device', sql: 'device', name: 'Device', plural: 'Devices' },
  { id: 'country', sql: 'country', name: 'Country', plural: 'Countries' },
  {
    id: 'visitor',
    sql: "CASE WHEN session_number = COALESCE(first_session_number, 1) THEN 'new' ELSE 'returning' END",
    name: 'New or returning',
    plural: 'New and returning',
    values: ['new', 'returning'],
  },
  {
    id: 'step',
    sql: "CASE funnel_step WHEN 1 THEN 'product view' WHEN 2 THEN 'cart' WHEN 3 THEN 'checkout' WHEN 4 THEN 'purchase' ELSE 'none' END",
    name: 'Last funnel step',
    plural: 'Last funnel steps',
    values: LAST_STEPS,
  },
  {
    id: 'cohort',
    sql: "CAST(CAST(date_trunc('week', first_seen_date) AS DATE) AS VARCHAR)",
    name: 'Week first seen',
    plural: 'Weeks first seen',
  },
] as const satisfies readonly {
  id: string;
  sql: string;
  name: string;
  plural: string;
  /** All that there can be, where that is known. */
  values?: readonly string[];
}[];

export type Dimension = (typeof DIMENSIONS)[number];
export type DimensionId = Dimension['id'];

/** By which the trend can be broken down: with few names, or some that most sessions have. */
export const BREAKDOWNS = DIMENSIONS.filter(({ id }) => id !== 'cohort' && id !== 'step');

/** In a URL: `device=mobile`, `device.not=mobile`, `device.contains=mob`, repeated for several values. */
export const OPERATORS = [
  { id: 'is', suffix: '', name: 'is' },
  { id: 'isNot', suffix: '.not', name: 'is not' },
  { id: 'contains', suffix: '.contains', name: 'contains' },
] as const;

export type Operator = (typeof OPERATORS)[number]['id'];

/** Matches sessions with one of the values, or with `isNot` those with none of them. `''`: missing. */
export interface Filter {
  dimension: DimensionId;
  operator: Operator;
  values: string[];
}

/** The filters of a URL. `check` is called with each value and its parameter name. */
export function readFilters(
  query: URLSearchParams,
  check: (name: string, value: string) => void = () => {},
): Filter[] {
  return DIMENSIONS.flatMap(({ id: dimension }) =>
    OPERATORS.flatMap(({ id: operator, suffix }) => {
      const name = `${dimension}${suffix}`;
      const values = [...new Set(query.getAll(name))];
      for (const value of values) {
        check(name, value);
      }
      return values.length === 0 ? [] : [{ dimension, operator, values }];
    }),
  );
}

/** Adds the filters to a URL. */
export function writeFilters(query: URLSearchParams, filters: readonly Filter[]): void {
  for (const { dimension, operator, values } of filters) {
    const suffix = OPERATORS.find(({ id }) => id === operator)?.suffix ?? '';
    for (const value of values) {
      query.append(`${dimension}${suffix}`, value);
    }
  }
}
