-- gold_purchase_lines: one row per product line of a purchase or refund event, as it was sent. Orders are
-- computed from these rows, so that old events need not be searched.
-- grain: event_id, line_number
-- refresh: order
-- reads: added_events
-- reads: items_on_new_utc_dates = silver_items, only event_date in new_utc_dates
WITH purchase_events AS (
  SELECT
    event_id, order_key(order_id, event_id) AS order_id, event_timestamp,
    event_type, is_refund(event_type, order_value, price, quantity) AS is_refund,
    currency, order_value, tax, shipping, discount, price, quantity, item_count
  FROM added_events
  WHERE event_type IN ('purchase', 'refund')
),
products AS (
  SELECT i.event_id, i.item_number AS line_number, i.product_id, i.price, i.quantity
  FROM items_on_new_utc_dates AS i
  WHERE i.event_type IN ('purchase', 'refund')
),
-- The total of a list of products that comes without an amount for the whole order.
negative AS (
  SELECT t.event_id
  FROM purchase_events AS t
  JOIN products AS p ON p.event_id = t.event_id
  WHERE t.event_type = 'purchase' AND t.order_value IS NULL AND t.item_count IS NOT NULL
  GROUP BY t.event_id
  HAVING sum(paid(p.price, p.quantity)) < 0
),
-- An event that names no product gets one line too.
lines AS (
  SELECT t.event_id, p.line_number, p.product_id, p.price, p.quantity
  FROM purchase_events AS t
  JOIN products AS p ON p.event_id = t.event_id
  UNION ALL
  SELECT
    t.event_id, 1 AS line_number, CAST(NULL AS STRING) AS product_id,
    CASE WHEN t.item_count IS NULL THEN t.price END AS price,
    CASE WHEN t.item_count IS NULL THEN t.quantity END AS quantity
  FROM purchase_events AS t
  ANTI JOIN products AS p ON p.event_id = t.event_id
)
SELECT
  CAST(t.event_id AS STRING) AS event_id,                      -- the event
  CAST(l.line_number AS INT) AS line_number,                   -- position in the event's list of products [1 = first]
  CAST(t.order_id AS STRING) AS order_id,                      -- the order's id, as the shop names it; if no id was sent: event_id= and the event's id
  CAST(t.event_timestamp AS TIMESTAMP_LTZ) AS event_timestamp, -- time of the event [UTC, microseconds]
  CAST(t.is_refund OR n.event_id IS NOT NULL AS BOOLEAN) AS is_refund,  -- true for a refund event, and for a purchase with a negative amount
  CAST(upper_ascii(trim_to_null(t.currency)) AS STRING) AS currency,         -- currency of the event's amounts, in capitals; null: not sent
  CAST(t.order_value AS DECIMAL(18,2)) AS order_value,         -- amount of the whole order [units of currency]; null: not sent
  CAST(t.tax AS DECIMAL(18,2)) AS tax,                         -- tax of the whole order [units of currency]; null: not sent
  CAST(t.shipping AS DECIMAL(18,2)) AS shipping,               -- shipping of the whole order [units of currency]; null: not sent
  CAST(t.discount AS DECIMAL(18,2)) AS discount,               -- discount on the whole order [units of currency]; null: not sent
  CAST(l.product_id AS STRING) AS product_id,                  -- the product; null: the event names none
  CAST(l.price AS DECIMAL(18,2)) AS price,                     -- price of one piece [units of currency]; null: not sent
  CAST(l.quantity AS INT) AS quantity                          -- pieces [pieces]; null: not sent
FROM purchase_events AS t
JOIN lines AS l ON l.event_id = t.event_id
LEFT JOIN negative AS n ON n.event_id = t.event_id
