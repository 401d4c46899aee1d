-- Every session of the touched users as it is now, with the number it had so far (null: none).
SELECT
  c.session_id, c.session_date, c.user_id, c.device, c.country, c.started_at, c.ended_at, c.duration_seconds,
  c.event_count, c.page_view_count, c.product_view_count, c.add_to_cart_count, c.checkout_count,
  c.purchase_count, c.product_count, c.revenue, c.is_bounce, c.has_product_view, c.has_add_to_cart,
  c.has_purchase, c.is_cart_abandoned, c.funnel_step,
  CAST(NULL AS INT) AS previous_number
FROM computed_sessions AS c
UNION ALL
SELECT
  g.session_id, g.session_date, g.user_id, g.device, g.country, g.started_at, g.ended_at, g.duration_seconds,
  g.event_count, g.page_view_count, g.product_view_count, g.add_to_cart_count, g.checkout_count,
  g.purchase_count, g.product_count, g.revenue, g.is_bounce, g.has_product_view, g.has_add_to_cart,
  g.has_purchase, g.is_cart_abandoned, g.funnel_step,
  g.session_number AS previous_number
FROM gold_sessions AS g
WHERE g.user_id IN (SELECT u.user_id FROM touched_users AS u)
  AND NOT EXISTS (SELECT 1 FROM touched_sessions AS t WHERE t.session_id = g.session_id)
