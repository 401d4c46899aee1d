/** The Gold columns that the server caches in memory. Every number of the page is a query over them. */
import type { ShownRules } from '../../pipeline/reader.ts';
import { DIMENSIONS, type DimensionId } from '../dimensions.ts';

/** Cached results, and the types of their texts. */
export interface Kept {
  dimensions: readonly DimensionId[];
  results: (rules: ShownRules) => Readonly<Record<string, string>>;
  textTypes: Readonly<Record<string, string>>;
}

/** Everything. */
export const ALL = keptOf(
  DIMENSIONS.map(({ id }) => id),
  { isAll: true },
);

/** What the overview needs, in a third of the time. Types for its few texts would cost more than they save. */
export const FIRST = keptOf(['device', 'country', 'visitor'], { isAll: false });

function keptOf(dimensions: readonly DimensionId[], { isAll }: { isAll: boolean }): Kept {
  const results = ({ bots }: ShownRules) => ({
    // Visitors whose first session that counts is not their first one: bots came before.
    page_first_sessions: `
      SELECT visitor_id, min(session_number) AS first_session_number
      FROM gold_sessions
      WHERE ${bots === 'exclude' ? 'NOT is_bot' : 'false'}
        AND visitor_id IN (SELECT visitor_id FROM gold_sessions WHERE is_bot AND session_number = 1)
      GROUP BY visitor_id`,
    page_sessions: sessionsOf(dimensions, { bots, isAll }),
    ...ordersOf(dimensions, isAll),
    ...SMALL_RESULTS,
    ...(isAll ? OTHER_RESULTS : {}),
    page_recent: `
      SELECT visitor_id, started_at, ended_at FROM gold_sessions
      WHERE ended_at >= (SELECT last_event_at - INTERVAL 25 HOUR FROM page_last_event)
        ${bots === 'exclude' ? 'AND NOT is_bot' : ''}`,
  });
  return { dimensions, results, textTypes: isAll ? textTypesOf(dimensions) : {} };
}

function typeOf(dimension: DimensionId): string {
  return `page_${dimension}_text`;
}

function sqlOf(dimension: DimensionId): string {
  return DIMENSIONS.find(({ id }) => id === dimension)?.sql ?? dimension;
}

/** The texts of the week first seen come from gold_users, and need no type. */
function textTypesOf(dimensions: readonly DimensionId[]): Kept['textTypes'] {
  const typed = DIMENSIONS.filter(({ id }) => id !== 'cohort' && dimensions.includes(id));
  return Object.fromEntries(
    typed.map((dimension) => [
      typeOf(dimension.id),
      'values' in dimension
        ? `SELECT unnest([${dimension.values.map((value) => `'${value}'`).join(', ')}])`
        : `SELECT DISTINCT COALESCE(${dimension.sql}, '') FROM gold_sessions`,
    ]),
  );
}

/**
 * Kept for as long as the tables have the same versions; text is `''` where Gold has null, and `day`
 * is what a period chooses by. The id of a visitor of sessions is a small number, because those are told
 * apart much quicker than texts and large numbers. The week first seen is written once for each visitor, not for each
 * session, which takes twice the time of all else.
 */
function sessionsOf(
  dimensions: readonly DimensionId[],
  { bots, isAll }: Pick<ShownRules, 'bots'> & { isAll: boolean },
): string {
  const hasCohort = dimensions.includes('cohort');
  const columns = isAll
    ? dimensions.map((id) =>
        id === 'cohort' ? id : `CAST(COALESCE(${sqlOf(id)}, '') AS ${typeOf(id)}) AS ${id}`,
      )
    : textsOf(dimensions);
  return `
    WITH visitors AS (
      SELECT visitor_id, CAST(row_number() OVER () AS UINTEGER) AS visitor_number,
        COALESCE(first_session_number, 1) AS first_session_number
        ${hasCohort ? `, COALESCE(${sqlOf('cohort')}, '') AS cohort` : ''}
      FROM gold_users LEFT JOIN page_first_sessions USING (visitor_id)
    )
    SELECT session_date AS day, ${columns.join(', ')}, visitor_number AS visitor_id,
      CAST(duration_seconds AS DOUBLE) AS duration_seconds,
      order_count, session_number, first_session_number, is_bounce, is_engaged, has_add_to_cart, has_purchase, funnel_step
      ${isAll ? `, ${OTHER_COLUMNS}` : ''}
    FROM gold_sessions JOIN visitors USING (visitor_id)
    ${bots === 'exclude' ? 'WHERE NOT is_bot' : ''}`;
}

