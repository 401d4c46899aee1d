-- The valid events, with two flags: whether the event is from a bot, by its own user agent, and whether it
-- counts in metrics.
WITH marked AS (
  SELECT *, user_agent IS NOT NULL AND user_agent IN (FROM recount.bot_agents) AS is_bot
  FROM recount.events
)
SELECT e.*, NOT (e.is_bot AND s.are_bots_left_out) AS is_counted
FROM marked AS e
CROSS JOIN recount.settings AS s
