-- bot_agents: the user agents of bots among the events on the dates to read. Those dates include all dates to
-- count.
-- reads: events_on_dates_to_read = silver_events, only event_date in dates_to_read
-- result: kept
SELECT user_agent
FROM events_on_dates_to_read
WHERE user_agent IS NOT NULL
GROUP BY user_agent
-- The aggregate makes engines test each distinct user agent once. A condition on the key alone would be tested
-- for every event.
HAVING is_bot_agent(min(user_agent))
