-- gold_event_metrics: one row per date, event type, device and country of the events. Those of bots, by their own
-- user agent, count where the settings say so.
SELECT
  event_date AS date,
  event_type,
  device,
  country,
  count(*) FILTER (is_counted) AS event_count,
  count(*) FILTER (is_bot) AS bot_event_count
FROM recount.marked_events
GROUP BY event_date, event_type, device, country
