-- sessions_of_cohort_weeks: all current sessions of the weeks whose cohorts are counted.
-- reads: computed_sessions, relinked_sessions, touched_sessions
-- reads: sessions_on_cohort_dates = gold_sessions, only session_date in cohort_dates
SELECT visitor_id, session_date, order_count, revenue
FROM computed_sessions
WHERE NOT is_left_out(is_bot)
UNION ALL
SELECT COALESCE(r.visitor_id, g.visitor_id) AS visitor_id, g.session_date, g.order_count, g.revenue
FROM sessions_on_cohort_dates AS g
ANTI JOIN touched_sessions AS t ON t.session_id = g.session_id
LEFT JOIN relinked_sessions AS r ON r.session_id = g.session_id
WHERE NOT is_left_out(g.is_bot)
