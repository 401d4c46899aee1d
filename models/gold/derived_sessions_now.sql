-- derived_sessions_now: first and last instant of the derived sessions that have a new event.
-- reads: derived_session_parts
-- result: kept
SELECT derived_from, min(started_at) AS started_at, max(ended_at) AS ended_at
FROM derived_session_parts
WHERE has_new_event
GROUP BY derived_from, number
