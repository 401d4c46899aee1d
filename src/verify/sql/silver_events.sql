-- silver_events: the valid events, with the file that each was first received in.
SELECT
  e.event_id, e.user_id, e.anonymous_id, e.session_id, e.event_type, e.product_id, e.device, e.country,
  make_timestamp(e.event_micros) AT TIME ZONE 'UTC' AS event_timestamp,
  e.page_url, e.referrer, e.order_id, e.currency,
  e.user_agent, e.campaign_source, e.campaign_medium, e.campaign_name, e.click_id, e.quantity,
  recount.hundredths(e.price_hundredths) AS price,
  recount.hundredths(e.order_value_hundredths) AS order_value,
  recount.hundredths(e.tax_hundredths) AS tax,
  recount.hundredths(e.shipping_hundredths) AS shipping,
  recount.hundredths(e.discount_hundredths) AS discount,
  CAST(json_array_length(e.items) AS INTEGER) AS item_count,
  e.event_date,
  f.path AS bronze_path,
  make_timestamp(f.received_micros) AT TIME ZONE 'UTC' AS received_at
FROM recount.events AS e
JOIN recount.files AS f ON f.file_number = e.file_number
