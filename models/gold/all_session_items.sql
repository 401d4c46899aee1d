-- all_session_items: the items of every event that belongs to a session. For a full computation.
-- reads: items_on_dates_to_read = silver_items, only event_date in dates_to_read
-- reads: derived_session_events, session_events
SELECT sent_session_id(session_id) AS session_id, product_id
FROM items_on_dates_to_read
WHERE session_id IS NOT NULL AND NOT is_every_session_derived() AND event_type NOT IN ('purchase', 'refund')
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
