/**
 * What the overview of the last days needs: little is copied, and only some of it read. It answers before the
 * whole lake is cached.
 */
import { readFilters } from '../dimensions.ts';
import { comparableDaysSql } from './choice.ts';
import { firstSessions, type Kept, recentOf, SMALL_RESULTS, sqlOf } from './kept-results.ts';

const GROUPS = ['device', 'country', 'visitor'] as const;
const NO_GROUP = GROUPS.map(() => "''").join(', ');
const TEXTS = GROUPS.map((id) => `COALESCE(${sqlOf(id)}, '') AS ${id}`).join(', ');

/** Of a local lake, whose files stay where they are. */
export const FIRST: Kept = {
  names: { dimensions: ['device', 'country'], table: 'page_places', weight: 'sum(sessions)' },
  results: ({ bots }) => ({
    page_first_sessions: firstSessions(bots),
    // Read where it lies: to cache it takes longer than the few queries of the overview.
    page_sessions: {
      view: `
        SELECT session_date AS day, ${TEXTS}, visitor_id,
          CAST(duration_seconds AS DOUBLE) AS duration_seconds, session_number,
          COALESCE(first_session_number, 1) AS first_session_number, is_bounce, is_engaged,
          has_add_to_cart, has_purchase, funnel_step
        FROM gold_sessions LEFT JOIN page_first_sessions USING (visitor_id)
        ${bots === 'exclude' ? 'WHERE NOT is_bot' : ''}`,
    },
    ...SMALL_RESULTS,
    page_recent: { view: recentOf(bots) },
    page_shown: SHOWN,
    page_money: MONEY,
    page_places: `
      SELECT COALESCE(device, '') AS device, COALESCE(country, '') AS country, sessions
      FROM gold_funnel`,
  }),
  textTypes: {},
};

/** Whether a question is about the overview of the last days and those before, without a filter. */
export function isOfFirst(query: URLSearchParams): boolean {
  const isDefault = ['page', 'from', 'to', 'compare', 'by'].every((name) => !query.get(name));
  return isDefault && readFilters(query).length === 0;
}

/** Where the days begin that the overview shows, and those that they are compared with. */
const SHOWN = `
  WITH days AS (
    SELECT min(day) AS first_day, max(day) AS last_day FROM page_days
  ), shown AS (
    SELECT last_day, CAST(${comparableDaysSql('last_day - first_day + 1')} AS INTEGER) AS day_count FROM days
  )
  SELECT last_day + 1 - day_count AS first_shown, last_day + 1 - 2 * day_count AS first_compared FROM shown`;
const FIRST_SHOWN = '(SELECT first_shown FROM page_shown)';
const FIRST_COMPARED = '(SELECT first_compared FROM page_shown)';

/** By day and group. The days before are not grouped: the sessions of their orders are not looked for. */
const MONEY = `
  WITH sessions AS (
    SELECT session_id, ${TEXTS}
    FROM gold_sessions LEFT JOIN page_first_sessions USING (visitor_id)
    WHERE order_count > 0 AND ended_at >= ${FIRST_SHOWN} - INTERVAL 1 DAY
  ), shown AS (
    SELECT order_date, session_id, reported_revenue FROM gold_orders WHERE order_date >= ${FIRST_SHOWN}
  )
  SELECT order_date AS day, ${GROUPS.map((id) => `COALESCE(${id}, '') AS ${id}`).join(', ')},
    sum(reported_revenue) AS revenue, 0 AS refunded, count(*) AS orders
  FROM shown LEFT JOIN sessions USING (session_id) GROUP BY ALL
  UNION ALL
  SELECT order_date, ${NO_GROUP}, sum(reported_revenue), 0, count(*)
  FROM gold_orders WHERE order_date >= ${FIRST_COMPARED} AND order_date < ${FIRST_SHOWN} GROUP BY order_date
  UNION ALL
  SELECT refund_date, ${NO_GROUP}, 0, sum(reported_amount), 0
  FROM gold_refunds WHERE refund_date >= ${FIRST_COMPARED} GROUP BY refund_date`;
