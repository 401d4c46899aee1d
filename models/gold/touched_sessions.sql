-- touched_sessions: ids of the sessions that the new events belong to; of derived sessions the ids they had
-- so far.
-- reads: new_events = silver_events, only new files
-- reads: derived_session_parts
-- result: kept
SELECT session_id
FROM new_events
WHERE session_id IS NOT NULL AND NOT is_every_session_derived() AND event_type <> 'refund'
UNION
SELECT previous_session_id AS session_id
FROM derived_session_parts
WHERE has_new_event AND previous_session_id IS NOT NULL
