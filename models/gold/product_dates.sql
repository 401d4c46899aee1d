-- product_dates: dates with new events, and dates of the touched orders.
-- reads: new_event_dates, order_dates
-- result: dates
SELECT date FROM new_event_dates
UNION
SELECT date FROM order_dates
