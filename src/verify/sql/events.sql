-- The valid events: one row per distinct event_id. Times in microseconds, prices in hundredths; `paid` is
-- what a purchase adds to revenue: price x quantity, a missing quantity counts 1, a missing price 0; summed over
-- the items of its list, where it has one.
SELECT
  v.* EXCLUDE (reason, raw_line, line_number),
  CAST(make_timestamp(v.event_micros) AS DATE) AS event_date,
  CASE
    WHEN v.event_type <> 'purchase' THEN 0
    WHEN v.items IS NOT NULL THEN list_sum(list_transform(
      from_json(v.items, '[{"price_hundredths": "BIGINT", "quantity": "INTEGER"}]'),
      lambda item: CAST(coalesce(item.price_hundredths, 0) AS HUGEINT) * coalesce(item.quantity, 1)
    ))
    ELSE CAST(coalesce(v.price_hundredths, 0) AS HUGEINT) * coalesce(v.quantity, 1)
  END AS paid
FROM recount.verdicts AS v
ANTI JOIN (
  SELECT file_number, line_number FROM recount.repeated_deliveries WHERE outcome <> 'first'
) AS later ON later.file_number = v.file_number AND later.line_number = v.line_number
WHERE v.reason IS NULL
