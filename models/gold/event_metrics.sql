-- gold_event_metrics: one row per date, event type, device and country of the events.
-- grain: date, event_type, device, country
-- refresh: date on new_event_dates
-- reads: events_on_new_event_dates = silver_events, only event_date in new_event_dates
-- reads: bot_agents
SELECT
  CAST(e.event_date AS DATE) AS date,                      -- UTC date of the events
  CAST(e.event_type AS STRING) AS event_type,              -- type of the events
  CAST(e.device AS STRING) AS device,                      -- device of the events; null: not sent
  CAST(e.country AS STRING) AS country,                    -- country of the events; null: not sent
  CAST(count(CASE WHEN NOT is_left_out(b.user_agent IS NOT NULL) THEN 1 END)
    AS BIGINT) AS event_count,                             -- events of this type, device and country, without those of bots unless bots: include [events]
  CAST(count(b.user_agent) AS BIGINT) AS bot_event_count   -- events of bots, by their own user agent [events]
FROM events_on_new_event_dates AS e
LEFT JOIN bot_agents AS b ON b.user_agent = e.user_agent
GROUP BY e.event_date, e.event_type, e.device, e.country
