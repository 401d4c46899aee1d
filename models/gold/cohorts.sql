-- gold_cohorts: one row per week with sessions, and week and channel of the first session of their visitors.
-- Sessions of bots are left out unless bots: include. The size of a cohort is the visitors of its row with
-- weeks_since 0.
-- grain: session_week, cohort_week, first_channel
-- refresh: date on cohort_dates
-- reads: cohort_changes
-- reads: cohorts_on_cohort_dates = gold_cohorts, only session_week in cohort_dates
WITH counts AS (
  SELECT
    session_week AS week, cohort_week, first_channel, visitors, buyers, orders, CAST(revenue AS DECIMAL(28,2)) AS revenue
  FROM cohorts_on_cohort_dates
  UNION ALL
  SELECT week, cohort_week, first_channel, visitors, buyers, orders, revenue
  FROM cohort_changes
)
SELECT
  CAST(week AS DATE) AS session_week,                                -- Monday of the week of the sessions, in the time zone of the shop
  CAST(cohort_week AS DATE) AS cohort_week,                          -- Monday of the week of the visitors' first session
  CAST(first_channel AS STRING) AS first_channel,                    -- channel of that session
  CAST(weeks_between(cohort_week, week) AS INT) AS weeks_since,      -- weeks from cohort_week to session_week; 0: the week of the first session [weeks]
  CAST(sum(visitors) AS BIGINT) AS visitors,                         -- visitors of the cohort with a session in the week [visitors]
  CAST(sum(buyers) AS BIGINT) AS buyers,                             -- of these visitors, those with an order in the sessions of the week [visitors]
  CAST(sum(orders) AS BIGINT) AS orders,                             -- orders of those sessions [orders]
  CAST(money(sum(revenue)) AS DECIMAL(18,2)) AS revenue              -- revenue of those orders, before refunds, as sent if money.currency is not set; capped at 16 digits before the point [units of money.currency]
FROM counts
GROUP BY week, cohort_week, first_channel
HAVING sum(visitors) > 0
