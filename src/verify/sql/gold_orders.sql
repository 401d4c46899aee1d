-- gold_orders: one row per order, in the session of its earliest purchase event. A visitor's first order is
-- the earliest by time, then by the bytes of order_id. The channels are those of the visitor's sessions
-- that began in the 30 days before. Days are counted between dates of the shop: from the visitor's first
-- session, and from the previous order.
WITH sessions AS (
  SELECT visitor_id, epoch_us(started_at) AS micros, session_id, channel FROM recount.gold_sessions
),
-- Of sessions that began at the same instant: the first and the last by the bytes of session_id.
first_of_instant AS (
  SELECT visitor_id, micros, arg_min(channel, session_id) AS channel FROM sessions GROUP BY visitor_id, micros
),
last_of_instant AS (
  SELECT visitor_id, micros, arg_max(channel, session_id) AS channel
  FROM sessions
  WHERE channel <> 'Direct'
  GROUP BY visitor_id, micros
),
placed AS (
  SELECT f.order_id, s.visitor_id, f.ordered_micros AS until, f.ordered_micros - CAST(2592000000000 AS BIGINT) AS since
  FROM recount.order_facts AS f
  JOIN recount.session_events AS e ON e.event_id = f.first_event_id
  JOIN recount.gold_sessions AS s ON s.session_id = e.session_id
),
firsts AS (
  SELECT p.order_id, s.channel
  FROM placed AS p
  ASOF JOIN first_of_instant AS s ON s.visitor_id = p.visitor_id AND s.micros >= p.since
  WHERE s.micros <= p.until
),
lasts AS (
  SELECT p.order_id, s.channel
  FROM placed AS p
  ASOF JOIN last_of_instant AS s ON s.visitor_id = p.visitor_id AND s.micros <= p.until
  WHERE s.micros >= p.since
)
SELECT
  f.order_id, f.first_event_id,
  make_timestamp(f.ordered_micros) AT TIME ZONE 'UTC' AS ordered_at,
  f.order_date,
  e.session_id,
  s.visitor_id,
  f.currency, f.item_count, f.quantity, f.items_value, f.tax, f.shipping, f.discount, f.revenue,
  coalesce(r.refunded, 0) AS refunded,
  f.revenue - coalesce(r.refunded, 0) AS net_revenue,
  f.exchange_rate, f.reported_tax, f.reported_shipping, f.reported_discount, f.reported_revenue,
  CASE WHEN r.order_id IS NULL THEN 0 ELSE r.reported_refunded END AS reported_refunded,
  f.reported_revenue - CASE WHEN r.order_id IS NULL THEN 0 ELSE r.reported_refunded END AS reported_net_revenue,
  s.visitor_id IS NOT NULL
    AND row_number() OVER (PARTITION BY s.visitor_id ORDER BY f.ordered_micros, f.order_id) = 1 AS is_first_order,
  date_diff('day', b.first_date, f.order_date) AS days_since_first_session,
  CASE WHEN s.visitor_id IS NOT NULL THEN date_diff(
    'day', lag(f.order_date) OVER (PARTITION BY s.visitor_id ORDER BY f.ordered_micros, f.order_id), f.order_date
  ) END AS days_since_previous_order,
  c.channel AS first_channel,
  coalesce(l.channel, c.channel) AS last_non_direct_channel,
  f.delivery_count
FROM recount.order_facts AS f
LEFT JOIN recount.session_events AS e ON e.event_id = f.first_event_id
LEFT JOIN recount.gold_sessions AS s ON s.session_id = e.session_id
LEFT JOIN (
  SELECT
    order_id,
    least(
      coalesce(sum(amount) FILTER (f.currency IS NULL OR r.currency = f.currency), 0), 9999999999999999.99
    ) AS refunded,
    CASE WHEN count(*) = count(reported_amount) THEN least(sum(reported_amount), 9999999999999999.99) END
      AS reported_refunded
  FROM recount.gold_refunds AS r
  JOIN recount.order_facts AS f USING (order_id)
  GROUP BY order_id
) AS r ON r.order_id = f.order_id
LEFT JOIN (
  SELECT visitor_id, arg_min(session_date, started_at) AS first_date FROM recount.gold_sessions GROUP BY visitor_id
) AS b ON b.visitor_id = s.visitor_id
LEFT JOIN firsts AS c ON c.order_id = f.order_id
LEFT JOIN lasts AS l ON l.order_id = f.order_id
