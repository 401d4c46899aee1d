-- files_with_events: the files of the batch with at least one event; duplicates count too.
-- reads: parsed_events
-- result: counts
SELECT DISTINCT file_number
FROM parsed_events
WHERE reason IS NULL
