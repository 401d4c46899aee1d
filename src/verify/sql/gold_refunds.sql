-- gold_refunds: one row per order and instant of its refund events. The amount is that of the whole order
-- in the events; else price x quantity of their distinct lines, with the order's price for lines without
-- one; else, if they name no product, the whole order. If the purchase is known, refunds count in order of
-- time until the order's revenue is used up, except those in another currency. A converted refund is the
-- difference between the converted running totals of refunds after and before it.
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
    bool_or(l.product_id IS NOT NULL) AS names_product,
    bool_or(l.price_hundredths IS NOT NULL) AS names_price
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
    w.order_id, w.event_micros, f.exchange_rate, f.revenue,
    -- Amounts in another currency than the order's do not count against its revenue.
    coalesce(w.currency <> f.currency AND (w.hundredths IS NOT NULL OR l.names_price), false) AS is_other,
    f.delivery_count = 0 OR is_other AS is_alone,
    CASE WHEN is_other THEN w.currency ELSE coalesce(f.currency, w.currency, s.assumed_currency) END AS currency,
    recount.money(coalesce(
      w.hundredths, l.hundredths, CASE WHEN NOT l.names_product THEN recount.in_hundredths(f.revenue) END, 0
    )) AS amount
  FROM whole AS w
  CROSS JOIN recount.settings AS s
  JOIN said AS l ON l.order_id = w.order_id AND l.event_micros = w.event_micros
  JOIN recount.order_facts AS f ON f.order_id = w.order_id
),
followed AS (
  SELECT
    *,
    CAST(recount.shop_time(event_micros, c.clock) AS DATE) AS refund_date,
    greatest(revenue - so_far + amount, 0) AS left_before,
    greatest(revenue - so_far, 0) AS left_after
  FROM (
    SELECT
      *, sum(CAST(amount AS DECIMAL(28, 2))) OVER (PARTITION BY order_id, is_alone ORDER BY event_micros) AS so_far
    FROM amounts
  ) AS a
  JOIN recount.clocks AS c ON c.utc_date = CAST(make_timestamp(a.event_micros) AS DATE)
)
SELECT
  f.order_id,
  make_timestamp(f.event_micros) AT TIME ZONE 'UTC' AS refunded_at,
  f.refund_date,
  f.currency,
  CASE WHEN f.is_alone THEN f.amount ELSE f.left_before - f.left_after END AS amount,
  CASE
    WHEN f.is_alone THEN recount.reported(recount.in_hundredths(f.amount), r.rate)
    -- Converts the running total of refunds, not the rest of the order, so that rounding applies to refunds.
    ELSE recount.reported(recount.in_hundredths(f.revenue - f.left_after), f.exchange_rate)
      - recount.reported(recount.in_hundredths(f.revenue - f.left_before), f.exchange_rate)
  END AS reported_amount
FROM followed AS f
ASOF LEFT JOIN recount.rates AS r ON r.currency = f.currency AND r.date <= f.refund_date
