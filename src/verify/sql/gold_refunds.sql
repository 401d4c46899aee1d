-- gold_refunds: one row per order and instant of its refund events. The amount is what they say of the whole
-- order; else price x quantity of their distinct lines, at the order's price where a line has none; else, if they
-- name no product, the whole order. Where the order's purchase is known, all its refunds together are no more than
-- its revenue: they count in order of time.
WITH lines AS (
  SELECT
    order_id, event_micros, product_id, price_hundredths,
    least(max(quantity), 2147483647) AS quantity
  FROM (
    SELECT
      order_id, event_micros, product_id, price_hundredths,
      sum(abs(CAST(coalesce(quantity, 1) AS BIGINT))) AS quantity
    FROM recount.purchase_lines
    WHERE is_refund
    GROUP BY event_id, order_id, event_micros, product_id, price_hundredths
  )
  GROUP BY order_id, event_micros, product_id, price_hundredths
),
said AS (
  SELECT
    l.order_id, l.event_micros,
    sum(abs(CAST(coalesce(l.price_hundredths, (
      SELECT max(p.price_hundredths) FROM recount.order_products AS p
      WHERE p.order_id = l.order_id AND p.product_id = l.product_id
    )) AS HUGEINT) * l.quantity)) AS hundredths,
    bool_or(l.product_id IS NOT NULL) AS names_product
  FROM lines AS l
  GROUP BY l.order_id, l.event_micros
),
whole AS (
  SELECT order_id, event_micros, max(abs(order_value_hundredths)) AS hundredths, min(currency) AS currency
  FROM recount.purchase_lines
  WHERE is_refund
  GROUP BY order_id, event_micros
),
amounts AS (
  SELECT
    w.order_id, w.event_micros, coalesce(f.currency, w.currency) AS currency, f.delivery_count, f.revenue,
    recount.money(coalesce(
      w.hundredths, s.hundredths, CASE WHEN NOT s.names_product THEN CAST(f.revenue * 100 AS HUGEINT) END, 0
    )) AS amount
  FROM whole AS w
  JOIN said AS s ON s.order_id = w.order_id AND s.event_micros = w.event_micros
  JOIN recount.order_facts AS f ON f.order_id = w.order_id
)
SELECT
  order_id,
  make_timestamp(event_micros) AT TIME ZONE 'UTC' AS refunded_at,
  CAST(recount.shop_time(event_micros, c.clock) AS DATE) AS refund_date,
  currency,
  CASE
    WHEN delivery_count = 0 THEN amount
    -- What is left of the order after this refund, and before it.
    ELSE greatest(revenue - so_far + amount, 0) - greatest(revenue - so_far, 0)
  END AS amount
FROM (
  SELECT
    *, sum(CAST(amount AS DECIMAL(28, 2))) OVER (PARTITION BY order_id ORDER BY event_micros) AS so_far
  FROM amounts
) AS a
JOIN recount.clocks AS c ON c.utc_date = CAST(make_timestamp(a.event_micros) AS DATE)
