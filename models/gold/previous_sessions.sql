-- previous_sessions: the touched sessions as they are in Gold before this run.
-- reads: sessions_on_previous_dates = gold_sessions, only session_date in previous_session_dates
-- reads: touched_sessions
-- result: kept
SELECT g.*
FROM sessions_on_previous_dates AS g
WHERE g.session_id IN (SELECT t.session_id FROM touched_sessions AS t)
