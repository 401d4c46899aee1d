-- repeated_verdicts: the outcome of each line whose event id is not unique: 'first', 'duplicate' or 'conflict'.
-- The first one received wins: an event in Silver, else the line of the earlier file, else, within a file, the
-- smaller (event_timestamp, raw text). The other lines are compared only with the winner.
-- reads: repeated_lines, known_events, known_ids
-- reads: contested_texts = raw lines of contested_lines
-- result: kept
WITH deliveries AS (
  SELECT
    l.*,
    t.raw_text AS contested_text,
    row_number() OVER (
      PARTITION BY l.event_id
      ORDER BY l.file_number, l.event_timestamp, t.raw_text
    ) AS delivery_number
  FROM repeated_lines AS l
  LEFT JOIN contested_texts AS t ON t.file_number = l.file_number AND t.line_key = l.line_key
),
winners AS (
  SELECT event_id, content, true AS is_known
  FROM known_events
  UNION ALL
  SELECT event_id, content, false AS is_known
  FROM deliveries AS d
  ANTI JOIN known_ids AS k ON k.event_id = d.event_id
  WHERE delivery_number = 1
)
SELECT
  d.*,
  CASE
    WHEN d.delivery_number = 1 AND NOT w.is_known THEN 'first'
    WHEN d.content IS NOT DISTINCT FROM w.content THEN 'duplicate'
    ELSE 'conflict'
  END AS verdict
FROM deliveries AS d
JOIN winners AS w ON w.event_id = d.event_id
