-- bot_events: ids of the events of bots on the dates of the new events that name a product.
-- reads: events_to_count, bot_agents
SELECT e.event_id
FROM events_to_count AS e
JOIN bot_agents AS b ON b.user_agent = e.user_agent
WHERE e.product_id IS NOT NULL OR e.item_count IS NOT NULL
