-- touched_owners: owners (device or user) whose derived sessions the new events can change.
-- reads: new_unassigned_events, order_sessions
-- reads: sessions_of_orders = gold_sessions, only session_id in order_sessions
SELECT derived_from FROM new_unassigned_events
UNION
SELECT g.derived_from
FROM sessions_of_orders AS g
WHERE g.derived_from IS NOT NULL AND g.session_id IN (SELECT o.session_id FROM order_sessions AS o)
