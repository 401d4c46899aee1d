-- replaced_sessions: ids of the sessions to replace: those with new rows, and derived sessions that have become
-- part of another.
-- reads: rows_for_gold_sessions, touched_sessions
SELECT session_id FROM rows_for_gold_sessions
UNION
SELECT session_id FROM touched_sessions
