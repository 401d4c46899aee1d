-- The lines of a batch with typed fields, from `bronze_texts`, their fields as text. What each field
-- becomes is written in docs/accepted-input.md.
WITH trimmed AS (
  SELECT
    *,
    trim_to_null(event_timestamp) AS timestamp_text,
    trim_to_null(quantity) AS quantity_text,
    trim_to_null(price) AS price_text
  FROM bronze_texts
)
SELECT
  t.file_number, f.received_at, line_key, raw_text, line_end, raw_base64, shape_key, problem, declared,
  blank_to_null(event_id) AS event_id,
  blank_to_null(user_id) AS user_id,
  blank_to_null(session_id) AS session_id,
  lower_ascii(trim_to_null(event_type)) AS sent_type,
  blank_to_null(product_id) AS product_id,
  lower_ascii(trim_to_null(device)) AS device,
  upper_ascii(trim_to_null(country)) AS country,
  text_to_timestamp(timestamp_text) AS event_timestamp,
  timestamp_text IS NOT NULL AS is_timestamp_sent,
  blank_to_null(page_url) AS page_url,
  blank_to_null(referrer) AS referrer,
  blank_to_null(order_id) AS order_id,
  blank_to_null(currency) AS currency,
  text_to_quantity(quantity_text) AS quantity,
  quantity_text IS NOT NULL AND text_to_quantity(quantity_text) IS NULL AS is_quantity_unreadable,
  text_to_price(price_text) AS price,
  price_text IS NOT NULL AND text_to_price(price_text) IS NULL AS is_price_unreadable
FROM trimmed AS t
JOIN batch_files AS f ON f.file_number = t.file_number
