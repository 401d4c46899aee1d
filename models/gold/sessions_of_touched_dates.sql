-- sessions_of_touched_dates: all current sessions that start on the touched dates.
-- reads: computed_sessions, relinked_sessions, touched_sessions
-- reads: sessions_on_touched_dates = gold_sessions, only session_date in touched_dates
SELECT
  c.session_date, c.visitor_id, c.source, c.medium, c.campaign, c.channel,
  c.order_count, c.revenue, c.is_bot, c.is_bounce, c.is_engaged, c.has_product_view,
  c.has_add_to_cart, c.has_purchase
FROM computed_sessions AS c
UNION ALL
SELECT
  g.session_date, COALESCE(r.visitor_id, g.visitor_id) AS visitor_id, g.source, g.medium, g.campaign, g.channel,
  g.order_count, g.revenue, g.is_bot, g.is_bounce, g.is_engaged, g.has_product_view,
  g.has_add_to_cart, g.has_purchase
FROM sessions_on_touched_dates AS g
ANTI JOIN touched_sessions AS t ON t.session_id = g.session_id
LEFT JOIN relinked_sessions AS r ON r.session_id = g.session_id
