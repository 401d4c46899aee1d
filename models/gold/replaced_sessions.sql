-- replaced_sessions: ids of the sessions that give way: those with new rows, and derived ones that are part of
-- another now.
-- reads: rows_for_gold_sessions, touched_sessions
SELECT session_id FROM rows_for_gold_sessions
UNION
SELECT session_id FROM touched_sessions
