-- gold_purchase_lines: one row per product line of a purchase or refund event.
SELECT
  event_id, line_number, order_id,
  make_timestamp(event_micros) AT TIME ZONE 'UTC' AS event_timestamp,
  is_refund, currency,
  recount.hundredths(order_value_hundredths) AS order_value,
  recount.hundredths(tax_hundredths) AS tax,
  recount.hundredths(shipping_hundredths) AS shipping,
  recount.hundredths(discount_hundredths) AS discount,
  product_id,
  recount.hundredths(price_hundredths) AS price,
  quantity
FROM recount.purchase_lines
