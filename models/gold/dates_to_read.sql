-- dates_to_read: ranges of event dates on which the touched sessions have events, old and new, or that hold
-- events of the dates of the shop that have new ones or touched orders.
-- reads: product_dates, previous_sessions
-- result: date ranges
SELECT CAST(first_utc_date(p.date) AS STRING) AS first_date, CAST(last_utc_date(p.date) AS STRING) AS last_date
FROM product_dates AS p
UNION
SELECT DISTINCT CAST(utc_date(started_at) AS STRING) AS first_date, CAST(utc_date(ended_at) AS STRING) AS last_date
FROM previous_sessions
