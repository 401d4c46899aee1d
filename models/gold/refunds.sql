-- gold_refunds: one row per refund of an order: what the refund events of one instant say.
-- grain: order_id, refunded_at
-- refresh: order of touched_orders
-- reads: order_lines, order_products, order_totals, order_rates
WITH said AS (
  SELECT
    order_id, event_id, event_timestamp, product_id, price,
    sum(abs(CAST(COALESCE(quantity, 1) AS BIGINT))) AS quantity
  FROM order_lines
  WHERE is_refund
  GROUP BY order_id, event_id, event_timestamp, product_id, price
),
-- As of an order: a set of lines, so that one event per line adds up and a repeated delivery adds nothing.
lines AS (
  SELECT order_id, event_timestamp, product_id, price, limited_quantity(max(quantity)) AS quantity
  FROM said
  GROUP BY order_id, event_timestamp, product_id, price
),
prices AS (
  SELECT order_id, product_id, max(price) AS price
  FROM order_products
  WHERE product_id IS NOT NULL
  GROUP BY order_id, product_id
),
priced AS (
  SELECT
    l.order_id, l.event_timestamp,
    -- A line without a price is refunded at the order's; without a product it stands for the whole order.
    sum(abs(paid(COALESCE(l.price, p.price), l.quantity))) AS lines_value,
    count(l.product_id) AS product_count
  FROM lines AS l
  LEFT JOIN prices AS p ON p.order_id = l.order_id AND p.product_id = l.product_id
  GROUP BY l.order_id, l.event_timestamp
),
events AS (
  SELECT
    order_id, event_timestamp, max(abs(order_value)) AS order_value, min(COALESCE(currency, assumed_currency())) AS currency
  FROM order_lines
  WHERE is_refund
  GROUP BY order_id, event_timestamp
),
amounts AS (
  SELECT
    e.order_id, e.event_timestamp, COALESCE(t.currency, e.currency) AS currency, t.exchange_rate, t.delivery_count,
    t.revenue,
    money(COALESCE(e.order_value, p.lines_value, CASE WHEN p.product_count = 0 THEN t.revenue END)) AS amount
  FROM events AS e
  JOIN priced AS p ON p.order_id = e.order_id AND p.event_timestamp = e.event_timestamp
  JOIN order_totals AS t ON t.order_id = e.order_id
),
followed AS (
  SELECT
    order_id, event_timestamp, currency, exchange_rate, delivery_count, revenue, amount,
    COALESCE(sum(CAST(amount AS DECIMAL(28,2))) OVER (
      PARTITION BY order_id ORDER BY event_timestamp ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS refunded_before
  FROM amounts
),
counted AS (
  SELECT
    order_id, event_timestamp, currency, exchange_rate, delivery_count,
    CASE WHEN delivery_count = 0 THEN 0.00
      ELSE money(greatest(0, least(refunded_before, revenue))) END AS counted_before,
    CASE WHEN delivery_count = 0 THEN amount
      ELSE money(greatest(0, least(amount, revenue - refunded_before))) END AS amount
  FROM followed
),
-- What all refunds until this one come to, less those before it: so a whole order comes to its reported revenue, to
-- the cent.
converted AS (
  SELECT
    c.order_id, c.event_timestamp, c.currency, c.amount,
    CASE WHEN c.delivery_count = 0 THEN reported(c.amount, r.rate)
      ELSE reported(money(c.counted_before + c.amount), c.exchange_rate) - reported(c.counted_before, c.exchange_rate)
      END AS reported_amount
  FROM counted AS c
  LEFT JOIN order_rates AS r ON r.currency = c.currency AND r.date = shop_date(c.event_timestamp)
)
SELECT
  CAST(order_id AS STRING) AS order_id,                          -- the order, as in gold_orders
  CAST(event_timestamp AS TIMESTAMP_LTZ) AS refunded_at,         -- time of the refund events [UTC, microseconds]
  CAST(shop_date(event_timestamp) AS DATE) AS refund_date,       -- date of refunded_at, in the time zone of the shop
  CAST(currency AS STRING) AS currency,                          -- currency of the order, else of the refund, else money.assume; null: unknown
  CAST(amount AS DECIMAL(18,2)) AS amount,                       -- what the events say, else price x quantity of their lines, else the whole order; together no more than the order's revenue, where its purchase is known [units of currency]
  CAST(reported_amount AS DECIMAL(18,2)) AS reported_amount      -- amount in money.currency, by the rate of the order's day, else of the refund's; as sent where it is not set [units of money.currency]; null: no rate
FROM converted
