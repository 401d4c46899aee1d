-- silver_quarantine: every line that is not valid, with its reason and its text (Base64 if it is not
-- UTF-8), and every line that repeats an earlier event_id with other content.
WITH rejected AS (
  SELECT file_number, reason, raw_line
  FROM recount.verdicts
  WHERE reason <> 'ignored'
  UNION ALL
  SELECT v.file_number, 'conflicting_event_id' AS reason, v.raw_line
  FROM recount.verdicts AS v
  SEMI JOIN (
    SELECT file_number, line_number FROM recount.repeated_deliveries WHERE outcome = 'conflict'
  ) AS c ON c.file_number = v.file_number AND c.line_number = v.line_number
)
SELECT
  CAST(make_timestamp(f.received_micros) AS DATE) AS received_date,
  make_timestamp(f.received_micros) AT TIME ZONE 'UTC' AS received_at,
  f.path AS bronze_path,
  r.reason,
  CASE WHEN r.reason <> 'not_utf8' THEN decode(r.raw_line) END AS raw_text,
  CASE WHEN r.reason = 'not_utf8' THEN to_base64(r.raw_line) END AS raw_base64
FROM rejected AS r
JOIN recount.files AS f ON f.file_number = r.file_number
