-- gold_event_metrics: one row per date, event type, device and country of the events.
-- grain: date, event_type, device, country
-- refresh: date on new_event_dates
-- reads: events_to_count, bot_agents
WITH events AS (
  SELECT
    shop_date(e.event_timestamp) AS date, e.event_type, e.device, e.country,
    b.user_agent AS bot_agent
  FROM events_to_count AS e
  LEFT JOIN bot_agents AS b ON b.user_agent = e.user_agent
)
SELECT
  CAST(date AS DATE) AS date,                              -- date of the events, in the time zone of the shop
  CAST(event_type AS STRING) AS event_type,                -- type of the events
  CAST(device AS STRING) AS device,                        -- device of the events; null: not sent
  CAST(country AS STRING) AS country,                      -- country of the events; null: not sent
  CAST(count(CASE WHEN NOT is_left_out(bot_agent IS NOT NULL) THEN 1 END)
    AS BIGINT) AS event_count,                             -- events of this type, device and country, without those of bots unless bots: include [events]
  CAST(count(bot_agent) AS BIGINT) AS bot_event_count      -- events whose own user agent is that of a bot [events]
FROM events
GROUP BY date, event_type, device, country
