-- The lines of a batch as text columns, one row per line that is not blank.
--
-- Reads `batch_lines` (file_number, line, and whether a byte-order mark at the start of the line belongs
-- to the file), which the engine defines over the files of the batch. Spark's JSON functions accept much
-- more than RFC 8259 and lose how a number was written. So patterns are applied first: one recognizes
-- strict JSON, one removes objects and arrays from the fields of a line, and one puts numbers in quotes.
-- Lines that the patterns do not cover get the problem 'needs_exact_read': the strict reader reads them
-- again before any model sees them. Most lines are plain objects; one pattern recognizes these, and they
-- need no other. Their names are looked at only if their number is not that of the known fields with a value.
WITH texts AS (
  SELECT
    file_number,
    line,
    has_file_mark,
    CASE WHEN has_file_mark THEN substr(line, 2) ELSE line END AS text
  FROM batch_lines
),
measured AS (
  SELECT
    *,
    is_valid_utf8(line) AS is_utf8,
    -- Longer than what patterns are applied to.
    octet_length(line) > 50000 AS is_long
  FROM texts
),
plain AS (
  SELECT *, is_utf8 AND NOT is_long AND is_plain_object(text) AS is_plain
  FROM measured
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
    text,
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
    text,
    is_plain,
    CASE
      WHEN is_plain THEN NULL
      -- The field holds an object or array, or a number with an exponent, which must be read by value.
      WHEN contains(marked_text, '\u0001') AND has_marked_field(marked_text)
        OR has_exponent(marked_text)
      THEN CASE WHEN has_file_mark THEN 'needs_exact_read:marked' ELSE 'needs_exact_read' END
      WHEN problem = 'needs_exact_read' AND has_file_mark THEN 'needs_exact_read:marked'
      ELSE problem
    END AS problem,
    has_file_mark,
    read_fields(
      CASE WHEN is_plain THEN quote_plain_numbers(marked_text)
           ELSE quote_numbers(translate(marked_text, '\u0001', '')) END) AS f
  FROM flat
),
named AS (
  SELECT
    *,
    -- Null for most lines: all their names are known fields, each once and with a value. A text that Spark
    -- finds no names in is read exactly, like one that repeats a name.
    CASE WHEN problem IS NULL AND NOT (is_plain AND count_names(text) = count_sent(f))
      THEN COALESCE(json_object_keys(text), array('', '')) END AS names
  FROM fields
),
checked AS (
  SELECT
    * EXCEPT (problem),
    CASE
      WHEN size(names) > size(array_distinct(names))
      THEN CASE WHEN has_file_mark THEN 'needs_exact_read:marked' ELSE 'needs_exact_read' END
      ELSE problem
    END AS problem
  FROM named
)
SELECT
  file_number,
  CASE WHEN problem IS DISTINCT FROM 'not_utf8' THEN line END AS raw_text,
  CASE WHEN problem = 'not_utf8' THEN text_to_base64(line) END AS raw_base64,
  xxhash64(line) AS line_key,
  CASE WHEN problem IS NULL THEN unknown_fields(names) END AS shape_key,
  problem,
  read_declared(f) AS declared,
  f AS fields
FROM checked
