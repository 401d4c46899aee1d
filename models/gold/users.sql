-- gold_users: one row per visitor, with totals over the visitor's sessions; sessions of bots are left out
-- unless bots: include.
-- grain: visitor_id
-- refresh: visitor of touched_visitors
-- reads: visitor_sessions
SELECT
  CAST(visitor_id AS STRING) AS visitor_id,                       -- user_id of the visitor if it is known, else the anonymous_id, else the session_id
  CAST(count(*) AS BIGINT) AS session_count,                -- sessions of the visitor [sessions]
  CAST(sum(event_count) AS BIGINT) AS event_count,          -- events in those sessions [events]
  CAST(sum(order_count) AS BIGINT) AS order_count,          -- orders of those sessions [orders]
  CAST(money(sum(revenue)) AS DECIMAL(18,2)) AS revenue,    -- revenue of those sessions; capped at 16 digits before the point [units of money.currency]
  CAST(min(started_at) AS TIMESTAMP_LTZ) AS first_seen_at,  -- start of the first session [UTC, microseconds]
  CAST(max(ended_at) AS TIMESTAMP_LTZ) AS last_seen_at,     -- latest end of a session [UTC, microseconds]
  CAST(shop_date(min(started_at)) AS DATE) AS first_seen_date,  -- date of first_seen_at, in the time zone of the shop
  CAST(min_by(channel, event_order(started_at, session_id)) AS STRING) AS first_channel,  -- channel of the first session
  CAST(sum(order_count) > 0 AS BOOLEAN) AS is_buyer         -- at least one order
FROM visitor_sessions
WHERE NOT is_left_out(is_bot)
GROUP BY visitor_id
