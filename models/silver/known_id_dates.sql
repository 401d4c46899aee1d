-- known_id_dates: dates of the events in Silver that the batch may repeat.
-- reads: known_ids
-- result: dates
SELECT DISTINCT event_date AS date
FROM known_ids
