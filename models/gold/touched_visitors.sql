-- touched_visitors: visitors who gained, lost or changed a session.
-- reads: computed_sessions, previous_sessions, relinked_sessions
SELECT visitor_id FROM computed_sessions
UNION
SELECT visitor_id FROM previous_sessions
UNION
SELECT visitor_id FROM relinked_sessions
UNION
SELECT previous_visitor_id AS visitor_id FROM relinked_sessions
