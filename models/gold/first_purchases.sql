-- first_purchases: the earliest purchase event of each touched order, whose values apply to the whole order,
-- and the number of purchase events of the order.
-- reads: order_lines
-- result: kept
WITH deliveries AS (
  SELECT DISTINCT order_id, event_id, event_timestamp, currency, order_value, tax, shipping, discount
  FROM order_lines
  WHERE NOT is_refund
),
numbered AS (
  SELECT
    order_id, event_id, event_timestamp, COALESCE(currency, assumed_currency()) AS currency, order_value, tax,
    shipping, discount,
    row_number() OVER (PARTITION BY order_id ORDER BY event_timestamp, event_id) AS number,
    count(*) OVER (PARTITION BY order_id) AS delivery_count
  FROM deliveries
)
SELECT order_id, event_id, event_timestamp, currency, order_value, tax, shipping, discount, delivery_count
FROM numbered
WHERE number = 1
