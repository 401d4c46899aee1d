-- suspect_ids: hashes of event ids that may occur more than once in the batch, or may be in Silver already.
-- Hashes are much cheaper to group and look up than ids. An id that only shares the hash of another is judged
-- too, and found to be the first of its kind.
-- reads: parsed_events, known_ids
-- result: kept
SELECT id_hash
FROM parsed_events
WHERE reason IS NULL
GROUP BY id_hash
HAVING count(*) > 1
UNION
SELECT text_hash(event_id) AS id_hash FROM known_ids
