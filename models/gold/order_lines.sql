-- order_lines: all purchase and refund lines received for the touched orders.
-- reads: rows_for_gold_purchase_lines, touched_orders
-- reads: lines_of_touched_orders = gold_purchase_lines, only order_id in touched_orders
-- result: kept
-- in full: view
SELECT
  order_id, event_id, event_timestamp, is_refund, currency, order_value, tax, shipping, discount, product_id,
  price, quantity
FROM rows_for_gold_purchase_lines
UNION ALL
SELECT
  g.order_id, g.event_id, g.event_timestamp, g.is_refund, g.currency, g.order_value, g.tax, g.shipping, g.discount,
  g.product_id, g.price, g.quantity
FROM lines_of_touched_orders AS g
-- If an earlier run was killed, the table may contain these rows already.
ANTI JOIN rows_for_gold_purchase_lines AS n ON n.event_id = g.event_id
WHERE g.order_id IN (SELECT t.order_id FROM touched_orders AS t)
