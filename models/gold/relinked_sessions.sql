-- relinked_sessions: sessions without a new event whose visitor has changed, because their device was linked
-- with a user.
-- reads: rows_for_gold_identities, touched_sessions, identified_devices
-- reads: sessions_of_identified_devices = gold_sessions, only anonymous_id in identified_devices
-- result: kept
-- in full: view
SELECT
  g.session_id, g.session_date, i.user_id AS visitor_id, g.visitor_id AS previous_visitor_id, g.started_at,
  g.ended_at, g.event_count, g.order_count, g.revenue, g.is_bot,
  g.source, g.medium, g.campaign, g.channel, g.session_number AS previous_number
FROM sessions_of_identified_devices AS g
JOIN rows_for_gold_identities AS i ON i.anonymous_id = g.anonymous_id
ANTI JOIN touched_sessions AS t ON t.session_id = g.session_id
WHERE g.user_id IS NULL AND g.visitor_id <> i.user_id
  -- Few of the devices: DuckDB then skips the other columns of most sessions.
  AND g.anonymous_id IN (SELECT d.anonymous_id FROM identified_devices AS d)
