-- items_to_count: the items of all events, old and new, of the dates that have new ones, and of no other date.
-- reads: items_on_utc_dates_to_count = silver_items, only event_date in utc_dates_to_count
-- reads: new_event_dates
-- in full: silver_items
SELECT event_id, event_type, product_id, event_timestamp, price, quantity
FROM items_on_utc_dates_to_count
WHERE shop_date(event_timestamp) IN (SELECT n.date FROM new_event_dates AS n)
