-- files_with_events: the files of the batch of which at least one line is an event, be it a duplicate.
-- reads: parsed_events
-- result: counts
SELECT DISTINCT file_number
FROM parsed_events
WHERE reason IS NULL
