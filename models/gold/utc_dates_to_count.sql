-- utc_dates_to_count: ranges of event dates with all events of the dates that have new ones. A date of the shop
-- lies on two UTC dates where its clocks are not those of UTC.
-- reads: new_event_dates
-- result: date ranges
SELECT first_utc_date(date) AS first_date, last_utc_date(date) AS last_date
FROM new_event_dates
