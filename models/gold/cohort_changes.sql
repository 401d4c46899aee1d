-- cohort_changes: by how much each row of gold_cohorts changes: what the touched visitors add to it now, less what
-- they added before this run.
-- reads: sessions_before_and_after, rows_for_gold_users
-- result: kept
WITH weeks_now AS (
  SELECT
    visitor_id, week_of(session_date) AS week,
    sum(order_count) AS orders, sum(CAST(revenue AS DECIMAL(28,2))) AS revenue
  FROM sessions_before_and_after
  WHERE is_after AND NOT is_left_out(is_bot)
  GROUP BY visitor_id, week_of(session_date)
),
weeks_before AS (
  SELECT
    visitor_id, week_of(session_date) AS week,
    sum(order_count) AS orders, sum(CAST(revenue AS DECIMAL(28,2))) AS revenue
  FROM sessions_before_and_after
  WHERE is_before AND NOT is_left_out(is_bot)
  GROUP BY visitor_id, week_of(session_date)
),
users_before AS (
  SELECT
    visitor_id, week_of(shop_date(min(started_at))) AS cohort_week,
    min_by(channel, event_order(started_at, session_id)) AS first_channel
  FROM sessions_before_and_after
  WHERE is_before AND NOT is_left_out(is_bot)
  GROUP BY visitor_id
),
changes AS (
  SELECT
    n.week, week_of(u.first_seen_date) AS cohort_week, u.first_channel,
    1 AS visitors, CASE WHEN n.orders > 0 THEN 1 ELSE 0 END AS buyers, n.orders, n.revenue
  FROM weeks_now AS n
  JOIN rows_for_gold_users AS u ON u.visitor_id = n.visitor_id
  UNION ALL
  SELECT
    b.week, u.cohort_week, u.first_channel,
    -1 AS visitors, CASE WHEN b.orders > 0 THEN -1 ELSE 0 END AS buyers, -b.orders AS orders, -b.revenue AS revenue
  FROM weeks_before AS b
  JOIN users_before AS u ON u.visitor_id = b.visitor_id
)
SELECT
  week, cohort_week, first_channel,
  sum(visitors) AS visitors, sum(buyers) AS buyers, sum(orders) AS orders, sum(revenue) AS revenue
FROM changes
GROUP BY week, cohort_week, first_channel
HAVING sum(visitors) <> 0 OR sum(buyers) <> 0 OR sum(orders) <> 0 OR sum(revenue) <> 0
