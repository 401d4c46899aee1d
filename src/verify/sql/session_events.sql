-- The events that are in a session, each with that session's id.
SELECT
  e.* REPLACE (coalesce(d.session_id, e.session_id) AS session_id),
  d.derived_from
FROM recount.events AS e
LEFT JOIN recount.derived_events AS d ON d.event_id = e.event_id
WHERE NOT e.is_refund
