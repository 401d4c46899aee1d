-- The valid events: one row per distinct event_id. Times are in microseconds, prices in hundredths. A
-- purchase with a negative amount is a refund. The amount is order_value, else price x quantity, where a
-- missing quantity counts 1.
SELECT
  v.* EXCLUDE (reason, raw_line, line_number),
  CAST(make_timestamp(v.event_micros) AS DATE) AS event_date,
  v.event_type = 'refund' OR (v.event_type = 'purchase' AND coalesce(
    CAST(v.order_value_hundredths AS HUGEINT),
    CAST(v.price_hundredths AS HUGEINT) * coalesce(v.quantity, 1),
    0
  ) < 0) AS is_refund
FROM recount.verdicts AS v
ANTI JOIN (
  SELECT file_number, line_number FROM recount.repeated_deliveries WHERE outcome <> 'first'
) AS later ON later.file_number = v.file_number AND later.line_number = v.line_number
WHERE v.reason IS NULL
