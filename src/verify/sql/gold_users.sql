-- gold_users: one row per visitor, with totals over the visitor's sessions. Sessions of bots count only if
-- the settings say so.
SELECT
  visitor_id,
  count(*) AS session_count,
  sum(event_count) AS event_count,
  sum(order_count) AS order_count,
  least(greatest(sum(revenue), -9999999999999999.99), 9999999999999999.99) AS revenue,
  min(started_at) AS first_seen_at,
  max(ended_at) AS last_seen_at,
  arg_min(session_date, started_at) AS first_seen_date,
  arg_min(channel, (started_at, session_id)) AS first_channel,
  bool_or(has_purchase) AS is_buyer
FROM recount.gold_sessions
CROSS JOIN recount.settings
WHERE NOT (is_bot AND are_bots_left_out)
GROUP BY visitor_id
