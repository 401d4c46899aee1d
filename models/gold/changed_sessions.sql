-- changed_sessions: the touched sessions as they are now (change 1) and as they were before this run (change -1).
-- Added to the counts of before, they give those of now.
-- reads: computed_sessions, previous_sessions
SELECT
  1 AS change, session_date, device, country, source, medium, campaign, channel, order_count, revenue, is_bot,
  is_bounce, is_engaged, has_product_view, has_add_to_cart, has_purchase, funnel_step
FROM computed_sessions
UNION ALL
SELECT
  -1 AS change, session_date, device, country, source, medium, campaign, channel, order_count, revenue, is_bot,
  is_bounce, is_engaged, has_product_view, has_add_to_cart, has_purchase, funnel_step
FROM previous_sessions
