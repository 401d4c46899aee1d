-- cohort_changes: by how much each row of gold_cohorts changes: what the touched visitors add to it now (change 1),
-- less what they added before this run (change -1).
-- reads: sessions_before_and_after, rows_for_gold_users
-- result: kept
WITH counted_sessions AS (
  SELECT 1 AS change, visitor_id, week_of(session_date) AS week, order_count, revenue
  FROM sessions_before_and_after
  WHERE is_after AND NOT is_left_out(is_bot)
  UNION ALL
  SELECT -1 AS change, visitor_id, week_of(session_date) AS week, order_count, revenue
  FROM sessions_before_and_after
  WHERE is_before AND NOT is_left_out(is_bot)
),
weeks AS (
  SELECT change, visitor_id, week, sum(change * order_count) AS orders, sum(change * revenue) AS revenue
  FROM counted_sessions
  GROUP BY change, visitor_id, week
),
cohorts AS (
  SELECT 1 AS change, visitor_id, week_of(first_seen_date) AS cohort_week, first_channel
  FROM rows_for_gold_users
  UNION ALL
  SELECT
    -1 AS change, visitor_id, week_of(shop_date(min(started_at))) AS cohort_week,
    min_by(channel, event_order(started_at, session_id)) AS first_channel
  FROM sessions_before_and_after
  WHERE is_before AND NOT is_left_out(is_bot)
  GROUP BY visitor_id
)
SELECT
  w.week, c.cohort_week, c.first_channel,
  sum(w.change) AS visitors, sum(CASE WHEN w.orders <> 0 THEN w.change ELSE 0 END) AS buyers,
  sum(w.orders) AS orders, sum(w.revenue) AS revenue
FROM weeks AS w
JOIN cohorts AS c ON c.change = w.change AND c.visitor_id = w.visitor_id
GROUP BY w.week, c.cohort_week, c.first_channel
HAVING sum(w.change) <> 0 OR sum(CASE WHEN w.orders <> 0 THEN w.change ELSE 0 END) <> 0
  OR sum(w.orders) <> 0 OR sum(w.revenue) <> 0
