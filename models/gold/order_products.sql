-- order_products: the set of lines (product, price) of each touched order; of each line the largest quantity that
-- one event says. So a page that is loaded again adds nothing, and one event per line adds up.
-- reads: order_lines
WITH said AS (
  SELECT order_id, event_id, product_id, price, sum(CAST(COALESCE(quantity, 1) AS BIGINT)) AS quantity
  FROM order_lines
  WHERE NOT is_refund AND (product_id IS NOT NULL OR price IS NOT NULL)
  GROUP BY order_id, event_id, product_id, price
)
SELECT order_id, product_id, price, limited_quantity(max(quantity)) AS quantity
FROM said
GROUP BY order_id, product_id, price
