-- Event ids that the batch holds more than once, or that Silver holds already.
WITH suspects AS (
  -- Grouping hashes is much cheaper than grouping ids; a collision only nominates an id too many.
  SELECT text_hash(event_id) AS id_hash
  FROM parsed_events
  WHERE reason IS NULL
  GROUP BY text_hash(event_id)
  HAVING count(*) > 1
),
repeated AS (
  SELECT event_id
  FROM parsed_events
  WHERE reason IS NULL AND text_hash(event_id) IN (SELECT id_hash FROM suspects)
  GROUP BY event_id
  HAVING count(*) > 1
)
SELECT event_id FROM repeated
UNION
SELECT event_id FROM known_ids
