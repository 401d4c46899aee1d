-- gold_channels: one row per session date, channel, source, medium and campaign; every count but visitors adds up across
-- rows. Sessions of bots are left out unless bots: include.
-- grain: session_date, channel, source, medium, campaign
-- refresh: date on touched_dates
-- reads: sessions_of_touched_dates
SELECT
  CAST(session_date AS DATE) AS session_date,                                     -- date on which the sessions started, in the time zone of the shop
  CAST(channel AS STRING) AS channel,                                             -- channel of the sessions
  CAST(source AS STRING) AS source,                                               -- source of the sessions
  CAST(medium AS STRING) AS medium,                                               -- medium of the sessions
  CAST(campaign AS STRING) AS campaign,                                           -- campaign of the sessions; null: none
  CAST(count(*) AS BIGINT) AS sessions,                                           -- sessions that started on the date [sessions]
  CAST(count(DISTINCT visitor_id) AS BIGINT) AS visitors,                         -- distinct visitors of those sessions; does not add up across rows [visitors]
  CAST(count(CASE WHEN is_engaged THEN 1 END) AS BIGINT) AS engaged_sessions,     -- of those sessions, engaged ones [sessions]
  CAST(count(CASE WHEN is_bounce THEN 1 END) AS BIGINT) AS bounces,               -- of those sessions, those with a single event [sessions]
  CAST(count(CASE WHEN has_purchase THEN 1 END) AS BIGINT) AS sessions_with_purchase,  -- of those sessions, those with an order [sessions]
  CAST(sum(order_count) AS BIGINT) AS orders,                                     -- orders of those sessions [orders]
  CAST(money(sum(revenue)) AS DECIMAL(18,2)) AS revenue                           -- revenue of those orders, before refunds, as sent if money.currency is not set; capped at 16 digits before the point [units of money.currency]
FROM sessions_of_touched_dates
WHERE NOT is_left_out(is_bot)
GROUP BY session_date, channel, source, medium, campaign
