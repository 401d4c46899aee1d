-- gold_cohorts: one row per week of first sessions, channel of the first session, and number of weeks since with a
-- session. Sessions of bots are left out unless bots: include. Computed whole from the sessions when they have changed:
-- a visitor who comes back changes a cohort of any age.
-- grain: cohort_week, first_channel, weeks_since
-- refresh: full
-- reads: gold_sessions
WITH sessions AS (
  SELECT
    visitor_id, channel, started_at, session_id, order_count, revenue,
    CAST(date_trunc('WEEK', CAST(session_date AS TIMESTAMP)) AS DATE) AS week
  FROM gold_sessions
  WHERE NOT is_left_out(is_bot)
),
visitors AS (
  SELECT
    visitor_id, min(week) AS cohort_week,
    min_by(channel, event_order(started_at, session_id)) AS first_channel
  FROM sessions
  GROUP BY visitor_id
),
weeks AS (
  SELECT
    v.cohort_week, v.first_channel, s.week, s.visitor_id,
    sum(s.order_count) AS orders, sum(CAST(s.revenue AS DECIMAL(28,2))) AS revenue
  FROM sessions AS s
  JOIN visitors AS v ON v.visitor_id = s.visitor_id
  GROUP BY v.cohort_week, v.first_channel, s.week, s.visitor_id
),
sizes AS (
  SELECT cohort_week, first_channel, count(*) AS visitors
  FROM visitors
  GROUP BY cohort_week, first_channel
),
counted AS (
  SELECT
    cohort_week, first_channel, week, count(*) AS returning_visitors, count(CASE WHEN orders > 0 THEN 1 END) AS buyers,
    sum(orders) AS orders, money(sum(revenue)) AS revenue
  FROM weeks
  GROUP BY cohort_week, first_channel, week
)
SELECT
  CAST(c.cohort_week AS DATE) AS cohort_week,                  -- Monday of the week of the visitors' first session, in the time zone of the shop
  CAST(c.first_channel AS STRING) AS first_channel,            -- channel of that session
  CAST((unix_micros(CAST(c.week AS TIMESTAMP)) - unix_micros(CAST(c.cohort_week AS TIMESTAMP)))
    / 604800000000 AS INT) AS weeks_since,                     -- weeks from that week on, by the date of the sessions; 0 is that week [weeks]
  CAST(s.visitors AS BIGINT) AS visitors,                      -- visitors of the cohort, the same in all its weeks [visitors]
  CAST(c.returning_visitors AS BIGINT) AS returning_visitors,  -- of them, those with a session in this week [visitors]
  CAST(c.buyers AS BIGINT) AS buyers,                          -- of them, those whose sessions of this week have an order [visitors]
  CAST(c.orders AS BIGINT) AS orders,                          -- orders of those sessions [orders]
  CAST(c.revenue AS DECIMAL(18,2)) AS revenue                  -- revenue of those orders, refunds not taken off, as sent where money.currency is not set; cut off at 16 digits before the point [units of money.currency]
FROM counted AS c
JOIN sizes AS s ON s.cohort_week = c.cohort_week AND s.first_channel = c.first_channel
