-- Every line of the batch, typed, with the first reason against it (null: a valid event).
WITH files AS (
  SELECT file_number, received_at + INTERVAL '1' DAY AS latest_timestamp
  FROM batch_files
),
text_fields AS (
  SELECT
    l.file_number, f.latest_timestamp, l.line_key, l.raw_text, l.line_end, l.raw_base64,
    l.problem, l.shape_key, l.declared,
    blank_to_null(l.event_id) AS event_id,
    blank_to_null(l.user_id) AS user_id,
    blank_to_null(l.session_id) AS session_id,
    trim_to_null(l.event_type) AS sent_type,
    blank_to_null(l.product_id) AS product_id,
    lower_ascii(trim_to_null(l.device)) AS device,
    upper_ascii(trim_to_null(l.country)) AS country,
    trim_to_null(l.event_timestamp) AS timestamp_text,
    blank_to_null(l.page_url) AS page_url,
    blank_to_null(l.referrer) AS referrer,
    blank_to_null(l.order_id) AS order_id,
    blank_to_null(l.currency) AS currency,
    trim_to_null(l.quantity) AS quantity_text,
    trim_to_null(l.price) AS price_text
  FROM bronze_lines AS l
  JOIN files AS f ON f.file_number = l.file_number
),
typed AS (
  SELECT
    t.*,
    n.event_type,
    text_to_timestamp(t.timestamp_text) AS event_timestamp,
    text_to_quantity(t.quantity_text) AS quantity,
    text_to_price(t.price_text) AS price
  FROM text_fields AS t
  LEFT JOIN event_type_names AS n ON n.spelling = lower_ascii(t.sent_type)
),
judged AS (
  SELECT
    *,
    CASE
      WHEN problem IS NOT NULL THEN problem
      WHEN event_id IS NULL THEN 'missing:event_id'
      WHEN user_id IS NULL THEN 'missing:user_id'
      WHEN session_id IS NULL THEN 'missing:session_id'
      WHEN sent_type IS NULL THEN 'missing:event_type'
      WHEN timestamp_text IS NULL THEN 'missing:event_timestamp'
      WHEN product_id IS NULL AND event_type IN ('product_view', 'add_to_cart', 'remove_from_cart') THEN 'missing:product_id'
      WHEN event_type IS NULL THEN 'unknown_event_type'
      WHEN event_timestamp IS NULL THEN 'bad_timestamp'
      WHEN event_timestamp < TIMESTAMP '2000-01-01 00:00:00'
        OR event_timestamp > latest_timestamp THEN 'timestamp_out_of_range'
    END AS reason
  FROM typed
)
SELECT
  file_number, line_key, reason,
  CASE WHEN reason IS NOT NULL THEN raw_text || line_end END AS raw_text,
  raw_base64,
  shape_key,
  text_hash(event_id) AS id_hash,
  event_id, user_id, session_id, event_type, product_id, device, country, event_timestamp,
  page_url, referrer, order_id, currency, quantity, price,
  utc_date(event_timestamp) AS event_date,
  quantity_text IS NOT NULL AND quantity IS NULL AS is_quantity_unreadable,
  price_text IS NOT NULL AND price IS NULL AS is_price_unreadable,
  declared
FROM judged
