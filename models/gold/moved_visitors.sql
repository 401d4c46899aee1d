-- moved_visitors: visitors whose first session is now in another week, or came through another channel, than
-- before.
-- reads: rows_for_gold_users, previous_sessions, relinked_sessions, visitor_sessions
WITH sessions_before AS (
  -- Those that have stayed as they were, and those that have changed.
  SELECT visitor_id, session_id, started_at, channel, is_bot
  FROM visitor_sessions
  WHERE previous_number IS NOT NULL AND NOT is_relinked
  UNION ALL
  SELECT visitor_id, session_id, started_at, channel, is_bot
  FROM previous_sessions
  UNION ALL
  SELECT previous_visitor_id AS visitor_id, session_id, started_at, channel, is_bot
  FROM relinked_sessions
),
before AS (
  SELECT
    visitor_id, shop_date(min(started_at)) AS date,
    min_by(channel, event_order(started_at, session_id)) AS channel
  FROM sessions_before
  WHERE NOT is_left_out(is_bot)
  GROUP BY visitor_id
)
SELECT u.visitor_id
FROM rows_for_gold_users AS u
JOIN before AS b ON b.visitor_id = u.visitor_id
WHERE week_of(b.date) <> week_of(u.first_seen_date) OR b.channel <> u.first_channel
