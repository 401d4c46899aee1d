-- repeated_lines: the valid lines of the batch whose event id may not be theirs alone.
-- reads: parsed_events, suspect_ids
-- result: kept
SELECT p.*
FROM parsed_events AS p
WHERE p.reason IS NULL AND p.id_hash IN (SELECT s.id_hash FROM suspect_ids AS s)
