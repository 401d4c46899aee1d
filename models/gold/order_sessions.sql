-- order_sessions: sessions that the touched orders belong to so far: the value of the order may change there.
-- reads: previous_orders
SELECT DISTINCT session_id FROM previous_orders WHERE session_id IS NOT NULL
