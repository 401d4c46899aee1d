-- The lines of purchase and refund events: one per product, or one without a product. A purchase without an
-- order id, or with a placeholder, is an order of its own.
SELECT
  e.event_id,
  coalesce(i.item_number, 1) AS line_number,
  CASE
    WHEN e.order_id IS NULL OR list_contains(s.ignored_order_ids, e.order_id) THEN concat('event_id=', e.event_id)
    ELSE e.order_id
  END AS order_id,
  e.event_micros,
  -- For a list of products without an amount of the whole order, the sum of the list counts.
  e.is_refund OR coalesce(
    e.event_type = 'purchase' AND e.order_value_hundredths IS NULL AND e.items IS NOT NULL
      AND sum(CAST(recount.in_hundredths(i.price) AS HUGEINT) * coalesce(i.quantity, 1)) OVER (PARTITION BY e.event_id) < 0,
    false
  ) AS is_refund,
  translate(trim(e.currency, e' \t\n\r\x0b\x0c'), 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS currency,
  e.order_value_hundredths,
  e.tax_hundredths,
  e.shipping_hundredths,
  e.discount_hundredths,
  i.product_id,
  CASE
    WHEN i.event_id IS NOT NULL THEN recount.in_hundredths(i.price)
    WHEN e.items IS NULL THEN e.price_hundredths
  END AS price_hundredths,
  CASE WHEN i.event_id IS NOT NULL THEN i.quantity WHEN e.items IS NULL THEN e.quantity END AS quantity
FROM recount.events AS e
CROSS JOIN recount.settings AS s
LEFT JOIN recount.silver_items AS i ON i.event_id = e.event_id
WHERE e.event_type IN ('purchase', 'refund')
