-- silver_quarantine: one row per received line that is neither a valid event nor a duplicate.
-- grain: bronze_path, raw_text, raw_base64
-- partition: received_date
-- refresh: batch
-- reads: rejected_lines, batch_files, repeated_verdicts
WITH rejected AS (
  SELECT file_number, reason, raw_text, raw_base64
  FROM rejected_lines
  UNION ALL
  SELECT file_number, 'conflicting_event_id' AS reason, contested_text AS raw_text, CAST(NULL AS STRING) AS raw_base64
  FROM repeated_verdicts
  WHERE verdict = 'conflict'
)
SELECT
  CAST(f.received_at AS DATE) AS received_date,         -- UTC date of received_at; the partition
  CAST(f.received_at AS TIMESTAMP_LTZ) AS received_at,  -- when the line's file was received [UTC, microseconds]
  CAST(f.bronze_path AS STRING) AS bronze_path,         -- Bronze file that holds the line
  CAST(r.reason AS STRING) AS reason,                   -- first reason to reject the line, such as not_json or missing:user_id
  CAST(r.raw_text AS STRING) AS raw_text,               -- the line as received, without its line feed; null: it is not UTF-8
  CAST(r.raw_base64 AS STRING) AS raw_base64            -- the line's bytes as Base64; null: it is UTF-8, see raw_text
FROM rejected AS r
JOIN batch_files AS f ON f.file_number = r.file_number
