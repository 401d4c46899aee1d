-- gold_orders: one row per order. Holds the orders that are new or have changed, even if only in being their
-- visitor's first, or in the earlier sessions and orders of their visitor.
-- grain: order_id
-- refresh: order
-- reads: changed_orders, previous_visitor_orders, visitor_sessions
WITH known AS (
  SELECT
    c.order_id, c.first_event_id, c.ordered_at, c.order_date, c.session_id, c.visitor_id, c.currency,
    c.item_count, c.quantity, c.items_value, c.tax, c.shipping, c.discount, c.revenue,
    c.refunded, c.net_revenue, c.exchange_rate, c.reported_revenue, c.reported_refunded, c.delivery_count, CAST(NULL AS BOOLEAN) AS was_first_order,
    CAST(NULL AS STRING) AS first_channel_so_far, CAST(NULL AS STRING) AS last_channel_so_far,
    CAST(NULL AS INT) AS days_since_session_so_far, CAST(NULL AS INT) AS days_since_order_so_far, true AS is_changed
  FROM changed_orders AS c
  UNION ALL
  SELECT
    g.order_id, g.first_event_id, g.ordered_at, g.order_date, g.session_id, g.visitor_id, g.currency,
    g.item_count, g.quantity, g.items_value, g.tax, g.shipping, g.discount, g.revenue,
    g.refunded, g.net_revenue, g.exchange_rate, g.reported_revenue, g.reported_refunded, g.delivery_count, g.is_first_order AS was_first_order,
    g.first_channel AS first_channel_so_far, g.last_non_direct_channel AS last_channel_so_far,
    g.days_since_first_session AS days_since_session_so_far, g.days_since_previous_order AS days_since_order_so_far,
    false AS is_changed
  FROM previous_visitor_orders AS g
  ANTI JOIN changed_orders AS c ON c.order_id = g.order_id
),
visitors AS (
  SELECT visitor_id, min(started_at) AS first_started_at, min(channel) AS any_channel, count(*) AS session_count
  FROM visitor_sessions
  WHERE visitor_id IN (SELECT k.visitor_id FROM known AS k)
  GROUP BY visitor_id
),
numbered AS (
  SELECT
    order_id, visitor_id, order_date,
    lag(order_date) OVER (PARTITION BY visitor_id ORDER BY ordered_at, order_id) AS previous_order_date
  FROM known
  WHERE visitor_id IS NOT NULL
),
timed AS (
  SELECT
    n.order_id,
    n.previous_order_date IS NULL AS is_first_order,
    days_between(shop_date(v.first_started_at), n.order_date) AS days_since_first_session,
    days_between(n.previous_order_date, n.order_date) AS days_since_previous_order
  FROM numbered AS n
  LEFT JOIN visitors AS v ON v.visitor_id = n.visitor_id
),
-- Sessions and orders of each visitor are sorted together by time. A join by time range would compare every
-- order of a visitor with every session. Most visitors have one session, which needs no sorting.
returning_visitors AS (
  SELECT visitor_id FROM visitors WHERE session_count > 1
),
timeline AS (
  SELECT visitor_id, unix_micros(started_at) AS micros, session_id, channel, CAST(NULL AS STRING) AS order_id
  FROM visitor_sessions
  WHERE visitor_id IN (SELECT r.visitor_id FROM returning_visitors AS r)
  UNION ALL
  SELECT
    visitor_id, unix_micros(ordered_at) AS micros, CAST(NULL AS STRING) AS session_id, CAST(NULL AS STRING) AS channel,
    order_id
  FROM known
  WHERE visitor_id IN (SELECT r.visitor_id FROM returning_visitors AS r)
),
framed AS (
  SELECT
    order_id,
    min(CASE WHEN session_id IS NOT NULL THEN session_mark(micros, session_id, channel) END) OVER (
      PARTITION BY visitor_id ORDER BY micros RANGE BETWEEN 2592000000000 PRECEDING AND CURRENT ROW
    ) AS first_session,
    max(CASE WHEN channel <> 'Direct' THEN session_mark(micros, session_id, channel) END) OVER (
      PARTITION BY visitor_id ORDER BY micros RANGE BETWEEN 2592000000000 PRECEDING AND CURRENT ROW
    ) AS last_session
  FROM timeline
),
attributed AS (
  SELECT
    order_id, first_session.channel AS first_channel,
    COALESCE(last_session.channel, first_session.channel) AS last_non_direct_channel
  FROM framed
  WHERE order_id IS NOT NULL
  UNION ALL
  SELECT k.order_id, v.any_channel AS first_channel, v.any_channel AS last_non_direct_channel
  FROM known AS k
  JOIN visitors AS v ON v.visitor_id = k.visitor_id
  WHERE v.session_count = 1
    AND unix_micros(k.ordered_at) - unix_micros(v.first_started_at) BETWEEN 0 AND 2592000000000
)
SELECT
  CAST(n.order_id AS STRING) AS order_id,                  -- the order's id, as the shop names it; if no id was sent: event_id= and the purchase's event_id
  CAST(first_event_id AS STRING) AS first_event_id,      -- event_id of its earliest purchase event (by event_timestamp, then event_id); null: only refunds are known
  CAST(ordered_at AS TIMESTAMP_LTZ) AS ordered_at,       -- time of that event [UTC, microseconds]; null: only refunds are known
  CAST(order_date AS DATE) AS order_date,                -- date of ordered_at, in the time zone of the shop; null: only refunds are known
  CAST(session_id AS STRING) AS session_id,              -- session of that event; null: only refunds are known
  CAST(visitor_id AS STRING) AS visitor_id,              -- visitor of that session; null: only refunds are known
  CAST(currency AS STRING) AS currency,                  -- currency of that event, in capitals, else money.assume; null: unknown
  CAST(item_count AS BIGINT) AS item_count,              -- number of distinct lines (product and price) in its purchase events [lines]
  CAST(quantity AS BIGINT) AS quantity,                  -- pieces: for each line the largest quantity in one event [pieces]
  CAST(items_value AS DECIMAL(18,2)) AS items_value,     -- price x quantity of its lines; a missing price counts 0; capped at 16 digits before the point [units of currency]
  CAST(tax AS DECIMAL(18,2)) AS tax,                     -- tax as sent with that event [units of currency]; null: not sent
  CAST(shipping AS DECIMAL(18,2)) AS shipping,           -- shipping as sent with that event [units of currency]; null: not sent
  CAST(discount AS DECIMAL(18,2)) AS discount,           -- discount as sent with that event [units of currency]; null: not sent
  CAST(revenue AS DECIMAL(18,2)) AS revenue,             -- order_value as sent with that event, else items_value [units of currency]
  CAST(refunded AS DECIMAL(18,2)) AS refunded,           -- sum of its refunds in gold_refunds in the same currency [units of currency]
  CAST(net_revenue AS DECIMAL(18,2)) AS net_revenue,     -- revenue minus refunded [units of currency]
  CAST(exchange_rate AS DECIMAL(18,10)) AS exchange_rate,  -- value of one unit of currency on order_date [units of money.currency]; null: no rate, or money.currency is not set
  CAST(reported(tax, exchange_rate) AS DECIMAL(18,2)) AS reported_tax,            -- tax in money.currency, as sent if it is not set [units of money.currency]; null: no rate
  CAST(reported(shipping, exchange_rate) AS DECIMAL(18,2)) AS reported_shipping,  -- shipping in money.currency, as sent if it is not set [units of money.currency]; null: no rate
  CAST(reported(discount, exchange_rate) AS DECIMAL(18,2)) AS reported_discount,  -- discount in money.currency, as sent if it is not set [units of money.currency]; null: no rate
  CAST(reported_revenue AS DECIMAL(18,2)) AS reported_revenue,    -- revenue in money.currency, as sent if it is not set [units of money.currency]; null: no rate
  CAST(reported_refunded AS DECIMAL(18,2)) AS reported_refunded,                  -- sum of reported_amount of its refunds [units of money.currency]; null: no rate for one of them
  CAST(CASE WHEN reported_revenue IS NOT NULL AND reported_refunded IS NOT NULL
    THEN money(reported_revenue - reported_refunded) END AS DECIMAL(18,2)) AS reported_net_revenue,  -- reported_revenue minus reported_refunded [units of money.currency]; null: no rate
  CAST(COALESCE(t.is_first_order, false) AS BOOLEAN) AS is_first_order,  -- true for the visitor's first order, by ordered_at, then order_id
  CAST(days_since_first_session AS INT) AS days_since_first_session,    -- days from the date of the visitor's first session to order_date; for a first order, the time to purchase [days]; null: only refunds are known
  CAST(days_since_previous_order AS INT) AS days_since_previous_order,  -- days from the date of the visitor's previous order to order_date [days]; null: it is the first
  CAST(a.first_channel AS STRING) AS first_channel,      -- channel of the visitor's first session in the 30 days before ordered_at; null: no such session
  CAST(a.last_non_direct_channel AS STRING) AS last_non_direct_channel,  -- channel of the last of those sessions that is not Direct, else Direct; null: no such session
  CAST(delivery_count AS BIGINT) AS delivery_count       -- purchase events received for the order [events]
FROM known AS n
LEFT JOIN timed AS t ON t.order_id = n.order_id
LEFT JOIN attributed AS a ON a.order_id = n.order_id
WHERE n.is_changed OR n.was_first_order <> COALESCE(t.is_first_order, false)
  OR COALESCE(n.first_channel_so_far, '') <> COALESCE(a.first_channel, '')
  OR COALESCE(n.last_channel_so_far, '') <> COALESCE(a.last_non_direct_channel, '')
  OR COALESCE(CAST(n.days_since_session_so_far AS STRING), '') <> COALESCE(CAST(t.days_since_first_session AS STRING), '')
  OR COALESCE(CAST(n.days_since_order_so_far AS STRING), '') <> COALESCE(CAST(t.days_since_previous_order AS STRING), '')
