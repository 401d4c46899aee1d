-- The sessions of the dates concerned as they are now.
SELECT
  c.session_id, c.session_date, c.user_id, c.device, c.country, c.is_bounce, c.has_product_view,
  c.has_add_to_cart, c.has_purchase, c.funnel_step
FROM computed_sessions AS c
UNION ALL
SELECT
  g.session_id, g.session_date, g.user_id, g.device, g.country, g.is_bounce, g.has_product_view,
  g.has_add_to_cart, g.has_purchase, g.funnel_step
FROM dated_sessions AS g
ANTI JOIN touched_sessions AS t ON t.session_id = g.session_id
