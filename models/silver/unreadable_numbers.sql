-- unreadable_numbers: new valid events with a value that is not a number, so that the column is null. Counted
-- by which columns these are, one bit each (src/contract/fields.ts, NUMBER_FIELDS).
-- reads: parsed_events, suspect_ids, repeated_verdicts
-- result: counts
WITH accepted AS (
  SELECT unreadable_numbers
  FROM parsed_events AS p
  ANTI JOIN suspect_ids AS s ON s.id_hash = p.id_hash
  WHERE reason IS NULL AND unreadable_numbers > 0
  UNION ALL
  SELECT unreadable_numbers
  FROM repeated_verdicts
  WHERE verdict = 'first' AND unreadable_numbers > 0
)
SELECT
  CAST(unreadable_numbers AS INT) AS unreadable_numbers,
  CAST(count(*) AS BIGINT) AS event_count
FROM accepted
GROUP BY unreadable_numbers
