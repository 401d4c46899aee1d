-- gold_funnel: one row per date, device, country and channel of sessions, with the number of sessions that
-- reached each step. Sessions of bots count only if the settings say so.
SELECT
  session_date,
  device,
  country,
  channel,
  count(*) AS sessions,
  count(*) FILTER (funnel_step >= 1) AS reached_product_view,
  count(*) FILTER (funnel_step >= 2) AS reached_add_to_cart,
  CASE WHEN NOT any_value(is_checkout_skipped) THEN count(*) FILTER (funnel_step >= 3) END
    AS reached_checkout,
  count(*) FILTER (funnel_step >= 4) AS reached_purchase
FROM recount.gold_sessions
CROSS JOIN recount.settings
WHERE NOT (is_bot AND are_bots_left_out)
GROUP BY session_date, device, country, channel
