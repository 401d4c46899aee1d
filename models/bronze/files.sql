-- bronze_files: one row per file received.
-- grain: path
-- refresh: ingest
-- reads: received_files
SELECT
  CAST(file_number AS BIGINT) AS file_number,         -- place in the order of reception [1 = first]
  CAST(path AS STRING) AS path,                       -- where the file is, relative to the lake; of a repetition in a landing container, which is not copied, origin@origin_etag; unique
  CAST(source AS STRING) AS source,                   -- who delivered it
  CAST(size_bytes AS BIGINT) AS size_bytes,           -- size as stored [bytes]
  CAST(text_bytes AS BIGINT) AS text_bytes,           -- size of the records as lines of JSON [bytes]
  CAST(line_count AS BIGINT) AS line_count,           -- records received, blank lines not counted [records]
  CAST(blank_line_count AS BIGINT) AS blank_line_count,  -- lines of nothing but white space [lines]
  CAST(sha256 AS STRING) AS sha256,                   -- SHA-256 of the bytes as stored, in hexadecimal
  CAST(received_at AS TIMESTAMP_LTZ) AS received_at,  -- when the file was received [UTC, microseconds]
  CAST(needs_exact_read AS BOOLEAN) AS needs_exact_read,  -- the text begins with a byte-order mark, which text readers drop or take for a character
  CAST(repeats AS STRING) AS repeats,                 -- path of a file received before with the same bytes, whose records do not count again; null: none
  CAST(format AS STRING) AS format,                   -- how the records are written: json_lines, json_array, json_values, csv, snowplow_tsv, parquet, avro or event_hubs_capture; null: json_lines
  CAST(compression AS STRING) AS compression,         -- of the file as stored: none, gzip or zstd; null: as its name says
  CAST(origin AS STRING) AS origin,                   -- address in the landing container that it was taken from; null: it came in another way
  CAST(origin_etag AS STRING) AS origin_etag          -- the ETag that it had there; null: it came in another way
FROM received_files
