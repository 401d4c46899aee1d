-- touched_sessions: ids of the sessions that the new events or the touched orders belong to; for derived
-- sessions, their ids before this run.
-- reads: new_events = silver_events, only new files
-- reads: derived_session_parts, order_sessions
-- result: kept
SELECT sent_session_id(session_id) AS session_id
FROM new_events
WHERE session_id IS NOT NULL AND NOT is_every_session_derived() AND NOT is_refund(event_type, order_value, price, quantity)
UNION
SELECT previous_session_id AS session_id
FROM derived_session_parts
WHERE is_touched AND previous_session_id IS NOT NULL
UNION
SELECT session_id FROM order_sessions
