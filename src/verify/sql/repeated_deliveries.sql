-- Every delivery of an event_id that was sent more than once, with its outcome. The first one received
-- wins. Another with the same content in every contract column is a duplicate; one with other content is a
-- conflict. First received means: in the earlier file; within a file the earlier event, then the smaller
-- line by bytes.
WITH repeated_ids AS (
  SELECT event_id
  FROM recount.verdicts
  WHERE reason IS NULL
  GROUP BY event_id
  HAVING count(*) > 1
),
deliveries AS (
  SELECT
    event_id,
    file_number,
    line_number,
    struct_pack(*COLUMNS(* EXCLUDE (file_number, line_number, reason, raw_line, event_id, items))) AS content,
    row_number() OVER (PARTITION BY event_id ORDER BY file_number, event_micros, raw_line) AS place
  FROM recount.verdicts
  WHERE reason IS NULL AND event_id IN (FROM repeated_ids)
)
SELECT
  d.file_number,
  d.line_number,
  CASE
    WHEN d.place = 1 THEN 'first'
    WHEN d.content IS NOT DISTINCT FROM f.content THEN 'duplicate'
    ELSE 'conflict'
  END AS outcome
FROM deliveries AS d
JOIN deliveries AS f ON f.event_id = d.event_id AND f.place = 1
