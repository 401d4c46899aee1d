-- gold_event_metrics: one row per date, event type, device and country of events. Events of bots, by their
-- own user agent, count only if the settings say so.
SELECT
  CAST(recount.shop_time(e.event_micros, c.clock) AS DATE) AS date,
  event_type,
  device,
  country,
  count(*) FILTER (is_counted) AS event_count,
  count(*) FILTER (is_bot) AS bot_event_count
FROM recount.marked_events AS e
JOIN recount.clocks AS c ON c.utc_date = e.event_date
GROUP BY ALL
