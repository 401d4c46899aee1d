-- user_sessions: every session of the touched users as it is now, with the number it had so far (null: none). Only
-- the columns that numbers and users need, so that unchanged sessions are not read in full.
-- reads: computed_sessions, touched_sessions, touched_users
-- reads: sessions_near_touched_users = gold_sessions, only user_id in touched_users
-- result: kept
SELECT
  c.session_id, c.session_date, c.user_id, c.started_at, c.ended_at, c.event_count, c.purchase_count,
  c.revenue, CAST(NULL AS INT) AS previous_number
FROM computed_sessions AS c
UNION ALL
SELECT
  g.session_id, g.session_date, g.user_id, g.started_at, g.ended_at, g.event_count, g.purchase_count,
  g.revenue, g.session_number AS previous_number
FROM sessions_near_touched_users AS g
ANTI JOIN touched_sessions AS t ON t.session_id = g.session_id
WHERE g.user_id IN (SELECT u.user_id FROM touched_users AS u)
