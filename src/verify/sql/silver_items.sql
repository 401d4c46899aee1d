-- silver_items: the products of the valid events: those of their lists, or, without a list, the product of
-- the event itself.
WITH lists AS (
  SELECT
    event_id, event_date, event_micros, event_type, session_id, order_id, currency,
    unnest(from_json(items, '[{
      "item_number": "INTEGER", "product_id": "VARCHAR", "product_name": "VARCHAR", "category": "VARCHAR",
      "brand": "VARCHAR", "variant": "VARCHAR", "price_hundredths": "BIGINT", "quantity": "INTEGER"
    }]')) AS item
  FROM recount.events
  WHERE items IS NOT NULL
),
products AS (
  SELECT event_id, event_date, event_micros, event_type, session_id, order_id, currency, unnest(item)
  FROM lists
  UNION ALL BY NAME
  SELECT
    event_id, event_date, event_micros, event_type, session_id, order_id, currency,
    1 AS item_number, product_id, price_hundredths, quantity
  FROM recount.events
  WHERE items IS NULL AND product_id IS NOT NULL
)
SELECT
  event_id, item_number, event_date,
  make_timestamp(event_micros) AT TIME ZONE 'UTC' AS event_timestamp,
  event_type, session_id, order_id, currency, product_id, product_name, category, brand, variant,
  recount.hundredths(price_hundredths) AS price,
  quantity
FROM products
