-- dates_to_read: ranges of the event dates to read: those of the touched sessions, with their old and new
-- events, and those of the shop's dates with new events or touched orders.
-- reads: product_dates, previous_sessions
-- result: date ranges
SELECT CAST(first_utc_date(p.date) AS STRING) AS first_date, CAST(last_utc_date(p.date) AS STRING) AS last_date
FROM product_dates AS p
UNION
SELECT DISTINCT CAST(utc_date(started_at) AS STRING) AS first_date, CAST(utc_date(ended_at) AS STRING) AS last_date
FROM previous_sessions
