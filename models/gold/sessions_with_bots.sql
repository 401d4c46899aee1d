-- sessions_with_bots: ids of the touched sessions that have an event of a bot.
-- reads: session_events, bot_agents
SELECT DISTINCT session_id
FROM session_events
WHERE user_agent IN (SELECT b.user_agent FROM bot_agents AS b)
