-- gold_cohorts: one row per week with sessions, and week and channel of the first session of their visitors.
-- Sessions of bots are left out unless bots: include. The size of a cohort is the visitors of its row with
-- weeks_since 0.
-- grain: session_week, cohort_week, first_channel
-- refresh: date on cohort_dates
-- reads: sessions_of_cohort_weeks, cohort_visitors
WITH weeks AS (
  SELECT
    visitor_id, week_of(session_date) AS week,
    sum(order_count) AS orders, sum(CAST(revenue AS DECIMAL(28,2))) AS revenue
  FROM sessions_of_cohort_weeks
  GROUP BY visitor_id, week_of(session_date)
)
SELECT
  CAST(w.week AS DATE) AS session_week,                              -- Monday of the week of the sessions, in the time zone of the shop
  CAST(v.cohort_week AS DATE) AS cohort_week,                        -- Monday of the week of the visitors' first session
  CAST(v.first_channel AS STRING) AS first_channel,                  -- channel of that session
  CAST(weeks_between(v.cohort_week, w.week) AS INT) AS weeks_since,  -- weeks from cohort_week to session_week; 0: the week of the first session [weeks]
  CAST(count(*) AS BIGINT) AS visitors,                              -- visitors of the cohort with a session in the week [visitors]
  CAST(count(CASE WHEN w.orders > 0 THEN 1 END) AS BIGINT) AS buyers,  -- of these visitors, those with an order in the sessions of the week [visitors]
  CAST(sum(w.orders) AS BIGINT) AS orders,                           -- orders of those sessions [orders]
  CAST(money(sum(w.revenue)) AS DECIMAL(18,2)) AS revenue            -- revenue of those orders, before refunds, as sent if money.currency is not set; capped at 16 digits before the point [units of money.currency]
FROM weeks AS w
JOIN cohort_visitors AS v ON v.visitor_id = w.visitor_id
GROUP BY w.week, v.cohort_week, v.first_channel
