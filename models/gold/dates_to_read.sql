-- dates_to_read: ranges of event dates on which the touched sessions have events, old and new.
-- reads: new_events, previous_sessions
-- result: date ranges
SELECT DISTINCT CAST(event_date AS STRING) AS first_date, CAST(event_date AS STRING) AS last_date
FROM new_events
UNION
SELECT DISTINCT CAST(session_date AS STRING) AS first_date, CAST(CAST(ended_at AS DATE) AS STRING) AS last_date
FROM previous_sessions
