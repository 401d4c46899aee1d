-- order_totals: the touched orders without refunds, session and visitor. Amounts of a whole order come from its
-- earliest purchase event.
-- reads: order_lines, first_purchases, order_products, order_rates
-- result: kept
WITH products AS (
  SELECT
    order_id,
    count(*) AS item_count,
    sum(CAST(quantity AS BIGINT)) AS quantity,
    money(sum(paid(price, quantity))) AS items_value
  FROM order_products
  GROUP BY order_id
),
orders AS (
  SELECT DISTINCT order_id FROM order_lines
)
SELECT
  o.order_id,
  n.event_id AS first_event_id,
  n.event_timestamp AS ordered_at,
  n.currency,
  CAST(COALESCE(p.item_count, 0) AS BIGINT) AS item_count,
  CAST(COALESCE(p.quantity, 0) AS BIGINT) AS quantity,
  money(p.items_value) AS items_value,
  n.tax,
  n.shipping,
  n.discount,
  money(COALESCE(n.order_value, p.items_value)) AS revenue,
  r.rate AS exchange_rate,
  CASE WHEN n.event_id IS NULL THEN 0.00
    ELSE reported(money(COALESCE(n.order_value, p.items_value)), r.rate) END AS reported_revenue,
  CAST(COALESCE(n.delivery_count, 0) AS BIGINT) AS delivery_count
FROM orders AS o
LEFT JOIN first_purchases AS n ON n.order_id = o.order_id
LEFT JOIN products AS p ON p.order_id = o.order_id
LEFT JOIN order_rates AS r ON r.currency = n.currency AND r.date = shop_date(n.event_timestamp)
