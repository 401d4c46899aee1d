/** The Gold columns that the server caches in memory. Every number of the page is a query over them. */
import type { ShownRules } from '../../pipeline/reader.ts';
import { DIMENSIONS, type DimensionId } from '../dimensions.ts';

const DIMENSION_COLUMNS = DIMENSIONS.map(({ id, sql }) => `COALESCE(${sql}, '') AS ${id}`).join(
  ', ',
);

/** Those by which sessions are filtered and grouped often, and whose texts are known or come from gold_sessions alone. */
const TYPED_DIMENSIONS = DIMENSIONS.filter(({ id }) => id !== 'cohort');

/** Types of the dimensions in page_sessions. */
export const TEXT_TYPES: Readonly<Record<string, string>> = Object.fromEntries(
  TYPED_DIMENSIONS.map((dimension) => [
    typeOf(dimension.id),
    'values' in dimension
      ? `SELECT unnest([${dimension.values.map((value) => `'${value}'`).join(', ')}])`
      : `SELECT DISTINCT COALESCE(${dimension.sql}, '') FROM gold_sessions`,
  ]),
);

const TYPED_COLUMNS = DIMENSIONS.map(({ id, sql }) =>
  TYPED_DIMENSIONS.some((typed) => typed.id === id)
    ? `CAST(COALESCE(${sql}, '') AS ${typeOf(id)}) AS ${id}`
    : `COALESCE(${sql}, '') AS ${id}`,
).join(', ');

function typeOf(dimension: DimensionId): string {
  return `page_${dimension}_text`;
}

/**
 * Kept for as long as the tables have the same versions; text is `''` where Gold has null, and `day`
 * is what a period chooses by. The id of a visitor of sessions is a number, because numbers are told
 * apart much quicker than texts. Events may lie up to a day in the future: what is recent
 * goes a day further back.
 */
export const keptResults = ({ bots }: ShownRules): Readonly<Record<string, string>> => ({
  // Visitors whose first session that counts is not their first one: bots came before.
  page_first_sessions: `
    SELECT visitor_id, min(session_number) AS first_session_number
    FROM gold_sessions
    WHERE ${bots === 'exclude' ? 'NOT is_bot' : 'false'}
      AND visitor_id IN (SELECT visitor_id FROM gold_sessions WHERE is_bot AND session_number = 1)
    GROUP BY visitor_id`,
  page_sessions: `
    WITH visitors AS (
      SELECT visitor_id, first_seen_date, row_number() OVER () AS visitor_number FROM gold_users
    )
    SELECT session_date AS day, ${TYPED_COLUMNS}, visitor_number AS visitor_id,
      session_id, started_at,
      start_hour AS hour, CAST(isodow(session_date) - 1 AS INTEGER) AS weekday,
      CAST(duration_seconds AS DOUBLE) AS duration_seconds,
      event_count, order_count, revenue, session_number,
      COALESCE(first_session_number, 1) AS first_session_number, is_bounce, is_engaged, has_product_view,
      has_add_to_cart, has_purchase, funnel_step
    FROM gold_sessions JOIN visitors USING (visitor_id)
      LEFT JOIN page_first_sessions USING (visitor_id)
    ${bots === 'exclude' ? 'WHERE NOT is_bot' : ''}`,
  page_orders: `
    SELECT order_date AS day, ${DIMENSION_COLUMNS}, order_id, ordered_at, session_id,
      o.visitor_id, is_first_order, days_since_first_session, days_since_previous_order,
      quantity, o.first_channel, last_non_direct_channel,
      reported_revenue AS revenue, reported_refunded AS refunded, reported_tax AS tax,
      reported_shipping AS shipping, reported_discount AS discount
    FROM gold_orders AS o LEFT JOIN gold_sessions USING (session_id)
      LEFT JOIN gold_users AS u ON u.visitor_id = o.visitor_id
      LEFT JOIN page_first_sessions AS f ON f.visitor_id = o.visitor_id
    WHERE order_date IS NOT NULL`,
  page_money: `
    WITH refunds AS (
      SELECT refund_date AS day, ${DIMENSION_COLUMNS}, CAST(0 AS DECIMAL(18,2)) AS revenue,
        r.reported_amount AS refunded
      FROM gold_refunds AS r LEFT JOIN gold_orders AS o USING (order_id)
        LEFT JOIN gold_sessions USING (session_id)
        LEFT JOIN gold_users AS u ON u.visitor_id = o.visitor_id
        LEFT JOIN page_first_sessions AS f ON f.visitor_id = o.visitor_id
    )
    SELECT day, ${DIMENSIONS.map(({ id }) => id).join(', ')}, revenue, CAST(0 AS DECIMAL(18,2)) AS refunded
    FROM page_orders
    UNION ALL
    SELECT day, ${DIMENSIONS.map(({ id }) => id).join(', ')}, revenue, refunded FROM refunds`,
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
  page_days: `
    SELECT date AS day FROM gold_conversion_metrics`,
  page_funnel: `
    SELECT count(reached_checkout) > 0 OR count(*) = 0 AS has_checkout FROM gold_funnel`,
  page_bots: `
    SELECT date AS day, bot_sessions, bot_events FROM gold_conversion_metrics
    WHERE bot_sessions > 0 OR bot_events > 0`,
  page_last_event: `
    SELECT max(ended_at) AS last_event_at FROM gold_sessions`,
  page_recent: `
    SELECT visitor_id, started_at, ended_at FROM gold_sessions
    WHERE ended_at >= (SELECT last_event_at - INTERVAL 25 HOUR FROM page_last_event)
      ${bots === 'exclude' ? 'AND NOT is_bot' : ''}`,
});
