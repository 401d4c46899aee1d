-- batch_outcome: how many lines of the batch have each outcome. The pipeline compares the sum with the lines
-- received.
-- reads: parsed_events, suspect_ids, repeated_verdicts
-- result: counts
WITH outcomes AS (
  SELECT
    CASE WHEN reason = 'ignored' THEN 'ignored' ELSE 'quarantined' END AS outcome,
    nullif(reason, 'ignored') AS reason
  FROM parsed_events
  WHERE reason IS NOT NULL
  UNION ALL
  SELECT 'single' AS outcome, reason
  FROM parsed_events AS p
  ANTI JOIN suspect_ids AS s ON s.id_hash = p.id_hash
  WHERE reason IS NULL
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
UNION ALL
-- An upper bound for the items to write: items of duplicates are counted, but not written.
SELECT
  'items' AS outcome,
  CAST(NULL AS STRING) AS reason,
  CAST(COALESCE(sum(COALESCE(json_array_length(items), 1)), 0) AS BIGINT) AS line_count
FROM parsed_events
WHERE reason IS NULL AND (items IS NOT NULL OR product_id IS NOT NULL)
