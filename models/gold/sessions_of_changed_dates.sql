-- sessions_of_changed_dates: all current sessions that start on the dates of changed sessions, without their
-- visitors.
-- reads: computed_sessions, touched_sessions
-- reads: sessions_on_changed_dates = gold_sessions, only session_date in changed_session_dates
SELECT session_date, device, country, channel, is_bot, funnel_step
FROM computed_sessions
UNION ALL
SELECT g.session_date, g.device, g.country, g.channel, g.is_bot, g.funnel_step
FROM sessions_on_changed_dates AS g
ANTI JOIN touched_sessions AS t ON t.session_id = g.session_id
