-- moved_visitors: visitors whose first session is now in another week, or came through another channel, than
-- before.
-- reads: rows_for_gold_users, touched_visitors
-- reads: sessions_near_touched_visitors = gold_sessions, only visitor_id in touched_visitors
WITH before AS (
  SELECT
    visitor_id, shop_date(min(started_at)) AS date,
    min_by(channel, event_order(started_at, session_id)) AS channel
  FROM sessions_near_touched_visitors
  WHERE NOT is_left_out(is_bot) AND visitor_id IN (SELECT t.visitor_id FROM touched_visitors AS t)
  GROUP BY visitor_id
)
SELECT u.visitor_id
FROM rows_for_gold_users AS u
JOIN before AS b ON b.visitor_id = u.visitor_id
WHERE week_of(b.date) <> week_of(u.first_seen_date) OR b.channel <> u.first_channel
