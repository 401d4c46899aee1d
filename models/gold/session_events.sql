-- All events, old and new, of the touched sessions, with what sessions are computed from.
SELECT
  e.session_id, e.event_id, e.user_id, e.event_type, e.product_id, e.device, e.country, e.event_timestamp,
  e.quantity, e.price
FROM silver_events AS e
WHERE e.session_id IN (SELECT t.session_id FROM touched_sessions AS t)
