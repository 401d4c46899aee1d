-- bot_events: ids of bot events that name a product, on the dates to count and possibly others.
-- reads: events_on_utc_dates_to_count = silver_events, only event_date in utc_dates_to_count
-- reads: bot_agents
-- result: kept
SELECT e.event_id
FROM events_on_utc_dates_to_count AS e
JOIN bot_agents AS b ON b.user_agent = e.user_agent
WHERE e.product_id IS NOT NULL OR e.item_count IS NOT NULL
