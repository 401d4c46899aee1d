-- derived_sessions_now: first and last instant of the touched derived sessions.
-- reads: derived_session_parts
SELECT derived_from, min(started_at) AS started_at, max(ended_at) AS ended_at
FROM derived_session_parts
WHERE is_touched
GROUP BY derived_from, number
