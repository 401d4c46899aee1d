/** The Gold columns that the server caches in memory. Every number of the page is a query over them. */
import type { NamedQueries, ShownRules } from '../../pipeline/reader.ts';
import { DIMENSIONS, type DimensionId } from '../dimensions.ts';

/** Cached results, and the types of their texts. */
export interface Kept {
  /** Those whose names can be chosen, and where the names are: a table, and how much a row of it counts. */
  names: { dimensions: readonly DimensionId[]; table: string; weight: string };
  results: (rules: ShownRules) => NamedQueries;
  textTypes: Readonly<Record<string, string>>;
}

/** Everything. */
export const ALL: Kept = {
  names: {
    dimensions: DIMENSIONS.map(({ id }) => id),
    table: 'page_sessions',
    weight: 'count(*)',
  },
  results: ({ bots }) => ({
    page_first_sessions: firstSessions(bots),
    page_sessions: sessionsOf(bots),
    page_orders: ORDERS,
    page_money: MONEY,
    ...SMALL_RESULTS,
    // Events may lie up to a day in the future: what is recent goes a day further back.
    page_recent: `
      ${recentOf(bots)}
        AND ended_at >= (SELECT last_event_at - INTERVAL 25 HOUR FROM page_last_event)`,
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
  }),
  textTypes: textTypes(),
};

/** Visitors whose first session that counts is not their first one: bots came before. */
export function firstSessions(bots: ShownRules['bots']): string {
  return `
    SELECT visitor_id, min(session_number) AS first_session_number
    FROM gold_sessions
    WHERE ${bots === 'exclude' ? 'NOT is_bot' : 'false'}
      AND visitor_id IN (SELECT visitor_id FROM gold_sessions WHERE is_bot AND session_number = 1)
    GROUP BY visitor_id`;
}

export function sqlOf(dimension: DimensionId): string {
  return DIMENSIONS.find(({ id }) => id === dimension)?.sql ?? dimension;
}

/** Those that all editions keep. */
export const SMALL_RESULTS = {
  page_days: `
    SELECT date AS day FROM gold_conversion_metrics`,
  page_visitors: `
    SELECT date AS day, visitors FROM gold_conversion_metrics WHERE visitors > 0`,
  page_funnel: `
    SELECT count(reached_checkout) > 0 OR count(*) = 0 AS has_checkout FROM gold_funnel`,
  page_bots: `
    SELECT date AS day, bot_sessions, bot_events FROM gold_conversion_metrics
    WHERE bot_sessions > 0 OR bot_events > 0`,
  page_last_event: `
    SELECT greatest(max(ended_at), (SELECT max(refunded_at) FROM gold_refunds)) AS last_event_at
    FROM gold_sessions`,
};

export function recentOf(bots: ShownRules['bots']): string {
  return `SELECT visitor_id, started_at, ended_at FROM gold_sessions
      WHERE ${bots === 'exclude' ? 'NOT is_bot' : 'true'}`;
}

/** Of the week first seen, which comes from gold_users, there is no type. */
function typeOf(dimension: DimensionId): string {
  return dimension === 'cohort' ? 'VARCHAR' : `page_${dimension}_text`;
}

function textTypes(): Kept['textTypes'] {
  return Object.fromEntries(
    DIMENSIONS.filter(({ id }) => id !== 'cohort').map((dimension) => [
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
function sessionsOf(bots: ShownRules['bots']): string {
  const columns = DIMENSIONS.map(({ id }) =>
    id === 'cohort' ? id : `CAST(COALESCE(${sqlOf(id)}, '') AS ${typeOf(id)}) AS ${id}`,
  );
  return `
    WITH visitors AS (
      SELECT visitor_id, CAST(row_number() OVER () AS UINTEGER) AS visitor_number,
        COALESCE(first_session_number, 1) AS first_session_number,
        COALESCE(${sqlOf('cohort')}, '') AS cohort
      FROM gold_users LEFT JOIN page_first_sessions USING (visitor_id)
    )
    SELECT session_date AS day, ${columns.join(', ')}, visitor_number AS visitor_id,
      CAST(duration_seconds AS DOUBLE) AS duration_seconds,
      order_count, session_number, first_session_number, is_bounce, is_engaged, has_add_to_cart, has_purchase,
      funnel_step, session_id, started_at, start_hour AS hour,
      CAST(isodow(session_date) - 1 AS INTEGER) AS weekday, event_count, revenue, has_product_view
    FROM gold_sessions JOIN visitors USING (visitor_id)
    ${bots === 'exclude' ? 'WHERE NOT is_bot' : ''}`;
}

/** Those of the session; missing for a refund of an unknown order. */
const DIMENSIONS_OF_SESSION = DIMENSIONS.map(
  ({ id }) => `COALESCE(s.${id}, CAST('' AS ${typeOf(id)})) AS ${id}`,
).join(', ');

/** A session with an order is never a bot's: page_sessions has those of all orders. */
const ORDERS = `
  SELECT order_date AS day, ${DIMENSIONS_OF_SESSION}, reported_revenue AS revenue,
    order_id, ordered_at, o.session_id, o.visitor_id, is_first_order, days_since_first_session,
    days_since_previous_order, quantity, o.first_channel, last_non_direct_channel,
    reported_refunded AS refunded, reported_tax AS tax, reported_shipping AS shipping,
    reported_discount AS discount
  FROM gold_orders AS o LEFT JOIN page_sessions AS s ON s.session_id = o.session_id
  WHERE order_date IS NOT NULL`;

/** Orders and refunds, each on its own day. */
const MONEY = `
  WITH refunds AS (
    SELECT refund_date AS day, ${DIMENSIONS_OF_SESSION}, CAST(0 AS DECIMAL(18,2)) AS revenue,
      r.reported_amount AS refunded, 0 AS orders
    FROM gold_refunds AS r LEFT JOIN gold_orders AS o USING (order_id)
      LEFT JOIN page_sessions AS s ON s.session_id = o.session_id
  )
  SELECT day, ${DIMENSIONS.map(({ id }) => id).join(', ')}, revenue,
    CAST(0 AS DECIMAL(18,2)) AS refunded, 1 AS orders
  FROM page_orders
  UNION ALL
  FROM refunds`;
