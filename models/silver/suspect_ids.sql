-- suspect_ids: hashes of the event ids that the batch may hold more than once, or that Silver may hold already. Hashes
-- are much cheaper to group and to look up than ids; an id that only shares one is judged with the others
-- and found to be the first of its kind.
-- reads: parsed_events, known_ids
-- result: kept
SELECT id_hash
FROM parsed_events
WHERE reason IS NULL
GROUP BY id_hash
HAVING count(*) > 1
UNION
SELECT text_hash(event_id) AS id_hash FROM known_ids
