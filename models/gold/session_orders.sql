-- session_orders: the orders of the touched sessions. An order belongs to the session of its earliest purchase
-- event.
-- reads: order_totals, session_events, touched_orders
-- reads: orders_of_touched_sessions = gold_orders, only session_id in touched_sessions
-- result: kept
WITH orders AS (
  SELECT order_id, first_event_id, ordered_at, reported_revenue, true AS is_touched
  FROM order_totals
  WHERE first_event_id IS NOT NULL
  UNION ALL
  SELECT g.order_id, g.first_event_id, g.ordered_at, g.reported_revenue, false AS is_touched
  FROM orders_of_touched_sessions AS g
  ANTI JOIN touched_orders AS t ON t.order_id = g.order_id
  WHERE g.first_event_id IS NOT NULL
)
SELECT o.order_id, e.session_id, o.ordered_at, o.reported_revenue AS revenue, o.is_touched
FROM orders AS o
JOIN session_events AS e ON e.event_id = o.first_event_id
WHERE e.event_type = 'purchase'
