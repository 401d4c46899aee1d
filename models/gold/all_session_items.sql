-- all_session_items: the items of every event that belongs to a session, for a full computation.
-- reads: items_on_dates_to_read = silver_items, only event_date in dates_to_read
-- reads: derived_session_events
SELECT session_id, event_id, event_type, product_id, price, quantity
FROM items_on_dates_to_read
WHERE session_id IS NOT NULL AND NOT is_every_session_derived() AND event_type <> 'refund'
UNION ALL
SELECT e.session_id, i.event_id, i.event_type, i.product_id, i.price, i.quantity
FROM items_on_dates_to_read AS i
JOIN derived_session_events AS e ON e.event_id = i.event_id
