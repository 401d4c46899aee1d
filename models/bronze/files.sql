-- bronze_files: one row per file received.
-- grain: path
-- refresh: ingest
-- reads: received_files
SELECT
  CAST(file_number AS BIGINT) AS file_number,         -- position in the order of reception [1 = first]
  CAST(path AS STRING) AS path,                       -- path of the file in the lake, unique; for a repetition in a landing container, which is not copied: origin@origin_etag
  CAST(source AS STRING) AS source,                   -- who delivered it
  CAST(size_bytes AS BIGINT) AS size_bytes,           -- size as stored [bytes]
  CAST(text_bytes AS BIGINT) AS text_bytes,           -- size of the records as lines of JSON [bytes]
  CAST(line_count AS BIGINT) AS line_count,           -- records received, blank lines not counted [records]
  CAST(blank_line_count AS BIGINT) AS blank_line_count,  -- lines that contain only white space [lines]
  CAST(sha256 AS STRING) AS sha256,                   -- SHA-256 of the bytes as stored, in hexadecimal
  CAST(received_at AS TIMESTAMP_LTZ) AS received_at,  -- when the file was received [UTC, microseconds]
  CAST(needs_exact_read AS BOOLEAN) AS needs_exact_read,  -- true if the text begins with a byte-order mark, which some readers drop and others read as a character
  CAST(repeats AS STRING) AS repeats,                 -- path of an earlier file with the same bytes; the records of this file do not count again; null: none
  CAST(format AS STRING) AS format,                   -- format of the records: json_lines, json_array, json_values, csv, snowplow_tsv, parquet, avro or event_hubs_capture; null: json_lines
  CAST(compression AS STRING) AS compression,         -- compression of the stored file: none, gzip or zstd; null: as its name says
  CAST(origin AS STRING) AS origin,                   -- address in the landing container that the file was copied from; null: it came another way
  CAST(origin_etag AS STRING) AS origin_etag          -- ETag of the file at that address; null: it came another way
FROM received_files
