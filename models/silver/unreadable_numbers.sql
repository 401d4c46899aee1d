-- unreadable_numbers: new valid events whose quantity or price was sent but is not a number, and therefore null.
-- reads: parsed_events, suspect_ids, repeated_verdicts
-- result: counts
WITH accepted AS (
  SELECT is_quantity_unreadable, is_price_unreadable
  FROM parsed_events AS p
  ANTI JOIN suspect_ids AS s ON s.id_hash = p.id_hash
  WHERE reason IS NULL AND (is_quantity_unreadable OR is_price_unreadable)
  UNION ALL
  SELECT is_quantity_unreadable, is_price_unreadable
  FROM repeated_verdicts
  WHERE verdict = 'first'
)
SELECT
  CAST(count(CASE WHEN is_quantity_unreadable THEN 1 END) AS BIGINT) AS quantity_count,
  CAST(count(CASE WHEN is_price_unreadable THEN 1 END) AS BIGINT) AS price_count
FROM accepted
