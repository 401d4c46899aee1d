-- sent_ids: event ids of the batch's valid lines.
-- reads: parsed_events
SELECT event_id
FROM parsed_events
WHERE reason IS NULL
