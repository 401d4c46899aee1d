-- session_items: the items of all events, old and new, of the touched sessions.
-- reads: items_on_dates_to_read = silver_items, only event_date in dates_to_read
-- reads: touched_sessions, derived_session_events
-- in full: all_session_items
SELECT i.session_id, i.event_id, i.event_type, i.product_id, i.price, i.quantity
FROM items_on_dates_to_read AS i
WHERE NOT is_every_session_derived() AND i.event_type <> 'refund'
  AND i.session_id IN (SELECT t.session_id FROM touched_sessions AS t)
UNION ALL
SELECT e.session_id, i.event_id, i.event_type, i.product_id, i.price, i.quantity
FROM items_on_dates_to_read AS i
JOIN derived_session_events AS e ON e.event_id = i.event_id
