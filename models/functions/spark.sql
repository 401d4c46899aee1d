-- Functions that the models need and Spark lacks or defines differently. Loaded into every session before
-- the models. Functions that are in duckdb.sql too have the same meaning there.
--
-- Spark computes what a function is given for every row, also where the call is in a branch of CASE. So a
-- condition that spares work belongs around the expression that is passed, not around the call.

-- Trims ASCII white space; null if nothing is left. ASCII only, so that all engines agree (they differ on
-- Unicode white space and on letters such as the Turkish dotted capital I).
CREATE OR REPLACE TEMPORARY FUNCTION trim_to_null(v STRING) RETURNS STRING
  RETURN nullif(btrim(v, ' \t\n\r\u000B\u000C'), '');

CREATE OR REPLACE TEMPORARY FUNCTION lower_ascii(v STRING) RETURNS STRING
  RETURN CASE WHEN octet_length(v) = char_length(v) THEN lower(v)
              ELSE translate(v, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') END;

CREATE OR REPLACE TEMPORARY FUNCTION upper_ascii(v STRING) RETURNS STRING
  RETURN CASE WHEN octet_length(v) = char_length(v) THEN upper(v)
              ELSE translate(v, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') END;

-- Null if the text is empty or only ASCII white space, else the text, not trimmed.
CREATE OR REPLACE TEMPORARY FUNCTION blank_to_null(v STRING) RETURNS STRING
  RETURN CASE WHEN v >= '!' THEN v
              WHEN btrim(v, ' \t\n\r\u000B\u000C') = '' THEN NULL
              ELSE v END;

-- A decimal number: digits with an optional sign and point; null for any other text.
CREATE OR REPLACE TEMPORARY FUNCTION is_plain_number(v STRING) RETURNS BOOLEAN
  RETURN v RLIKE r'\A[+-]?+(?:[0-9]++[.]?+[0-9]*+|[.][0-9]++)\z';

CREATE OR REPLACE TEMPORARY FUNCTION is_whole_number(v STRING) RETURNS BOOLEAN
  RETURN v RLIKE r'\A[+-]?+(?:[0-9]++(?:[.]0*+)?+|[.]0++)\z';

-- Rounded half away from zero to 2 decimals; null beyond 18 digits.
CREATE OR REPLACE TEMPORARY FUNCTION text_to_price(v STRING) RETURNS DECIMAL(18, 2)
  RETURN CASE WHEN is_plain_number(v) THEN try_cast(v AS DECIMAL(18, 2)) END;

-- A whole number (12 or 12.0) of 32 bits.
CREATE OR REPLACE TEMPORARY FUNCTION text_to_quantity(v STRING) RETURNS INT
  RETURN CASE WHEN is_whole_number(v) THEN try_cast(try_cast(v AS DECIMAL(18, 0)) AS INT) END;

-- Conversions for declared extra columns, named by type; null if the text has another form.
CREATE OR REPLACE TEMPORARY FUNCTION text_to_string(v STRING) RETURNS STRING RETURN v;
CREATE OR REPLACE TEMPORARY FUNCTION text_to_int(v STRING) RETURNS INT
  RETURN text_to_quantity(trim_to_null(v));
CREATE OR REPLACE TEMPORARY FUNCTION text_to_bigint(v STRING) RETURNS BIGINT
  RETURN CASE WHEN is_whole_number(trim_to_null(v))
              THEN try_cast(try_cast(trim_to_null(v) AS DECIMAL(38, 0)) AS BIGINT) END;
CREATE OR REPLACE TEMPORARY FUNCTION text_to_decimal(v STRING) RETURNS DECIMAL(18, 2)
  RETURN text_to_price(trim_to_null(v));
CREATE OR REPLACE TEMPORARY FUNCTION text_to_double(v STRING) RETURNS DOUBLE
  RETURN CASE WHEN trim_to_null(v) RLIKE r'\A[+-]?+(?:[0-9]++[.]?+[0-9]*+|[.][0-9]++)(?:[eE][+-]?+[0-9]++)?+\z'
               AND abs(try_cast(trim_to_null(v) AS DOUBLE)) < CAST('Infinity' AS DOUBLE)
              THEN try_cast(trim_to_null(v) AS DOUBLE) END;
CREATE OR REPLACE TEMPORARY FUNCTION text_to_boolean(v STRING) RETURNS BOOLEAN
  RETURN CASE lower_ascii(trim_to_null(v)) WHEN 'true' THEN true WHEN 'false' THEN false END;
CREATE OR REPLACE TEMPORARY FUNCTION text_to_date(v STRING) RETURNS DATE
  RETURN CASE WHEN trim_to_null(v) RLIKE r'\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z'
              THEN try_cast(trim_to_null(v) AS DATE) END;

-- Epoch seconds, milliseconds or microseconds, distinguished by size; digits beyond microseconds are
-- truncated. Larger numbers become the year 1 or 9999, which is outside every accepted range.
CREATE OR REPLACE TEMPORARY FUNCTION epoch_to_timestamp(n DECIMAL(38, 9)) RETURNS TIMESTAMP
  RETURN CASE
    WHEN abs(n) < 100000000000 THEN timestamp_micros(CAST(n * 1000000 AS BIGINT))
    WHEN abs(n) < 100000000000000 THEN timestamp_micros(CAST(n * 1000 AS BIGINT))
    WHEN abs(n) < 100000000000000000 THEN timestamp_micros(CAST(n AS BIGINT))
    WHEN n < 0 THEN TIMESTAMP '0001-01-01 00:00:00Z'
    ELSE TIMESTAMP '9999-12-31 00:00:00Z'
  END;

-- The UTC offset at the end of a text, in minutes; positive is ahead of UTC.
CREATE OR REPLACE TEMPORARY FUNCTION offset_minutes(v STRING) RETURNS BIGINT
  RETURN CASE WHEN regexp_extract(v, r'([+-])[0-9:]+\z', 1) = '-' THEN -1 ELSE 1 END
    * (COALESCE(try_cast(regexp_extract(v, r'[+-]([0-9]{2}):?([0-9]{2})?\z', 1) AS INT), 0) * 60
     + COALESCE(try_cast(regexp_extract(v, r'[+-]([0-9]{2}):?([0-9]{2})?\z', 2) AS INT), 0));

-- An instant: ISO 8601 with seconds, or an epoch; null for any other text. Patterns are checked first,
-- because a cast accepts too much (words, 24:00, single digits, names of time zones).
CREATE OR REPLACE TEMPORARY FUNCTION text_to_timestamp(v STRING) RETURNS TIMESTAMP
  RETURN CASE
    WHEN v RLIKE r'\A[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?+Z?+\z'
      THEN try_cast(v AS TIMESTAMP)
    WHEN v RLIKE r'\A[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?+(?: UTC|[+-](?:0[0-9]|1[0-3])(?::?[0-5][0-9])?|[+-]14(?::?00)?)\z'
      THEN timestamp_micros(
             unix_micros(try_cast(regexp_extract(v, r'\A[0-9-]{10}[T ][0-9:]{8}(?:[.][0-9]+)?', 0) AS TIMESTAMP))
             - offset_minutes(v) * 60000000)
    WHEN is_plain_number(v)
      THEN COALESCE(
             -- Casting the text of a date would be an exception in Java.
             epoch_to_timestamp(CASE WHEN NOT contains(v, ':')
               THEN try_cast(regexp_replace(v, r'([.][0-9]{9})[0-9]+\z', '$1') AS DECIMAL(38, 9)) END),
             CASE WHEN startswith(v, '-') THEN TIMESTAMP '0001-01-01 00:00:00Z'
                  ELSE TIMESTAMP '9999-12-31 00:00:00Z' END)
  END;

-- Decodes percent escapes in a part of a URL; a plus sign means a space. Returns the text unchanged if
-- the escapes are not UTF-8 or encode control characters.
CREATE OR REPLACE TEMPORARY FUNCTION url_text(v STRING) RETURNS STRING
  RETURN CASE WHEN NOT contains(v, '%') AND NOT contains(v, '+') THEN v
              WHEN v RLIKE r'\A(?s:[^%]|%[2-7][0-9A-Fa-f]|%[Cc][2-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Dd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee]0%[ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][1-9A-Ca-cEFef]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][Dd]%[89][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]0%[9ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff][1-3]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]4%8[0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f])*+\z' THEN url_decode(v)
              ELSE v END;

-- The first query parameter of this name in a URL; null: none, or blank.
CREATE OR REPLACE TEMPORARY FUNCTION url_parameter(url STRING, name STRING) RETURNS STRING
  RETURN blank_to_null(url_text(CASE WHEN contains(url, concat(name, '='))
              THEN regexp_extract(url, concat(r'\A[^#?]*+[?](?:[^#]*?&)??', name, '=([^&#]*)'), 1) END));

-- The first click id of an advertising network among the query parameters of a URL, with its name: gclid=abc.
CREATE OR REPLACE TEMPORARY FUNCTION url_click_id(url STRING) RETURNS STRING
  RETURN CASE WHEN contains(url, '?')
              THEN nullif(regexp_extract(url, r'\A[^#?]*+[?](?:[^#]*?&)??((?:gclid|dclid|gbraid|wbraid|msclkid|fbclid|ttclid|twclid|li_fat_id|epik)=[^&#]+)', 1), '') END;

-- The items of an event, as the reader returns them (src/engines/exact-items.ts): all values are text.
CREATE OR REPLACE TEMPORARY FUNCTION parsed_items(v STRING)
  RETURNS ARRAY<STRUCT<item_number: STRING, product_id: STRING, product_name: STRING, category: STRING, brand: STRING, variant: STRING, price: STRING, quantity: STRING>>
  RETURN from_json(v, 'ARRAY<STRUCT<item_number: STRING, product_id: STRING, product_name: STRING, category: STRING, brand: STRING, variant: STRING, price: STRING, quantity: STRING>>');

-- The sort key of events within a session: time, then the bytes of the id.
CREATE OR REPLACE TEMPORARY FUNCTION event_order(t TIMESTAMP, id STRING)
  RETURNS STRUCT<t: TIMESTAMP, id: STRING>
  RETURN named_struct('t', t, 'id', id);

-- The first of the instants that is not earlier than t; null: none.
CREATE OR REPLACE TEMPORARY FUNCTION first_not_before(times ARRAY<TIMESTAMP>, t TIMESTAMP) RETURNS TIMESTAMP
  RETURN array_min(filter(times, x -> x >= t));

-- The owner of the derived session that an event belongs to: its device, else its user, else (if every session
-- is derived) its session id as sent.
CREATE OR REPLACE TEMPORARY FUNCTION session_owner(anonymous_id STRING, user_id STRING, session_id STRING) RETURNS STRING
  RETURN COALESCE('anonymous_id=' || anonymous_id, 'user_id=' || user_id, 'session_id=' || session_id);

-- The session id as sent. If it looks like the id of a derived session, it gets a prefix.
CREATE OR REPLACE TEMPORARY FUNCTION sent_session_id(id STRING) RETURNS STRING
  RETURN CASE WHEN startswith(id, 'anonymous_id=') OR startswith(id, 'user_id=') OR startswith(id, 'session_id=')
              THEN 'session_id=' || id ELSE id END;

-- The id of a derived session.
CREATE OR REPLACE TEMPORARY FUNCTION derived_session_id(owner STRING, started_at TIMESTAMP) RETURNS STRING
  RETURN owner || '@' || CAST(unix_micros(started_at) AS STRING);

-- A user with the event that names it, as one value.
CREATE OR REPLACE TEMPORARY FUNCTION identification(u STRING, t TIMESTAMP, id STRING)
  RETURNS STRUCT<user_id: STRING, identified_at: TIMESTAMP, identified_by: STRING>
  RETURN named_struct('user_id', u, 'identified_at', t, 'identified_by', id);

-- What a session has of its first event, as one value.
CREATE OR REPLACE TEMPORARY FUNCTION place(d STRING, c STRING, o STRING)
  RETURNS STRUCT<device: STRING, country: STRING, derived_from: STRING>
  RETURN named_struct('device', d, 'country', c, 'derived_from', o);

-- The UTC date of an instant.
CREATE OR REPLACE TEMPORARY FUNCTION utc_date(t TIMESTAMP) RETURNS DATE RETURN CAST(t AS DATE);

-- The Monday of a date's week, and the number of weeks from one Monday to another.
CREATE OR REPLACE TEMPORARY FUNCTION week_of(d DATE) RETURNS DATE RETURN date_sub(d, weekday(d));
CREATE OR REPLACE TEMPORARY FUNCTION weeks_between(a DATE, b DATE) RETURNS INT RETURN datediff(b, a) DIV 7;

-- The number of days from one date to another.
CREATE OR REPLACE TEMPORARY FUNCTION days_between(a DATE, b DATE) RETURNS INT RETURN datediff(b, a);

-- Seconds from a to b, truncated to milliseconds.
CREATE OR REPLACE TEMPORARY FUNCTION seconds_between(a TIMESTAMP, b TIMESTAMP) RETURNS DECIMAL(18, 3)
  RETURN CAST(CAST((unix_micros(b) - unix_micros(a)) div 1000 AS DECIMAL(18, 3)) / 1000 AS DECIMAL(18, 3));

-- A rate is null when there is nothing to divide by.
CREATE OR REPLACE TEMPORARY FUNCTION rate(part BIGINT, whole BIGINT) RETURNS DOUBLE
  RETURN CASE WHEN whole > 0 THEN CAST(part AS DOUBLE) / CAST(whole AS DOUBLE) END;

-- Price x quantity; a missing quantity counts as one. The type is wide enough for any price, quantity and sum.
CREATE OR REPLACE TEMPORARY FUNCTION paid(price DECIMAL(18, 2), quantity INT) RETURNS DECIMAL(38, 2)
  RETURN CAST(price AS DECIMAL(28, 2)) * CAST(COALESCE(quantity, 1) AS DECIMAL(10, 0));

-- A sum of money as a column holds it: capped at 16 digits before the point, so that one absurd price
-- cannot stop a run; zero when there is nothing to add.
CREATE OR REPLACE TEMPORARY FUNCTION money(v DECIMAL(38, 2)) RETURNS DECIMAL(18, 2)
  RETURN CAST(least(greatest(COALESCE(v, 0.00), -9999999999999999.99), 9999999999999999.99) AS DECIMAL(18, 2));

-- A purchase with a negative amount is a refund. The amount is order_value, else price x quantity of the event
-- itself. For a list of products only order_value counts.
CREATE OR REPLACE TEMPORARY FUNCTION is_refund(event_type STRING, order_value DECIMAL(18, 2), price DECIMAL(18, 2), quantity INT)
  RETURNS BOOLEAN
  RETURN CASE WHEN event_type = 'refund' THEN true
              WHEN event_type = 'purchase' THEN COALESCE(COALESCE(order_value, paid(price, quantity)) < 0, false)
              ELSE false END;

-- True if both currencies are known and differ. A missing currency counts as that of the order.
CREATE OR REPLACE TEMPORARY FUNCTION is_other_currency(sent STRING, of_order STRING) RETURNS BOOLEAN
  RETURN COALESCE(sent <> of_order, false);

-- Whether an order id is probably a placeholder.
CREATE OR REPLACE TEMPORARY FUNCTION is_suspicious_order(id STRING, deliveries BIGINT) RETURNS BOOLEAN
  RETURN deliveries >= 100
    OR (deliveries > 1 AND lower_ascii(id) IN ('0', '-', 'undefined', 'null', 'none', 'nan', 'n/a', '(not set)', 'unknown', 'test'));

-- A sum of quantities in the type of the columns: capped at 32 bits.
CREATE OR REPLACE TEMPORARY FUNCTION limited_quantity(n BIGINT) RETURNS INT
  RETURN CAST(least(greatest(n, -2147483648), 2147483647) AS INT);

-- The UTF-8 bytes of a text, as Base64.
CREATE OR REPLACE TEMPORARY FUNCTION text_to_base64(v STRING) RETURNS STRING
  RETURN translate(base64(CAST(v AS BINARY)), '\r\n', '');

-- A 64-bit hash to find candidates. Never stored, because engines compute different ones.
CREATE OR REPLACE TEMPORARY FUNCTION text_hash(v STRING) RETURNS BIGINT RETURN xxhash64(v);

-- The host of a URL, without www., user name, password and port; null: it has none.
CREATE OR REPLACE TEMPORARY FUNCTION url_site(url STRING) RETURNS STRING
  RETURN nullif(regexp_replace(lower_ascii(CASE WHEN contains(url, '://')
       THEN regexp_extract(url, '^[^:/?#]+://(?:[^/?#]*@)?(\\[[^\\]/?#]*\\]|[^/?#:@]*)', 1) END), '^www[.]', ''), '');

-- The path of a URL, without the query.
CREATE OR REPLACE TEMPORARY FUNCTION url_path(url STRING) RETURNS STRING
  RETURN COALESCE(nullif(regexp_extract(url, '^(?:[^:/?#]+://[^/?#]*)?([^?#]*)', 1), ''), '/');

-- The name of a search engine from its host: google for google.co.uk.
CREATE OR REPLACE TEMPORARY FUNCTION search_engine(site STRING) RETURNS STRING
  RETURN COALESCE(nullif(regexp_extract(site, '(?:^|[.])([a-z0-9-]{4,}|[a-z0-9-]+)[.](?:com?[.])?[a-z]{2,3}\\z', 1), ''), site);

-- Source and medium of a click id. Some networks add one to every link on their site, not only to ads.
CREATE OR REPLACE TEMPORARY FUNCTION click_source(click STRING) RETURNS STRING
  RETURN CASE split_part(click, '=', 1)
    WHEN 'gclid' THEN 'google' WHEN 'gbraid' THEN 'google' WHEN 'wbraid' THEN 'google' WHEN 'dclid' THEN 'google'
    WHEN 'msclkid' THEN 'bing' WHEN 'fbclid' THEN 'facebook' WHEN 'ttclid' THEN 'tiktok' WHEN 'twclid' THEN 'twitter'
    WHEN 'li_fat_id' THEN 'linkedin' WHEN 'epik' THEN 'pinterest' ELSE '(not set)' END;

CREATE OR REPLACE TEMPORARY FUNCTION click_medium(click STRING) RETURNS STRING
  RETURN CASE split_part(click, '=', 1) WHEN 'dclid' THEN 'display' WHEN 'fbclid' THEN 'social' WHEN 'epik' THEN 'social' ELSE 'cpc' END;

-- The first page of a visit and its referrer, as one value.
CREATE OR REPLACE TEMPORARY FUNCTION entry(page STRING, link STRING) RETURNS STRUCT<page_url: STRING, referrer: STRING>
  RETURN named_struct('page_url', page, 'referrer', link);

-- A session as one value that sorts the sessions of a visitor.
CREATE OR REPLACE TEMPORARY FUNCTION session_mark(started_at BIGINT, session_id STRING, channel STRING)
  RETURNS STRUCT<started_at: BIGINT, session_id: STRING, channel: STRING>
  RETURN named_struct('started_at', started_at, 'session_id', session_id, 'channel', channel);

-- Campaign fields and click id of a link, as one value.
CREATE OR REPLACE TEMPORARY FUNCTION link_tags(s STRING, m STRING, n STRING, c STRING)
  RETURNS STRUCT<source: STRING, medium: STRING, name: STRING, click: STRING>
  RETURN named_struct('source', s, 'medium', m, 'name', n, 'click', c);
