-- touched_sessions: the sessions that the new events belong to.
-- reads: new_events = silver_events, only new files
-- result: kept
SELECT DISTINCT session_id FROM new_events WHERE session_id IS NOT NULL
