-- silver_events: one row per distinct valid event of the shop.
-- grain: event_id
-- partition: event_date
-- refresh: batch on large_dates
-- reads: parsed_events, suspect_ids, repeated_verdicts, batch_files
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
  CAST(a.event_id AS STRING) AS event_id,                       -- identity of the event, as the shop gave it; unique in the table
  CAST(a.user_id AS STRING) AS user_id,                         -- the visitor, as the shop names them
  CAST(a.session_id AS STRING) AS session_id,                   -- the visit that the event belongs to, as the shop names it
  CAST(a.event_type AS STRING) AS event_type,                   -- what happened: one of the configured types, lower case
  CAST(a.product_id AS STRING) AS product_id,                   -- the product concerned, as the shop names it; every product_view has one; null: not sent
  CAST(a.device AS STRING) AS device,                           -- kind of device, lower case; null: not sent
  CAST(a.country AS STRING) AS country,                         -- country, upper case; null: not sent
  CAST(a.event_timestamp AS TIMESTAMP_LTZ) AS event_timestamp,  -- when it happened [UTC, microseconds]
  CAST(a.page_url AS STRING) AS page_url,                       -- page on which it happened, as sent; null: not sent
  CAST(a.referrer AS STRING) AS referrer,                       -- page or campaign the visitor came from, as sent; null: not sent
  CAST(a.order_id AS STRING) AS order_id,                       -- order that a purchase belongs to, as sent; null: not sent
  CAST(a.currency AS STRING) AS currency,                       -- currency of the price, as sent; null: not sent
  CAST(a.quantity AS INT) AS quantity,                          -- pieces of the product [pieces]; null: not sent, or not a whole number
  CAST(a.price AS DECIMAL(18,2)) AS price,                      -- price of one piece [units of currency]; null: not sent, or not a number
  CAST(a.event_date AS DATE) AS event_date,                     -- UTC date of event_timestamp; the partition
  CAST(f.bronze_path AS STRING) AS bronze_path,                 -- Bronze file that delivered the event first
  CAST(f.received_at AS TIMESTAMP_LTZ) AS received_at,          -- when that file was received [UTC, microseconds]
  a.declared
FROM accepted AS a
JOIN batch_files AS f ON f.file_number = a.file_number
