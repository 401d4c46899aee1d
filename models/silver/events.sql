-- silver_events: one row per distinct valid event of the shop.
WITH accepted AS (
  SELECT
    file_number, event_id, user_id, session_id, event_type, product_id, device, country, event_timestamp,
    page_url, referrer, order_id, currency, quantity, price, event_date, declared
  FROM parsed_events AS p
  WHERE reason IS NULL
    AND NOT EXISTS (SELECT 1 FROM repeated_ids AS r WHERE r.event_id = p.event_id)
  UNION ALL
  SELECT
    file_number, event_id, user_id, session_id, event_type, product_id, device, country, event_timestamp,
    page_url, referrer, order_id, currency, quantity, price, event_date, declared
  FROM repeated_verdicts
  WHERE verdict = 'first'
)
SELECT
  a.event_id,         -- identity of the event, unique in the table
  a.user_id,          -- who: the visitor, as the shop names them
  a.session_id,       -- the visit the event belongs to
  a.event_type,       -- what happened: one of the configured types, lower case
  a.product_id,       -- the product concerned; null where the type needs none
  a.device,           -- kind of device, lower case
  a.country,          -- country code, upper case
  a.event_timestamp,  -- when it happened [UTC, microseconds]
  a.page_url,         -- page on which it happened, as sent
  a.referrer,         -- page or campaign the visitor came from, as sent
  a.order_id,         -- order of a purchase, as sent
  a.currency,         -- currency of the price, as sent
  a.quantity,         -- pieces bought [pieces]; null when not sent or not a whole number
  a.price,            -- price of one piece [units of currency]; null when not sent or not a number
  a.event_date,       -- UTC date of event_timestamp; the partition
  f.bronze_path,      -- Bronze file that delivered the event first
  f.received_at,      -- when that file was received [UTC, microseconds]
  a.declared
FROM accepted AS a
JOIN batch_files AS f ON f.file_number = a.file_number
