-- gold_cohorts: one row per week with sessions, and week and channel of their visitors' first session.
-- Sessions of bots count only if the settings say so.
WITH sessions AS (
  FROM recount.gold_sessions CROSS JOIN recount.settings
  SELECT
    visitor_id, order_count, revenue,
    CAST(date_trunc('week', session_date) AS DATE) AS session_week,
    CAST(date_trunc('week', first_value(session_date) OVER in_order) AS DATE) AS cohort_week,
    first_value(channel) OVER in_order AS first_channel
  WHERE NOT (is_bot AND are_bots_left_out)
  WINDOW in_order AS (PARTITION BY visitor_id ORDER BY started_at, session_id)
)
SELECT
  session_week, cohort_week, first_channel,
  date_diff('week', cohort_week, session_week) AS weeks_since,
  count(DISTINCT visitor_id) AS visitors,
  count(DISTINCT visitor_id) FILTER (order_count > 0) AS buyers,
  sum(order_count) AS orders,
  least(greatest(sum(revenue), -9999999999999999.99), 9999999999999999.99) AS revenue
FROM sessions
GROUP BY ALL
