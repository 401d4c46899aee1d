-- visitor_sessions: all current sessions of the touched visitors, with their number before this run (null:
-- none). It reads only the columns that numbers, users and counts of visitors need, so unchanged sessions are
-- not read in full.
-- reads: computed_sessions, relinked_sessions, touched_sessions, touched_visitors
-- reads: sessions_near_touched_visitors = gold_sessions, only visitor_id in touched_visitors
-- result: kept
SELECT
  c.session_id, c.session_date, c.visitor_id, c.started_at, c.ended_at, c.event_count, c.order_count,
  c.revenue, c.is_bot, c.source, c.medium, c.campaign, c.channel,
  CAST(NULL AS INT) AS previous_number, false AS is_relinked
FROM computed_sessions AS c
UNION ALL
SELECT
  r.session_id, r.session_date, r.visitor_id, r.started_at, r.ended_at, r.event_count, r.order_count,
  r.revenue, r.is_bot, r.source, r.medium, r.campaign, r.channel,
  r.previous_number, true AS is_relinked
FROM relinked_sessions AS r
UNION ALL
SELECT
  g.session_id, g.session_date, g.visitor_id, g.started_at, g.ended_at, g.event_count, g.order_count,
  g.revenue, g.is_bot, g.source, g.medium, g.campaign, g.channel,
  g.session_number AS previous_number, false AS is_relinked
FROM sessions_near_touched_visitors AS g
ANTI JOIN touched_sessions AS t ON t.session_id = g.session_id
ANTI JOIN relinked_sessions AS r ON r.session_id = g.session_id
WHERE g.visitor_id IN (SELECT v.visitor_id FROM touched_visitors AS v)
