-- gold_event_metrics: one row per date, event type, device and country of the events.
-- grain: date, event_type, device, country
-- refresh: date on new_event_dates
-- reads: events_on_new_event_dates = silver_events, only event_date in new_event_dates
SELECT
  CAST(event_date AS DATE) AS date,          -- UTC date of the events
  CAST(event_type AS STRING) AS event_type,  -- type of the events
  CAST(device AS STRING) AS device,          -- device of the events; null: not sent
  CAST(country AS STRING) AS country,        -- country of the events; null: not sent
  CAST(count(*) AS BIGINT) AS event_count    -- events of this type, device and country [events]
FROM events_on_new_event_dates
GROUP BY event_date, event_type, device, country
