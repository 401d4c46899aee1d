-- The valid lines of the batch whose event id is not theirs alone.
SELECT p.*
FROM parsed_events AS p
WHERE p.reason IS NULL AND p.event_id IN (SELECT r.event_id FROM repeated_ids AS r)
