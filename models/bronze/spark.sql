-- The lines of a batch as text columns, one row per line that is not blank.
--
-- Reads `batch_lines` (file_number, line, and whether a byte-order mark before the line is the file's
-- own), which the engine lays over the files of the batch. Spark's JSON functions take much more than
-- RFC 8259 allows and forget how a number was written, so patterns come before them: one that only
-- JSON has, one that takes objects and arrays out of a line's fields, and one that puts numbers in
-- quotes. What the patterns do not cover gets the problem 'needs_exact_read': the engine reads it
-- again with its own strict reader before any model sees it. Most lines are plain objects, which one
-- pattern tells, and need no other.
WITH texts AS (
  SELECT
    file_number,
    line,
    has_file_mark,
    CASE WHEN has_file_mark THEN substr(line, 2) ELSE line END AS text
  FROM batch_lines
),
told AS (
  SELECT
    *,
    is_valid_utf8(line) AS is_utf8,
    -- Longer than a pattern is given.
    octet_length(line) > 50000 AS is_long
  FROM texts
),
plain AS (
  SELECT *, is_utf8 AND NOT is_long AND is_plain_object(text) AS is_plain
  FROM told
),
judged AS (
  SELECT
    *,
    CASE
      WHEN is_plain THEN NULL
      WHEN NOT is_utf8 THEN 'not_utf8'
      WHEN is_long THEN 'needs_exact_read'
      WHEN NOT is_shallow_json(text)
        THEN CASE WHEN may_be_deep_json(text) THEN 'needs_exact_read' ELSE 'not_json' END
      WHEN NOT startswith(btrim(text, ' \t\r'), '{') THEN 'not_an_object'
    END AS problem
  FROM plain
),
flat AS (
  SELECT
    file_number,
    line,
    has_file_mark,
    problem,
    is_plain,
    CASE
      WHEN is_plain THEN text
      WHEN problem IS NOT NULL THEN NULL
      WHEN text RLIKE r':[ \t\r]*+[{\[]' THEN mark_containers(text)
      ELSE text
    END AS marked_text
  FROM judged
),
fields AS (
  SELECT
    file_number,
    line,
    CASE
      WHEN is_plain THEN NULL
      -- A field that holds an object or array, or a number with an exponent that is read by value.
      WHEN contains(marked_text, '\u0001') AND has_marked_field(marked_text)
        OR has_exponent(marked_text)
      THEN CASE WHEN has_file_mark THEN 'needs_exact_read:marked' ELSE 'needs_exact_read' END
      WHEN problem = 'needs_exact_read' AND has_file_mark THEN 'needs_exact_read:marked'
      ELSE problem
    END AS problem,
    -- Of a repeated key a look-up finds the first.
    from_json(
      CASE WHEN is_plain THEN quote_plain_numbers(marked_text)
           ELSE quote_numbers(translate(marked_text, '\u0001', '')) END,
      'MAP<STRING, STRING>') AS f
  FROM flat
)
SELECT
  file_number,
  CASE WHEN problem IS DISTINCT FROM 'not_utf8' THEN line END AS raw_text,
  CASE WHEN problem = 'not_utf8' THEN text_to_base64(line) END AS raw_base64,
  xxhash64(line) AS line_key,
  CASE WHEN f IS NOT NULL AND NOT startswith(COALESCE(problem, ''), 'needs_exact_read')
    THEN unknown_fields(map_keys(f)) END AS shape_key,
  problem,
  read_declared(f) AS declared,
  f AS fields
FROM fields
