-- gold_orders: one row per order, in the session of its earliest purchase event; a visitor's first order is the
-- earliest, by time, then by the bytes of order_id.
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
  f.delivery_count
FROM recount.order_facts AS f
LEFT JOIN recount.session_events AS e ON e.event_id = f.first_event_id
LEFT JOIN recount.gold_sessions AS s ON s.session_id = e.session_id
LEFT JOIN (
  SELECT
    order_id, least(sum(amount), 9999999999999999.99) AS refunded,
    -- A null stays one: least() would pass it over.
    CASE WHEN count(reported_amount) > 0 THEN least(sum(reported_amount), 9999999999999999.99) END AS reported_refunded
  FROM recount.gold_refunds
  GROUP BY order_id
) AS r ON r.order_id = f.order_id
