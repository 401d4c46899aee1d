-- silver_events: one row per distinct valid event of the shop.
-- grain: event_id
-- partition: event_date
-- refresh: batch on large_dates
-- reads: accepted_events, batch_files
SELECT
  CAST(a.event_id AS STRING) AS event_id,                       -- identity of the event, as the shop gave it; unique in the table
  CAST(a.user_id AS STRING) AS user_id,                         -- the customer, as the shop names them; null: not sent
  CAST(a.anonymous_id AS STRING) AS anonymous_id,               -- the browser or device, as the shop names it; null: not sent
  CAST(a.session_id AS STRING) AS session_id,                   -- the visit that the event belongs to, as the shop names it; null: not sent
  CAST(a.event_type AS STRING) AS event_type,                   -- what happened: one of the configured types, lower case
  CAST(a.product_id AS STRING) AS product_id,                   -- the product concerned, as the shop names it; every product_view has one; null: not sent
  CAST(a.device AS STRING) AS device,                           -- kind of device, lower case; null: not sent
  CAST(a.country AS STRING) AS country,                         -- country, upper case; null: not sent
  CAST(a.event_timestamp AS TIMESTAMP_LTZ) AS event_timestamp,  -- when it happened [UTC, microseconds]
  CAST(a.page_url AS STRING) AS page_url,                       -- page on which it happened, as sent; null: not sent
  CAST(a.referrer AS STRING) AS referrer,                       -- page or campaign the visitor came from, as sent; null: not sent
  CAST(a.order_id AS STRING) AS order_id,                       -- order that a purchase belongs to, as sent; null: not sent
  CAST(a.currency AS STRING) AS currency,                       -- currency of the amounts, as sent; null: not sent
  CAST(a.user_agent AS STRING) AS user_agent,                   -- browser or robot, as it names itself; null: not sent
  CAST(a.campaign_source AS STRING) AS campaign_source,         -- source of the visit, such as google, as sent, else utm_source of page_url; null: neither
  CAST(a.campaign_medium AS STRING) AS campaign_medium,         -- medium of the visit, such as email, as sent, else utm_medium of page_url; null: neither
  CAST(a.campaign_name AS STRING) AS campaign_name,             -- campaign, as sent, else utm_campaign of page_url; null: neither
  CAST(a.click_id AS STRING) AS click_id,                       -- click id of an advertisement, as sent, else from page_url with its parameter name, such as gclid=abc; null: neither
  CAST(a.quantity AS INT) AS quantity,                          -- pieces of the product [pieces]; null: not sent, or not a whole number
  CAST(a.price AS DECIMAL(18,2)) AS price,                      -- price of one piece [units of currency]; null: not sent, or not a number
  CAST(a.order_value AS DECIMAL(18,2)) AS order_value,          -- value of the whole order [units of currency]; null: not sent, or not a number
  CAST(a.tax AS DECIMAL(18,2)) AS tax,                          -- tax of the whole order [units of currency]; null: not sent, or not a number
  CAST(a.shipping AS DECIMAL(18,2)) AS shipping,                -- shipping of the whole order [units of currency]; null: not sent, or not a number
  CAST(a.discount AS DECIMAL(18,2)) AS discount,                -- discount of the whole order [units of currency]; null: not sent, or not a number
  CAST(json_array_length(a.items) AS INT) AS item_count,  -- number of products in the event's list [items]; null: it had no list
  CAST(a.event_date AS DATE) AS event_date,                     -- UTC date of event_timestamp; the partition
  CAST(f.bronze_path AS STRING) AS bronze_path,                 -- Bronze file that delivered the event first
  CAST(f.received_at AS TIMESTAMP_LTZ) AS received_at,          -- when that file was received [UTC, microseconds]
  a.declared
FROM accepted_events AS a
JOIN batch_files AS f ON f.file_number = a.file_number
