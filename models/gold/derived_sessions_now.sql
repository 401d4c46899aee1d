-- derived_sessions_now: the first and last instant of each touched derived session, including the new events.
-- reads: derived_session_parts
SELECT derived_from, min(started_at) AS started_at, max(ended_at) AS ended_at
FROM derived_session_parts
WHERE is_touched
GROUP BY derived_from, number
