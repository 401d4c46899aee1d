-- purchase_facts: currencies of the purchase events on the dates of the new events, and how many order ids several of them have.
-- reads: events_to_count
-- result: counts
WITH purchases AS (
  SELECT order_id, upper(currency) AS currency
  FROM events_to_count
  WHERE event_type = 'purchase'
),
currencies AS (
  SELECT currency, count(*) AS event_count, count(*) OVER () AS currency_count
  FROM purchases
  WHERE currency IS NOT NULL
  GROUP BY currency
  ORDER BY event_count DESC, currency
  LIMIT 10
),
repeated_orders AS (
  SELECT order_id
  FROM purchases
  WHERE order_id IS NOT NULL
  GROUP BY order_id
  HAVING count(*) > 1
)
SELECT
  'currency' AS fact,                                -- what the row counts
  currency AS value,                                 -- the currency
  CAST(event_count AS BIGINT) AS fact_count,         -- purchase events in it [events]
  CAST(currency_count AS BIGINT) AS value_count      -- currencies, also those beyond the ten most frequent [currencies]
FROM currencies
UNION ALL
SELECT
  'repeated order' AS fact,
  CAST(NULL AS STRING) AS value,
  CAST(count(*) AS BIGINT) AS fact_count,            -- order ids in several purchase events [orders]
  CAST(NULL AS BIGINT) AS value_count
FROM repeated_orders
