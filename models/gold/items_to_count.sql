-- items_to_count: the items of all events, old and new, of exactly the dates that have new events or touched
-- orders.
-- reads: items_on_utc_dates_to_count = silver_items, only event_date in utc_dates_to_count
-- reads: product_dates
-- in full: silver_items
SELECT event_id, event_type, product_id, product_name, category, brand, event_timestamp
FROM items_on_utc_dates_to_count
WHERE shop_date(event_timestamp) IN (SELECT p.date FROM product_dates AS p)
