-- bot_agents: the user agents of bots among the events on the dates to read.
-- Those dates hold all events to count too.
-- reads: events_on_dates_to_read = silver_events, only event_date in dates_to_read
-- result: kept
SELECT user_agent
FROM events_on_dates_to_read
WHERE user_agent IS NOT NULL
GROUP BY user_agent
-- Asked of an aggregate, because engines ask what concerns the key alone of every event.
HAVING is_bot_agent(min(user_agent))
