-- bot_events: ids of the events of bots on the dates of the new events that name a product.
-- reads: events_on_new_event_dates = silver_events, only event_date in new_event_dates
-- reads: bot_agents
SELECT e.event_id
FROM events_on_new_event_dates AS e
JOIN bot_agents AS b ON b.user_agent = e.user_agent
WHERE e.product_id IS NOT NULL OR e.item_count IS NOT NULL
