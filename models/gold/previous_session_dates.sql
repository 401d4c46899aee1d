-- previous_session_dates: start dates of the touched sessions before this run. Fetched first, because it reads
-- one column of Gold.
-- reads: sessions_with_touched_ids = gold_sessions, only session_id in touched_sessions
-- reads: touched_sessions
-- result: dates
SELECT DISTINCT g.session_date AS date
FROM sessions_with_touched_ids AS g
WHERE g.session_id IN (SELECT t.session_id FROM touched_sessions AS t)
