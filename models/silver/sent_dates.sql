-- sent_dates: dates of the batch's valid lines.
-- reads: parsed_events
-- result: dates
-- any when: silver.conflict_scope = all
SELECT DISTINCT event_date AS date
FROM parsed_events
WHERE reason IS NULL
