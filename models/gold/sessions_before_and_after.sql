-- sessions_before_and_after: all sessions of the touched visitors, as they were before this run and as they are
-- now. An unchanged session is one row that is both; one that has changed is a row for each.
-- reads: visitor_sessions, previous_sessions, relinked_sessions
SELECT
  visitor_id, session_id, session_date, started_at, source, medium, campaign, channel, is_bot, order_count, revenue,
  previous_number IS NOT NULL AND NOT is_relinked AS is_before, true AS is_after
FROM visitor_sessions
UNION ALL
SELECT
  visitor_id, session_id, session_date, started_at, source, medium, campaign, channel, is_bot, order_count, revenue,
  true AS is_before, false AS is_after
FROM previous_sessions
UNION ALL
SELECT
  previous_visitor_id AS visitor_id, session_id, session_date, started_at, source, medium, campaign, channel, is_bot,
  order_count, revenue,
  true AS is_before, false AS is_after
FROM relinked_sessions
