-- gold_refunds: one row per refund of an order; the refund events of one instant make one refund.
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
-- Distinct lines, as for orders: events with one line each add up, and a repeated delivery adds nothing.
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
    -- A line without a price is refunded at the order's price. A line without a product stands for the whole
    -- order.
    sum(abs(paid(COALESCE(l.price, p.price), l.quantity))) AS lines_value,
    count(l.price) AS price_count,
    count(l.product_id) AS product_count
  FROM lines AS l
  LEFT JOIN prices AS p ON p.order_id = l.order_id AND p.product_id = l.product_id
  GROUP BY l.order_id, l.event_timestamp
),
events AS (
  SELECT
    order_id, event_timestamp, max(abs(order_value)) AS order_value, min(currency) AS sent_currency
  FROM order_lines
  WHERE is_refund
  GROUP BY order_id, event_timestamp
),
-- A refund is limited to its order's revenue, unless the purchase is unknown or in another currency.
placed AS (
  SELECT
    e.order_id, e.event_timestamp, e.order_value, e.sent_currency, p.lines_value, p.product_count,
    is_other_currency(e.sent_currency, t.currency) AND (e.order_value IS NOT NULL OR p.price_count > 0) AS is_other,
    t.currency AS order_currency, t.exchange_rate, t.delivery_count, t.revenue
  FROM events AS e
  JOIN priced AS p ON p.order_id = e.order_id AND p.event_timestamp = e.event_timestamp
  JOIN order_totals AS t ON t.order_id = e.order_id
),
amounts AS (
  SELECT
    order_id, event_timestamp, exchange_rate, revenue,
    CASE WHEN is_other THEN sent_currency ELSE COALESCE(order_currency, sent_currency, assumed_currency()) END AS currency,
    delivery_count > 0 AND NOT is_other AS is_part,
    money(COALESCE(order_value, lines_value, CASE WHEN product_count = 0 THEN revenue END)) AS amount
  FROM placed
),
followed AS (
  SELECT
    order_id, event_timestamp, currency, exchange_rate, is_part, revenue, amount,
    COALESCE(sum(CAST(amount AS DECIMAL(28,2))) OVER (
      PARTITION BY order_id, is_part ORDER BY event_timestamp ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0) AS refunded_before
  FROM amounts
),
counted AS (
  SELECT
    order_id, event_timestamp, currency, exchange_rate, is_part,
    CASE WHEN is_part THEN money(greatest(0, least(refunded_before, revenue))) ELSE 0.00 END AS counted_before,
    CASE WHEN is_part THEN money(greatest(0, least(amount, revenue - refunded_before))) ELSE amount END AS amount
  FROM followed
),
-- The converted total of all refunds up to this one, minus that of the earlier ones. So refunding a whole order
-- gives exactly its reported revenue.
converted AS (
  SELECT
    c.order_id, c.event_timestamp, c.currency, c.amount,
    CASE WHEN c.is_part
      THEN reported(money(c.counted_before + c.amount), c.exchange_rate) - reported(c.counted_before, c.exchange_rate)
      ELSE reported(c.amount, r.rate) END AS reported_amount
  FROM counted AS c
  LEFT JOIN order_rates AS r ON r.currency = c.currency AND r.date = shop_date(c.event_timestamp)
)
SELECT
  CAST(order_id AS STRING) AS order_id,                          -- the order, as in gold_orders
  CAST(event_timestamp AS TIMESTAMP_LTZ) AS refunded_at,         -- time of the refund events [UTC, microseconds]
  CAST(shop_date(event_timestamp) AS DATE) AS refund_date,       -- date of refunded_at, in the time zone of the shop
  CAST(currency AS STRING) AS currency,                          -- currency of the order, or that of the refund if it differs; else money.assume; null: unknown
  CAST(amount AS DECIMAL(18,2)) AS amount,                       -- amount in the events, else price x quantity of their lines, else the whole order; the sum per order is capped at the order's revenue, if its purchase is known and in the same currency [units of currency]
  CAST(reported_amount AS DECIMAL(18,2)) AS reported_amount      -- amount in money.currency, at the rate of the order's date, else (purchase unknown, or in another currency) of the refund's date; as sent if it is not set [units of money.currency]; null: no rate
FROM converted
