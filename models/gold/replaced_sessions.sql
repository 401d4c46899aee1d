-- replaced_sessions: ids of the sessions to replace: those with new rows, and derived sessions that have become
-- part of another. Kept, because every file that is written anew reads them.
-- reads: session_numbers, touched_sessions
-- result: kept
SELECT session_id FROM session_numbers
UNION
SELECT session_id FROM touched_sessions
