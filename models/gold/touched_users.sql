-- touched_users: users who gained, lost or changed a session.
-- reads: computed_sessions, previous_sessions
-- result: kept
SELECT user_id FROM computed_sessions
UNION
SELECT user_id FROM previous_sessions
