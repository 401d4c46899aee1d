-- order_sessions: the sessions that the touched orders belong to before this run. The orders' values may change
-- there.
-- reads: previous_orders
SELECT DISTINCT session_id FROM previous_orders WHERE session_id IS NOT NULL
