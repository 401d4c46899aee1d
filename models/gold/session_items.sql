-- session_items: the items of all events, old and new, of the touched sessions. Joined with the events, because
-- a purchase that is a refund belongs to no session, and neither do its items.
-- reads: items_on_dates_to_read = silver_items, only event_date in dates_to_read
-- reads: touched_sessions, derived_session_events, session_events
-- in full: all_session_items
SELECT sent_session_id(i.session_id) AS session_id, i.product_id
FROM items_on_dates_to_read AS i
WHERE i.session_id IS NOT NULL AND NOT is_every_session_derived() AND i.event_type NOT IN ('purchase', 'refund')
  AND sent_session_id(i.session_id) IN (SELECT t.session_id FROM touched_sessions AS t)
UNION ALL
SELECT e.session_id, i.product_id
FROM items_on_dates_to_read AS i
JOIN derived_session_events AS e ON e.event_id = i.event_id
WHERE i.event_type <> 'purchase'
UNION ALL
SELECT e.session_id, i.product_id
FROM items_on_dates_to_read AS i
JOIN session_events AS e ON e.event_id = i.event_id
WHERE i.event_type = 'purchase' AND e.event_type = 'purchase'
