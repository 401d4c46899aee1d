-- bot_sessions: ids of the touched sessions that are a bot's: the first of their events with a user agent has
-- a bot's.
-- reads: events_on_dates_to_read = silver_events, only event_date in dates_to_read
-- reads: session_events, bot_agents, bot_events
-- result: kept
WITH suspects AS (
  SELECT DISTINCT s.session_id
  FROM session_events AS s
  JOIN bot_events AS b ON b.event_id = s.event_id
),
named AS (
  SELECT s.session_id, event_order(s.event_timestamp, s.event_id) AS place, e.user_agent
  FROM session_events AS s
  JOIN events_on_dates_to_read AS e ON e.event_id = s.event_id
  WHERE s.session_id IN (SELECT u.session_id FROM suspects AS u) AND e.user_agent IS NOT NULL
),
firsts AS (
  SELECT session_id, min_by(user_agent, place) AS user_agent
  FROM named
  GROUP BY session_id
)
SELECT session_id
FROM firsts
WHERE user_agent IN (SELECT b.user_agent FROM bot_agents AS b)
