-- Users who gained, lost or changed a session.
SELECT user_id FROM computed_sessions
UNION
SELECT user_id FROM previous_sessions
