-- silver_events: one row per distinct valid event of the shop.
WITH accepted AS (
  SELECT
    file_number, event_id, user_id, session_id, event_type, product_id, device, country, event_timestamp,
    page_url, referrer, order_id, currency, quantity, price, event_date, declared
  FROM parsed_events AS p
  ANTI JOIN suspect_ids AS s ON s.id_hash = p.id_hash
  WHERE reason IS NULL
  UNION ALL
  SELECT
    file_number, event_id, user_id, session_id, event_type, product_id, device, country, event_timestamp,
    page_url, referrer, order_id, currency, quantity, price, event_date, declared
  FROM repeated_verdicts
  WHERE verdict = 'first'
)
SELECT
  a.event_id,         -- identity of the event, as the shop gave it; unique in the table
  a.user_id,          -- the visitor, as the shop names them
  a.session_id,       -- the visit that the event belongs to, as the shop names it
  a.event_type,       -- what happened: one of the configured types, lower case
  a.product_id,       -- the product concerned, as the shop names it; every product_view has one; null: not sent
  a.device,           -- kind of device, lower case; null: not sent
  a.country,          -- country, upper case; null: not sent
  a.event_timestamp,  -- when it happened [UTC, microseconds]
  a.page_url,         -- page on which it happened, as sent; null: not sent
  a.referrer,         -- page or campaign the visitor came from, as sent; null: not sent
  a.order_id,         -- order that a purchase belongs to, as sent; null: not sent
  a.currency,         -- currency of the price, as sent; null: not sent
  a.quantity,         -- pieces of the product [pieces]; null: not sent, or not a whole number
  a.price,            -- price of one piece [units of currency]; null: not sent, or not a number
  a.event_date,       -- UTC date of event_timestamp; the partition
  f.bronze_path,      -- Bronze file that delivered the event first
  f.received_at,      -- when that file was received [UTC, microseconds]
  a.declared
FROM accepted AS a
JOIN batch_files AS f ON f.file_number = a.file_number
