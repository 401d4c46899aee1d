-- new_utc_dates: UTC dates of the new events.
-- reads: new_events
-- result: dates
SELECT DISTINCT event_date AS date
FROM new_events
