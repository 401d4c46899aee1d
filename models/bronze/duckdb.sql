-- The lines of a batch as text columns, one row per line that is not empty.
--
-- Reads `batch_lines` (file_number, line, and what ended the line besides LF), which the engine lays over the files of the batch, with
-- DuckDB's JSON functions. They are quick, but they take more than RFC 8259 allows and forget how a
-- number was written. A line that they might read wrongly gets the problem 'needs_exact_read': the
-- engine reads it again with its own strict reader before any model sees it. The conditions are
-- ordered so that ordinary flat lines pay for a few searches only.
WITH json AS (
  SELECT
    file_number,
    line,
    line_end,
    json_valid(line) AS is_json,
    json_transform(CASE WHEN json_valid(line) THEN line END,
      '{"event_id":"VARCHAR","user_id":"VARCHAR","session_id":"VARCHAR","event_type":"VARCHAR",
        "product_id":"VARCHAR","device":"VARCHAR","country":"VARCHAR","event_timestamp":"VARCHAR",
        "page_url":"VARCHAR","referrer":"VARCHAR","order_id":"VARCHAR","currency":"VARCHAR",
        "quantity":"VARCHAR","price":"VARCHAR"}') AS f
  FROM batch_lines
  WHERE line IS NOT NULL
),
searched AS (
  SELECT
    *,
    -- A flat object with texts only, or with numbers only in the fields that are read by value: most lines.
    -- Nothing can go wrong in it, and its length tells whether it has other members.
    CASE
      WHEN NOT is_json OR NOT starts_with(line, '{') THEN false
      WHEN ends_with(line, '"}') AND NOT regexp_matches(line, '"[ \t\r]*:[ \t\r]*[^" \t\r]') THEN true
      ELSE regexp_full_match(line, flat_object(ordinary_member(decimal_field_names())))
    END AS is_ordinary
  FROM json
),
judged AS (
  SELECT
    *,
    CASE
      WHEN is_ordinary THEN NULL
      -- What DuckDB rejects is not JSON; a line of white space is blank, which the exact reader tells.
      WHEN NOT is_json THEN CASE WHEN trim(line, e' \t\r\x0b\x0c') = '' THEN 'needs_exact_read' ELSE 'not_json' END
      -- Not an object, or white space before it.
      WHEN NOT starts_with(line, '{')
      -- Any of what may go wrong in a value: NaN or Infinity; a number whose text is lost (with a
      -- fraction or an exponent, or -0); an object or array. One search finds them all.
        OR CASE WHEN regexp_matches(line, ':[ \t]*(-?([nNiI][aAnN][nNfF]|[0-9]+[.eE][-+.0-9eE]*[ \t,}])|-0[ \t,}]|[[{])')
             -- Ordinary after all: a flat object whose only fractions are prices and the like.
             THEN CASE WHEN regexp_full_match(line, flat_object(plain_member(decimal_field_names()))) THEN false
               -- NaN or Infinity as a value, and numbers beyond a double's 15 digits.
               ELSE regexp_matches(line, '[:[][ \t]*-?([nNiI][aAnN][nNfF]|[0-9.]{17})')
               -- Trailing commas, and NaN or Infinity after a comma.
               OR regexp_matches(line, ',[ \t]*([]}]|-?[nNiI][aAnN][nNfF])')
               -- A number in a text field, which is rendered as another text than was sent.
               OR regexp_matches(line, '"(' || text_field_names() || ')"[ \t]*:[ \t]*-?([0-9]+[.eE]|0[ \t,}])')
               OR is_rounded_number(f.event_timestamp) OR is_rounded_number(f.quantity) OR is_rounded_number(f.price)
               -- An object or array where a scalar belongs, which arrives as its text.
               OR regexp_matches(line, '"(' || field_names() || ')"[ \t]*:[ \t]*[[{]')
               -- One of those fields by a name written with escapes.
               OR regexp_matches(line, '\\u[^"]*"[ \t]*:') END
             -- A flat object: a trailing comma can only be its last.
             ELSE NOT ends_with(line, '"}') AND regexp_matches(line, ',[ \t]*}[ \t]*$') END
      -- Nested deeper than every engine follows (1,000 levels).
        OR CASE WHEN strlen(line) > 2000 THEN len(regexp_extract_all(line, '[\[{]')) > 1000 ELSE false END
      THEN 'needs_exact_read'
    END AS problem
  FROM searched
)
SELECT
  file_number,
  line AS raw_text,
  line_end,
  CAST(NULL AS VARCHAR) AS raw_base64,
  hash(line, line_end) AS line_key,
  CASE
    WHEN NOT is_json THEN NULL
    -- As long as the members read, so that there is no other (the shortest, `,"":0`, takes 5 bytes; escapes, spaces
    -- and a quoted number only add to the length). Looking at all names costs much more.
    WHEN is_ordinary AND strlen(line) < 6
      + text_member_length('event_id', f.event_id) + text_member_length('user_id', f.user_id)
      + text_member_length('session_id', f.session_id) + text_member_length('event_type', f.event_type)
      + text_member_length('product_id', f.product_id) + text_member_length('device', f.device)
      + text_member_length('country', f.country) + text_member_length('event_timestamp', f.event_timestamp)
      + text_member_length('page_url', f.page_url) + text_member_length('referrer', f.referrer)
      + text_member_length('order_id', f.order_id) + text_member_length('currency', f.currency)
      + number_member_length('quantity', f.quantity) + number_member_length('price', f.price)
    THEN NULL
    ELSE hash(json_keys(CASE WHEN is_json THEN line END))
  END AS shape_key,
  problem,
  read_declared(CASE WHEN is_json THEN line END) AS declared,
  f.event_id, f.user_id, f.session_id, f.event_type, f.product_id, f.device, f.country,
  f.event_timestamp, f.page_url, f.referrer, f.order_id, f.currency, f.quantity, f.price
FROM judged
