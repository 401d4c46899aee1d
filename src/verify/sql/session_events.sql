-- The events that are in a session, each with that session's id: a sent one cannot be taken for a derived one.
SELECT
  e.* REPLACE (coalesce(d.session_id, regexp_replace(e.session_id, '^((anonymous|user|session)_id=)', 'session_id=\1')) AS session_id),
  d.derived_from
FROM recount.events AS e
LEFT JOIN recount.derived_events AS d ON d.event_id = e.event_id
WHERE NOT e.is_refund