function textsOf(dimensions: readonly DimensionId[]): string[] {
  return dimensions.map((id) => `COALESCE(${sqlOf(id)}, '') AS ${id}`);
}

const OTHER_COLUMNS = `session_id, started_at, start_hour AS hour,
      CAST(isodow(session_date) - 1 AS INTEGER) AS weekday, event_count, revenue, has_product_view`;

/** A session with an order is never a bot's: page_sessions has those of all orders. */
function ordersOf(dimensions: readonly DimensionId[], isAll: boolean) {
  const names = dimensions.join(', ');
  const columns = dimensions
    .map((id) =>
      id === 'cohort'
        ? `COALESCE(${sqlOf(id)}, '') AS cohort`
        : `COALESCE(CAST(s.${id} AS VARCHAR), '') AS ${id}`,
    )
    .join(', ');
  const sessions = isAll
    ? 'page_sessions'
    : `(SELECT session_id, ${textsOf(dimensions).join(', ')} FROM gold_sessions
        LEFT JOIN page_first_sessions USING (visitor_id) WHERE order_count > 0)`;
  const users = dimensions.includes('cohort')
    ? 'LEFT JOIN gold_users AS u ON u.visitor_id = o.visitor_id'
    : '';
  return {
    page_orders: `
      SELECT order_date AS day, ${columns}, reported_revenue AS revenue
        ${isAll ? `, ${OTHER_ORDER_COLUMNS}` : ''}
      FROM gold_orders AS o LEFT JOIN ${sessions} AS s ON s.session_id = o.session_id ${users}
      WHERE order_date IS NOT NULL`,
    page_money: `
      WITH refunds AS (
        SELECT refund_date AS day, ${columns}, CAST(0 AS DECIMAL(18,2)) AS revenue,
          r.reported_amount AS refunded
        FROM gold_refunds AS r LEFT JOIN gold_orders AS o USING (order_id)
          LEFT JOIN ${sessions} AS s ON s.session_id = o.session_id ${users}
      )
      SELECT day, ${names}, revenue, CAST(0 AS DECIMAL(18,2)) AS refunded FROM page_orders
      UNION ALL
      SELECT day, ${names}, revenue, refunded FROM refunds`,
  };
}

const OTHER_ORDER_COLUMNS = `order_id, ordered_at, o.session_id, o.visitor_id, is_first_order,
        days_since_first_session, days_since_previous_order, quantity, o.first_channel,
        last_non_direct_channel, reported_refunded AS refunded, reported_tax AS tax,
        reported_shipping AS shipping, reported_discount AS discount`;

/** Events may lie up to a day in the future: what is recent goes a day further back. */
const SMALL_RESULTS = {
  page_days: `
    SELECT date AS day FROM gold_conversion_metrics`,
  page_funnel: `
    SELECT count(reached_checkout) > 0 OR count(*) = 0 AS has_checkout FROM gold_funnel`,
  page_bots: `
    SELECT date AS day, bot_sessions, bot_events FROM gold_conversion_metrics
    WHERE bot_sessions > 0 OR bot_events > 0`,
  page_last_event: `
    SELECT max(ended_at) AS last_event_at FROM gold_sessions`,
};

const OTHER_RESULTS = {
  page_products: `
    SELECT date AS day, product_id, views, add_to_carts, orders, revenue FROM gold_products`,
  page_product_names: `
    SELECT product_id, arg_max(product_name, date) AS product_name, arg_max(category, date) AS category,
      arg_max(brand, date) AS brand
    FROM gold_products GROUP BY product_id`,
  page_segments: `
    SELECT recency_quintile AS recency, frequency_quintile AS frequency, count(*) AS buyers,
      CAST(sum(revenue) AS DOUBLE) AS revenue
    FROM gold_rfm GROUP BY recency, frequency`,
};
