-- changed_orders: the orders that are recomputed, and those whose session or visitor has changed. Whether an
-- order is its visitor's first is added later.
-- reads: order_totals, session_orders, computed_sessions, relinked_sessions, touched_orders
-- reads: rows_for_gold_refunds, previous_visitor_orders
-- result: kept
WITH refunded AS (
  SELECT
    r.order_id,
    sum(CASE WHEN NOT is_other_currency(r.currency, t.currency) THEN r.amount END) AS refunded,
    CASE WHEN count(*) = count(r.reported_amount) THEN sum(r.reported_amount) END AS reported_refunded
  FROM rows_for_gold_refunds AS r
  JOIN order_totals AS t ON t.order_id = r.order_id
  GROUP BY r.order_id
)
SELECT
  t.order_id, t.first_event_id, t.ordered_at, shop_date(t.ordered_at) AS order_date, s.session_id, c.visitor_id, t.currency,
  t.item_count, t.quantity, t.items_value, t.tax, t.shipping, t.discount, t.revenue,
  money(r.refunded) AS refunded, money(t.revenue - COALESCE(r.refunded, 0)) AS net_revenue,
  t.exchange_rate, t.reported_revenue,
  CASE WHEN r.order_id IS NULL THEN 0.00 WHEN r.reported_refunded IS NOT NULL THEN money(r.reported_refunded) END AS reported_refunded,
  t.delivery_count
FROM order_totals AS t
LEFT JOIN refunded AS r ON r.order_id = t.order_id
LEFT JOIN session_orders AS s ON s.order_id = t.order_id
LEFT JOIN computed_sessions AS c ON c.session_id = s.session_id
UNION ALL
SELECT
  g.order_id, g.first_event_id, g.ordered_at, g.order_date, s.session_id, c.visitor_id, g.currency,
  g.item_count, g.quantity, g.items_value, g.tax, g.shipping, g.discount, g.revenue,
  g.refunded, g.net_revenue, g.exchange_rate, g.reported_revenue, g.reported_refunded, g.delivery_count
FROM previous_visitor_orders AS g
JOIN session_orders AS s ON s.order_id = g.order_id
JOIN computed_sessions AS c ON c.session_id = s.session_id
WHERE NOT s.is_touched
UNION ALL
SELECT
  g.order_id, g.first_event_id, g.ordered_at, g.order_date, g.session_id, r.visitor_id, g.currency,
  g.item_count, g.quantity, g.items_value, g.tax, g.shipping, g.discount, g.revenue,
  g.refunded, g.net_revenue, g.exchange_rate, g.reported_revenue, g.reported_refunded, g.delivery_count
FROM previous_visitor_orders AS g
JOIN relinked_sessions AS r ON r.session_id = g.session_id
ANTI JOIN touched_orders AS t ON t.order_id = g.order_id
