-- How many lines of the batch came to what; the pipeline checks the sum against the lines received.
WITH outcomes AS (
  SELECT CASE WHEN reason IS NULL THEN 'single' ELSE 'quarantined' END AS outcome, reason
  FROM parsed_events AS p
  WHERE reason IS NOT NULL
    OR NOT EXISTS (SELECT 1 FROM suspect_ids AS s WHERE s.id_hash = p.id_hash)
  UNION ALL
  SELECT verdict AS outcome, CASE WHEN verdict = 'conflict' THEN 'conflicting_event_id' END AS reason
  FROM repeated_verdicts
)
SELECT
  CASE outcome WHEN 'single' THEN 'valid' WHEN 'first' THEN 'valid' WHEN 'conflict' THEN 'quarantined' ELSE outcome END AS outcome,
  reason,
  CAST(count(*) AS BIGINT) AS line_count
FROM outcomes
GROUP BY 1, 2
