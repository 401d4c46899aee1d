-- previous_orders: the touched orders as they are in Gold before this run.
-- reads: touched_orders
-- reads: orders_with_touched_ids = gold_orders, only order_id in touched_orders
-- result: kept
SELECT g.order_id, g.session_id, g.order_date
FROM orders_with_touched_ids AS g
WHERE g.order_id IN (SELECT t.order_id FROM touched_orders AS t)
