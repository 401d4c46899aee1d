-- gold_event_metrics: one row per date, event type, device and country of the events.
SELECT
  event_date AS date,
  event_type,
  device,
  country,
  count(*) AS event_count
FROM recount.events
GROUP BY event_date, event_type, device, country
