/** What the server keeps of Gold in memory: every number of the page is a query over it. */
import type { ShownRules } from '../../pipeline/reader.ts';
import { DIMENSIONS } from '../dimensions.ts';

const DIMENSION_COLUMNS = DIMENSIONS.map(({ id, sql }) => `COALESCE(${sql}, '') AS ${id}`).join(
  ', ',
);

/**
 * Kept for as long as the tables have the same versions; text is `''` where Gold has null. The id
 * of a visitor is a number here, because numbers are told apart much quicker than texts.
 */
export const keptResults = ({ bots }: ShownRules): Readonly<Record<string, string>> => ({
  page_sessions: `
    WITH visitors AS (SELECT visitor_id, row_number() OVER () AS visitor_number FROM gold_users)
    SELECT session_date, ${DIMENSION_COLUMNS}, visitor_number AS visitor_id,
      start_hour AS hour, CAST(isodow(session_date) - 1 AS INTEGER) AS weekday,
      CAST(duration_seconds AS DOUBLE) AS duration_seconds,
      event_count, order_count, revenue, session_number, is_bounce, is_engaged, has_product_view,
      has_add_to_cart, has_purchase, funnel_step
    FROM gold_sessions JOIN visitors USING (visitor_id)
    ${bots === 'exclude' ? 'WHERE NOT is_bot' : ''}`,
  page_products: `
    SELECT date, product_id, views, add_to_carts, orders, revenue FROM gold_products`,
  page_days: `
    SELECT date AS session_date, revenue, refunded FROM gold_conversion_metrics`,
  page_funnel: `
    SELECT count(reached_checkout) > 0 OR count(*) = 0 AS has_checkout FROM gold_funnel`,
  page_bots: `
    SELECT date, bot_sessions, bot_events FROM gold_conversion_metrics
    WHERE bot_sessions > 0 OR bot_events > 0`,
  page_last_event: `
    SELECT max(ended_at) AS last_event_at FROM gold_sessions`,
});
