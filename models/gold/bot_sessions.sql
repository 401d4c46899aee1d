-- bot_sessions: ids of the touched sessions whose first user agent is that of a bot.
-- reads: session_events, sessions_with_bots, bot_agents
WITH firsts AS (
  SELECT
    e.session_id,
    min_by(b.user_agent IS NOT NULL, event_order(e.event_timestamp, e.event_id)) AS is_bot
  FROM session_events AS e
  LEFT JOIN bot_agents AS b ON b.user_agent = e.user_agent
  WHERE e.user_agent IS NOT NULL AND e.session_id IN (SELECT s.session_id FROM sessions_with_bots AS s)
  GROUP BY e.session_id
)
SELECT session_id
FROM firsts
WHERE is_bot
