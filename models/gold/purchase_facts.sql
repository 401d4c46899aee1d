-- purchase_facts: facts about the orders and refunds of this run: their currencies, orders without a rate,
-- orders whose events name several currencies, and order ids that may not stand for an order, because they have
-- very many purchase events, or are a placeholder that programs write if there is no id.
-- reads: rows_for_gold_orders, rows_for_gold_refunds, order_lines
-- result: counts
WITH amounts AS (
  SELECT order_id, currency, reported_revenue AS reported
  FROM rows_for_gold_orders
  WHERE delivery_count > 0
  UNION ALL
  SELECT order_id, currency, reported_amount AS reported
  FROM rows_for_gold_refunds
),
currencies AS (
  SELECT currency, count(DISTINCT order_id) AS order_count, count(*) OVER () AS currency_count
  FROM amounts
  WHERE currency IS NOT NULL
  GROUP BY currency
  ORDER BY order_count DESC, currency
  LIMIT 10
),
unconverted AS (
  SELECT currency, count(DISTINCT order_id) AS order_count
  FROM amounts
  WHERE reported IS NULL
  GROUP BY currency
  ORDER BY order_count DESC, currency
  LIMIT 10
),
mixed AS (
  SELECT order_id
  FROM order_lines
  WHERE currency IS NOT NULL
  GROUP BY order_id
  HAVING count(DISTINCT currency) > 1
),
suspicious AS (
  SELECT order_id, delivery_count
  FROM rows_for_gold_orders
  WHERE is_suspicious_order(order_id, delivery_count)
  ORDER BY delivery_count DESC, order_id
  LIMIT 10
)
SELECT
  'currency' AS fact,                                -- what the row counts
  currency AS value,                                 -- the currency
  CAST(order_count AS BIGINT) AS fact_count,         -- orders in it [orders]
  CAST(currency_count AS BIGINT) AS value_count      -- number of all currencies, including those beyond the ten most frequent [currencies]
FROM currencies
UNION ALL
SELECT
  'unconverted' AS fact,
  currency AS value,
  CAST(order_count AS BIGINT) AS fact_count,         -- orders without a rate [orders]
  CAST(NULL AS BIGINT) AS value_count
FROM unconverted
UNION ALL
SELECT
  'mixed order' AS fact,
  min(order_id) AS value,
  CAST(count(*) AS BIGINT) AS fact_count,            -- orders whose events name several currencies [orders]
  CAST(NULL AS BIGINT) AS value_count
FROM mixed
HAVING count(*) > 0
UNION ALL
SELECT
  'suspicious order' AS fact,
  order_id AS value,
  CAST(delivery_count AS BIGINT) AS fact_count,      -- purchase events received for the order [events]
  CAST(NULL AS BIGINT) AS value_count
FROM suspicious
