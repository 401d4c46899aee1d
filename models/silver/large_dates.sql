-- large_dates: dates with so many new events that a write statement for each is faster.
-- reads: parsed_events
-- result: dates
SELECT event_date AS date
FROM parsed_events
WHERE reason IS NULL
GROUP BY event_date
HAVING count(*) >= 50000
