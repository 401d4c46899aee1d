-- utc_dates_to_count: ranges of the UTC dates that contain all events of the shop's dates with new events or
-- touched orders. In most time zones a date of the shop overlaps two UTC dates.
-- reads: product_dates
-- result: date ranges
SELECT first_utc_date(date) AS first_date, last_utc_date(date) AS last_date
FROM product_dates
