-- order_products: the distinct lines (product, price) of each touched order, each with the largest quantity in
-- one event. So a reloaded page adds nothing, and events with one line each add up. An event in another
-- currency than its order adds no line, because its prices cannot be added.
-- reads: order_lines, first_purchases
-- result: kept
WITH said AS (
  SELECT l.order_id, l.event_id, l.product_id, l.price, sum(CAST(COALESCE(l.quantity, 1) AS BIGINT)) AS quantity
  FROM order_lines AS l
  JOIN first_purchases AS f ON f.order_id = l.order_id
  WHERE NOT l.is_refund AND (l.product_id IS NOT NULL OR l.price IS NOT NULL)
    AND NOT is_other_currency(l.currency, f.currency)
  GROUP BY l.order_id, l.event_id, l.product_id, l.price
)
SELECT order_id, product_id, price, limited_quantity(max(quantity)) AS quantity
FROM said
GROUP BY order_id, product_id, price
