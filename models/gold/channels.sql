-- gold_channels: one row per session date, channel, source, medium and campaign; every count but visitors adds up across
-- rows. Sessions of bots are left out unless bots: include.
-- grain: session_date, channel, source, medium, campaign
-- refresh: date on touched_dates
-- reads: changed_sessions, sessions_before_and_after
-- reads: channels_on_touched_dates = gold_channels, only session_date in touched_dates
WITH visitors AS (
  SELECT
    session_date, channel, source, medium, campaign,
    max(CASE WHEN is_after THEN 1 ELSE 0 END) - max(CASE WHEN is_before THEN 1 ELSE 0 END) AS change
  FROM sessions_before_and_after
  WHERE NOT is_left_out(is_bot)
  GROUP BY session_date, channel, source, medium, campaign, visitor_id
),
counts AS (
  SELECT
    session_date, channel, source, medium, campaign,
    sessions, visitors, engaged_sessions, bounces, sessions_with_purchase, orders, CAST(revenue AS DECIMAL(28,2)) AS revenue
  FROM channels_on_touched_dates
  UNION ALL
  SELECT
    session_date, channel, source, medium, campaign,
    change AS sessions, 0 AS visitors,
    CASE WHEN is_engaged THEN change ELSE 0 END AS engaged_sessions,
    CASE WHEN is_bounce THEN change ELSE 0 END AS bounces,
    CASE WHEN has_purchase THEN change ELSE 0 END AS sessions_with_purchase,
    change * order_count AS orders, CAST(change * revenue AS DECIMAL(28,2)) AS revenue
  FROM changed_sessions
  WHERE NOT is_left_out(is_bot)
  UNION ALL
  SELECT
    session_date, channel, source, medium, campaign,
    0 AS sessions, change AS visitors, 0 AS engaged_sessions, 0 AS bounces, 0 AS sessions_with_purchase, 0 AS orders,
    CAST(0 AS DECIMAL(28,2)) AS revenue
  FROM visitors
  WHERE change <> 0
)
SELECT
  CAST(session_date AS DATE) AS session_date,                                     -- date on which the sessions started, in the time zone of the shop
  CAST(channel AS STRING) AS channel,                                             -- channel of the sessions
  CAST(source AS STRING) AS source,                                               -- source of the sessions
  CAST(medium AS STRING) AS medium,                                               -- medium of the sessions
  CAST(campaign AS STRING) AS campaign,                                           -- campaign of the sessions; null: none
  CAST(sum(sessions) AS BIGINT) AS sessions,                                      -- sessions that started on the date [sessions]
  CAST(sum(visitors) AS BIGINT) AS visitors,                                      -- distinct visitors of those sessions; does not add up across rows [visitors]
  CAST(sum(engaged_sessions) AS BIGINT) AS engaged_sessions,                      -- of those sessions, engaged ones [sessions]
  CAST(sum(bounces) AS BIGINT) AS bounces,                                        -- of those sessions, those with a single event [sessions]
  CAST(sum(sessions_with_purchase) AS BIGINT) AS sessions_with_purchase,          -- of those sessions, those with an order [sessions]
  CAST(sum(orders) AS BIGINT) AS orders,                                          -- orders of those sessions [orders]
  CAST(money(sum(revenue)) AS DECIMAL(18,2)) AS revenue                           -- revenue of those orders, before refunds, as sent if money.currency is not set; capped at 16 digits before the point [units of money.currency]
FROM counts
GROUP BY session_date, channel, source, medium, campaign
HAVING sum(sessions) > 0
