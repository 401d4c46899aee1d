-- silver_items: one row per product of an event.
-- grain: event_id, item_number
-- partition: event_date
-- refresh: batch
-- reads: accepted_events
WITH parsed AS (
  -- Parsed before it is exploded, because Spark does not accept our functions in the same step.
  SELECT
    event_id, session_id, event_type, event_timestamp, event_date, order_id, currency,
    parsed_items(items) AS item_list
  FROM accepted_events
  WHERE items IS NOT NULL
),
listed AS (
  SELECT
    event_id, session_id, event_type, event_timestamp, event_date, order_id, currency,
    explode(item_list) AS item
  FROM parsed
),
every_item AS (
  SELECT
    event_id, session_id, event_type, event_timestamp, event_date, order_id, currency,
    CAST(item.item_number AS INT) AS item_number,
    item.product_id AS product_id,
    item.product_name AS product_name,
    item.category AS category,
    item.brand AS brand,
    item.variant AS variant,
    text_to_price(trim_to_null(item.price)) AS price,
    text_to_quantity(trim_to_null(item.quantity)) AS quantity
  FROM listed
  UNION ALL
  -- An event that names a product but has no list gets one item.
  SELECT
    event_id, session_id, event_type, event_timestamp, event_date, order_id, currency,
    1 AS item_number,
    product_id,
    CAST(NULL AS STRING) AS product_name,
    CAST(NULL AS STRING) AS category,
    CAST(NULL AS STRING) AS brand,
    CAST(NULL AS STRING) AS variant,
    price,
    quantity
  FROM accepted_events
  WHERE items IS NULL AND product_id IS NOT NULL
)
SELECT
  CAST(i.event_id AS STRING) AS event_id,                       -- the event in silver_events
  CAST(i.item_number AS INT) AS item_number,                    -- position among the items of the event [1 = first]
  CAST(i.event_date AS DATE) AS event_date,                     -- UTC date of event_timestamp; the partition
  CAST(i.event_timestamp AS TIMESTAMP_LTZ) AS event_timestamp,  -- when the event happened [UTC, microseconds]
  CAST(i.event_type AS STRING) AS event_type,                   -- type of the event
  CAST(i.session_id AS STRING) AS session_id,                   -- the visit that the event belongs to, as the shop names it; null: not sent
  CAST(i.order_id AS STRING) AS order_id,                       -- order that a purchase belongs to; null: not sent
  CAST(i.currency AS STRING) AS currency,                       -- currency of the price; null: not sent
  CAST(i.product_id AS STRING) AS product_id,                   -- the product, as the shop names it; null: not sent
  CAST(i.product_name AS STRING) AS product_name,               -- its name, as sent; null: not sent
  CAST(i.category AS STRING) AS category,                       -- its category, as sent; null: not sent
  CAST(i.brand AS STRING) AS brand,                             -- its brand, as sent; null: not sent
  CAST(i.variant AS STRING) AS variant,                         -- its variant, such as a colour or size, as sent; null: not sent
  CAST(i.price AS DECIMAL(18,2)) AS price,                      -- price of one piece [units of currency]; null: not sent, or not a number
  CAST(i.quantity AS INT) AS quantity                           -- pieces [pieces]; null: not sent, or not a whole number
FROM every_item AS i
