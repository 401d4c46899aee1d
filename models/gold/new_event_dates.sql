-- new_event_dates: dates of the new events, in the time zone of the shop.
-- reads: new_events
-- result: dates
SELECT DISTINCT shop_date(event_timestamp) AS date
FROM new_events
