-- silver_events: the valid events, with the file that each was first received in.
SELECT
  e.event_id, e.user_id, e.session_id, e.event_type, e.product_id, e.device, e.country,
  make_timestamp(e.event_micros) AT TIME ZONE 'UTC' AS event_timestamp,
  e.page_url, e.referrer, e.order_id, e.currency, e.quantity,
  recount.hundredths(e.price_hundredths) AS price,
  e.event_date,
  f.path AS bronze_path,
  make_timestamp(f.received_micros) AT TIME ZONE 'UTC' AS received_at
FROM recount.events AS e
JOIN recount.files AS f ON f.file_number = e.file_number
