-- new_event_dates: dates of the new events.
-- reads: new_events
-- result: dates
SELECT DISTINCT event_date AS date
FROM new_events
