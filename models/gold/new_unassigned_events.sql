-- new_unassigned_events: the new events without a session id, with the owner of their derived session.
-- reads: new_events
SELECT session_owner(anonymous_id, user_id, session_id) AS derived_from, event_timestamp
FROM new_events
WHERE (session_id IS NULL OR is_every_session_derived()) AND NOT is_refund(event_type, order_value, price, quantity)
