-- gold_channels: one row per date, channel, source, medium and campaign of sessions. Sessions of bots count
-- only if the settings say so.
SELECT
  session_date, channel, source, medium, campaign,
  count(*) AS sessions,
  count(DISTINCT visitor_id) AS visitors,
  count(*) FILTER (is_engaged) AS engaged_sessions,
  count(*) FILTER (is_bounce) AS bounces,
  count(*) FILTER (order_count > 0) AS sessions_with_purchase,
  sum(order_count) AS orders,
  least(greatest(sum(revenue), -9999999999999999.99), 9999999999999999.99) AS revenue
FROM recount.gold_sessions
CROSS JOIN recount.settings
WHERE NOT (is_bot AND are_bots_left_out)
GROUP BY ALL
