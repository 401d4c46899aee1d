-- The events that belong to a session, with that session's id. Ids as sent are written so that they differ
-- from derived ones.
SELECT
  e.* REPLACE (coalesce(d.session_id, regexp_replace(e.session_id, '^((anonymous|user|session)_id=)', 'session_id=\1')) AS session_id),
  d.derived_from
FROM recount.events AS e
LEFT JOIN recount.derived_events AS d ON d.event_id = e.event_id
WHERE NOT e.is_refund
