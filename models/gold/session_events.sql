-- session_events: all events, old and new, of the touched sessions, with what sessions are computed from.
-- reads: events_on_dates_to_read = silver_events, only event_date in dates_to_read
-- reads: touched_sessions
-- result: kept
-- in full: silver_events
SELECT
  e.session_id, e.event_id, e.user_id, e.anonymous_id, e.event_type, e.product_id, e.device, e.country, e.event_timestamp,
  e.quantity, e.price, e.item_count
FROM events_on_dates_to_read AS e
WHERE e.session_id IN (SELECT t.session_id FROM touched_sessions AS t)
