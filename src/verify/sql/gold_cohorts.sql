-- gold_cohorts: one row per week of first sessions, first channel, and week with sessions, counted from that one. Sessions
-- of bots count where the settings say so.
WITH sessions AS (
  FROM recount.gold_sessions CROSS JOIN recount.settings
  SELECT
    visitor_id, order_count, revenue,
    session_date - CAST(isodow(session_date) - 1 AS INTEGER) AS week,
    first_value(channel) OVER first_first AS first_channel,
    min(session_date - CAST(isodow(session_date) - 1 AS INTEGER)) OVER (PARTITION BY visitor_id) AS cohort_week
  WHERE NOT (is_bot AND are_bots_left_out)
  WINDOW first_first AS (PARTITION BY visitor_id ORDER BY started_at, session_id)
),
sizes AS (
  SELECT cohort_week, first_channel, count(DISTINCT visitor_id) AS visitors FROM sessions GROUP BY ALL
)
SELECT
  cohort_week, first_channel,
  (week - cohort_week) // 7 AS weeks_since,
  any_value(visitors) AS visitors,
  count(DISTINCT visitor_id) AS returning_visitors,
  count(DISTINCT visitor_id) FILTER (order_count > 0) AS buyers,
  sum(order_count) AS orders,
  least(greatest(sum(revenue), -9999999999999999.99), 9999999999999999.99) AS revenue
FROM sessions JOIN sizes USING (cohort_week, first_channel)
GROUP BY ALL
