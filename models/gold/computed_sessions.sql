-- computed_sessions: the touched sessions, recomputed, with their visitors. Session numbers are added later.
-- reads: session_totals, session_sources, linked_identities
-- result: kept
SELECT
  t.*, landing_page_of(t.landing_path) AS landing_page, s.source, s.medium, s.campaign, s.channel,
  COALESCE(t.user_id, i.user_id, t.anonymous_id, t.session_id) AS visitor_id
FROM session_totals AS t
JOIN session_sources AS s ON s.session_id = t.session_id
LEFT JOIN linked_identities AS i ON i.anonymous_id = t.anonymous_id
