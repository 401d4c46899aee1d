-- cohort_visitors: the visitors with sessions in the cohort weeks, each with the week and channel of their
-- first session.
-- reads: rows_for_gold_users, sessions_of_cohort_weeks, touched_visitors
-- reads: users_near_cohort_weeks = gold_users, only visitor_id in sessions_of_cohort_weeks
SELECT visitor_id, week_of(first_seen_date) AS cohort_week, first_channel
FROM rows_for_gold_users
UNION ALL
SELECT g.visitor_id, week_of(g.first_seen_date) AS cohort_week, g.first_channel
FROM users_near_cohort_weeks AS g
ANTI JOIN touched_visitors AS t ON t.visitor_id = g.visitor_id
