-- The products of each order: every distinct line (product and price) with the largest quantity in one
-- event. Events in another currency than the first one are ignored.
WITH told AS (
  SELECT
    *,
    coalesce(
      arg_min({'currency': currency}, {'at': event_micros, 'id': event_id}) OVER (PARTITION BY order_id).currency,
      assumed_currency
    ) AS order_currency
  FROM recount.purchase_lines
  CROSS JOIN recount.settings
  WHERE NOT is_refund
)
SELECT
  order_id,
  product_id,
  price_hundredths,
  CAST(least(max(quantity), 2147483647) AS INTEGER) AS quantity
FROM (
  SELECT order_id, product_id, price_hundredths, greatest(sum(coalesce(quantity, 1)), -2147483648) AS quantity
  FROM told
  WHERE (currency IS NULL OR order_currency IS NULL OR currency = order_currency)
    AND NOT (product_id IS NULL AND price_hundredths IS NULL)
  GROUP BY event_id, order_id, product_id, price_hundredths
)
GROUP BY order_id, product_id, price_hundredths
