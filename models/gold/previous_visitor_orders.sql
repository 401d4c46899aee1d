-- previous_visitor_orders: the orders of the touched visitors as they are in Gold before this run. An order has
-- the visitor of its session, so the orders of all touched and relinked sessions are among them.
-- reads: touched_visitors
-- reads: orders_near_touched_visitors = gold_orders, only visitor_id in touched_visitors
-- result: kept
-- in full: view
SELECT
  g.order_id, g.first_event_id, g.ordered_at, g.order_date, g.session_id, g.visitor_id, g.currency,
  g.item_count, g.quantity, g.items_value, g.tax, g.shipping, g.discount, g.revenue,
  g.refunded, g.net_revenue, g.exchange_rate, g.reported_revenue, g.reported_refunded, g.delivery_count,
  g.is_first_order, g.first_channel, g.last_non_direct_channel, g.days_since_first_session,
  g.days_since_previous_order, g.reported_net_revenue
FROM orders_near_touched_visitors AS g
WHERE g.visitor_id IN (SELECT v.visitor_id FROM touched_visitors AS v)
