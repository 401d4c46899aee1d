-- All events, old and new, of the touched sessions.
SELECT e.*
FROM silver_events AS e
WHERE e.session_id IN (SELECT t.session_id FROM touched_sessions AS t)
