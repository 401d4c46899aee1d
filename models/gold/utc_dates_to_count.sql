-- utc_dates_to_count: ranges of event dates with all events of the dates that have new ones, and of the touched
-- orders. A date of the shop lies on two UTC dates where its clocks are not those of UTC.
-- reads: product_dates
-- result: date ranges
SELECT first_utc_date(date) AS first_date, last_utc_date(date) AS last_date
FROM product_dates
