-- bot_events: ids of the events of bots on the dates to read.
-- reads: events_on_dates_to_read = silver_events, only event_date in dates_to_read
-- reads: bot_agents
-- result: kept
SELECT e.event_id
FROM events_on_dates_to_read AS e
JOIN bot_agents AS b ON b.user_agent = e.user_agent
