-- What each order sold: every line (product and price) once, with the largest quantity that one event says.
SELECT
  order_id,
  product_id,
  price_hundredths,
  CAST(least(max(quantity), 2147483647) AS INTEGER) AS quantity
FROM (
  SELECT order_id, product_id, price_hundredths, greatest(sum(coalesce(quantity, 1)), -2147483648) AS quantity
  FROM recount.purchase_lines
  WHERE NOT is_refund AND NOT (product_id IS NULL AND price_hundredths IS NULL)
  GROUP BY event_id, order_id, product_id, price_hundredths
)
GROUP BY order_id, product_id, price_hundredths
