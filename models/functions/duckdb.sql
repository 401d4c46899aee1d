-- What the models need and DuckDB lacks or does differently. Loaded into every session before the
-- models. Each function has a twin of the same name and meaning in the other engine's file, which has
-- some more for the fields of the contract: here those arrive typed (src/bronze/field-values.ts).
-- A macro is textual: an argument used twice is evaluated twice, so models pass plain columns.

-- Spark's name for an instant: what the engines call TIMESTAMP has no time zone here.
CREATE TEMP TYPE TIMESTAMP_LTZ AS TIMESTAMPTZ;

-- Text without the ASCII white space around it; null when nothing is left. ASCII only, so that every
-- engine does the same (engines differ on Unicode white space and on letters such as the Turkish
-- dotted capital I).
CREATE OR REPLACE TEMP MACRO trim_to_null(v) AS
  CASE WHEN v >= '!' AND v[-1] >= '!' THEN v
       ELSE nullif(trim(v, e' \t\n\r\x0b\x0c'), '') END;

CREATE OR REPLACE TEMP MACRO lower_ascii(v) AS
  CASE WHEN strlen(v) = length(v) THEN lower(v)
       ELSE translate(v, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') END;

CREATE OR REPLACE TEMP MACRO upper_ascii(v) AS
  CASE WHEN strlen(v) = length(v) THEN upper(v)
       ELSE translate(v, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') END;

-- Numbers: plain decimal digits with an optional sign and point. Null when the text is not one.
CREATE OR REPLACE TEMP MACRO is_plain_number(v) AS
  regexp_full_match(v, '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)');

-- Rounded half away from zero to 2 decimals; null beyond 18 digits.
CREATE OR REPLACE TEMP MACRO text_to_price(v) AS
  CASE WHEN is_plain_number(v) THEN TRY_CAST(v AS DECIMAL(18,2)) END;

-- A whole number (12 or 12.0) of 32 bits.
CREATE OR REPLACE TEMP MACRO text_to_quantity(v) AS
  CASE WHEN regexp_full_match(v, '[+-]?([0-9]+([.]0*)?|[.]0+)')
       THEN TRY_CAST(TRY_CAST(v AS DECIMAL(18,0)) AS INTEGER) END;

-- Declared columns, by the name of their type: null for text of another form.
CREATE OR REPLACE TEMP MACRO text_to_string(v) AS v;
CREATE OR REPLACE TEMP MACRO text_to_int(v) AS text_to_quantity(trim_to_null(v));
CREATE OR REPLACE TEMP MACRO text_to_bigint(v) AS
  CASE WHEN regexp_full_match(trim_to_null(v), '[+-]?([0-9]+([.]0*)?|[.]0+)')
       THEN TRY_CAST(TRY_CAST(trim_to_null(v) AS DECIMAL(38,0)) AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO text_to_decimal(v) AS text_to_price(trim_to_null(v));
CREATE OR REPLACE TEMP MACRO text_to_double(v) AS
  CASE WHEN regexp_full_match(trim_to_null(v), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?')
       THEN TRY_CAST(trim_to_null(v) AS DOUBLE) END;
CREATE OR REPLACE TEMP MACRO text_to_boolean(v) AS
  CASE lower_ascii(trim_to_null(v)) WHEN 'true' THEN true WHEN 'false' THEN false END;
CREATE OR REPLACE TEMP MACRO text_to_date(v) AS
  CASE WHEN regexp_full_match(trim_to_null(v), '[0-9]{4}-[0-9]{2}-[0-9]{2}')
       THEN TRY_CAST(trim_to_null(v) AS DATE) END;

-- Epoch seconds, milliseconds or microseconds, told apart by size; digits beyond microseconds are
-- cut off. A number beyond microseconds of this size becomes the year 1 or 9999, out of every range.
CREATE OR REPLACE TEMP MACRO epoch_to_timestamp(n) AS
  CASE
    WHEN abs(n) < 100000000000 THEN CAST(make_timestamp(CAST(trunc(n * 1000000) AS BIGINT)) AS TIMESTAMPTZ)
    WHEN abs(n) < 100000000000000 THEN CAST(make_timestamp(CAST(trunc(n * 1000) AS BIGINT)) AS TIMESTAMPTZ)
    WHEN abs(n) < 100000000000000000 THEN CAST(make_timestamp(CAST(trunc(n) AS BIGINT)) AS TIMESTAMPTZ)
    WHEN n < 0 THEN TIMESTAMPTZ '0001-01-01 00:00:00+00'
    ELSE TIMESTAMPTZ '9999-12-31 00:00:00+00'
  END;

-- An instant: ISO 8601 with seconds, or an epoch; null when the text is neither. The patterns come
-- first because a cast alone takes too much (words, 24:00, single digits, names of zones).
CREATE OR REPLACE TEMP MACRO text_to_timestamp(v) AS
  CASE
    -- The common form needs no pattern: in this shape the cast accepts digits only.
    WHEN v LIKE '____-__-__T__:__:__.___Z' AND v >= '0' AND v NOT LIKE '___________24%'
      THEN TRY_CAST(v AS TIMESTAMPTZ)
    WHEN regexp_full_match(v, '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?Z?')
      THEN CAST(TRY_CAST(v AS TIMESTAMP) AS TIMESTAMPTZ)
    WHEN regexp_full_match(v, '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?( UTC|[+-](0[0-9]|1[0-3])(:?[0-5][0-9])?|[+-]14(:?00)?)')
      THEN CAST(TRY_CAST(regexp_extract(v, '^[0-9-]{10}[T ][0-9:]{8}([.][0-9]+)?') AS TIMESTAMP) AS TIMESTAMPTZ)
         - to_minutes(
             CASE WHEN regexp_extract(v, '([+-])[0-9:]+$', 1) = '-' THEN -1 ELSE 1 END
             * ( COALESCE(TRY_CAST(regexp_extract(v, '[+-]([0-9]{2}):?([0-9]{2})?$', 1) AS INTEGER), 0) * 60
               + COALESCE(TRY_CAST(regexp_extract(v, '[+-]([0-9]{2}):?([0-9]{2})?$', 2) AS INTEGER), 0)))
    WHEN is_plain_number(v)
      THEN COALESCE(
             epoch_to_timestamp(TRY_CAST(regexp_replace(v, '([.][0-9]{9})[0-9]+$', '\1') AS DECIMAL(38, 9))),
             CASE WHEN starts_with(v, '-') THEN TIMESTAMPTZ '0001-01-01 00:00:00+00'
                  ELSE TIMESTAMPTZ '9999-12-31 00:00:00+00' END)
  END;

-- Null for text that is empty or only ASCII white space, else the text untrimmed.
CREATE OR REPLACE TEMP MACRO blank_to_null(v) AS CASE WHEN trim_to_null(v) IS NOT NULL THEN v END;
-- A part of a web address without its percent escapes: a plus sign means a space. An address whose escapes
-- are not UTF-8, or stand for control characters, stays as it is.
CREATE OR REPLACE TEMP MACRO url_text(v) AS
  CASE WHEN NOT contains(v, '%') AND NOT contains(v, '+') THEN v
       WHEN regexp_full_match(v, '(?:[^%]|%[2-7][0-9A-Fa-f]|%[Cc][2-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Dd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee]0%[ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][1-9A-Ca-cEFef]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][Dd]%[89][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]0%[9ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff][1-3]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]4%8[0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f])*') THEN url_decode(replace(v, '+', ' '))
       ELSE v END;

-- The first parameter of this name in the query of a web address; null: none, or blank.
CREATE OR REPLACE TEMP MACRO url_parameter(url, name) AS
  CASE WHEN contains(url, name || '=')
       THEN blank_to_null(url_text(regexp_extract(url, '^[^#?]*[?](?:[^#]*?&)??' || name || '=([^&#]*)', 1, 's'))) END;

-- The first click id of an advertising network in the query of a web address, with its name: gclid=abc.
CREATE OR REPLACE TEMP MACRO url_click_id(url) AS
  CASE WHEN contains(url, '?')
       THEN nullif(regexp_extract(url, '^[^#?]*[?](?:[^#]*?&)??((?:gclid|dclid|gbraid|wbraid|msclkid|fbclid|ttclid|twclid|li_fat_id|epik)=[^&#]+)', 1, 's'), '') END;

-- The items of an event, as a record's reader leaves them (src/engines/exact-items.ts): all texts.
CREATE OR REPLACE TEMP MACRO parsed_items(v) AS
  from_json(v, '[{"item_number": "VARCHAR", "product_id": "VARCHAR", "product_name": "VARCHAR", "category": "VARCHAR", "brand": "VARCHAR", "variant": "VARCHAR", "price": "VARCHAR", "quantity": "VARCHAR"}]');

-- A row for each element of an array.
CREATE OR REPLACE TEMP MACRO explode(v) AS unnest(v);

-- The order of events within a session: by time, then by the bytes of the id. As one text, which is quicker
-- to compare than a row of both; from 2000 to the year 4821 all times have 17 digits.
CREATE OR REPLACE TEMP MACRO event_order(t, id) AS concat(CAST(epoch_us(t) + 10000000000000000 AS VARCHAR), id);

-- Whose derived session an event belongs to: the device's, else the user's. (The session's id as sent is left
-- where every session is derived.)
CREATE OR REPLACE TEMP MACRO session_owner(anonymous_id, user_id, session_id) AS
  COALESCE('anonymous_id=' || anonymous_id, 'user_id=' || user_id, 'session_id=' || session_id);

-- A session's id as the shop sends it: one that looks like that of a derived session is told from it.
CREATE OR REPLACE TEMP MACRO sent_session_id(id) AS
  CASE WHEN starts_with(id, 'anonymous_id=') OR starts_with(id, 'user_id=') OR starts_with(id, 'session_id=')
       THEN 'session_id=' || id ELSE id END;

-- The id of a derived session.
CREATE OR REPLACE TEMP MACRO derived_session_id(owner, started_at) AS
  owner || '@' || CAST(epoch_us(started_at) AS VARCHAR);

-- Which event named which user, as one value.
CREATE OR REPLACE TEMP MACRO identification(u, t, id) AS
  {'user_id': u, 'identified_at': t, 'identified_by': id};

-- Where an event comes from, as one value.
CREATE OR REPLACE TEMP MACRO place(d, c) AS {'device': d, 'country': c};

-- The UTC date of an instant. (A cast asks the calendar of the session's time zone, at 20 times the price.)
CREATE OR REPLACE TEMP MACRO utc_date(t) AS CAST(make_timestamp(epoch_us(t)) AS DATE);

-- The Monday of a date's week, and weeks from one Monday to another.
CREATE OR REPLACE TEMP MACRO week_of(d) AS d - CAST(isodow(d) - 1 AS INTEGER);
CREATE OR REPLACE TEMP MACRO weeks_between(a, b) AS (b - a) // 7;

-- Days from a date to another.
CREATE OR REPLACE TEMP MACRO days_between(a, b) AS CAST(b - a AS INTEGER);

-- Seconds from a to b, cut to milliseconds.
CREATE OR REPLACE TEMP MACRO seconds_between(a, b) AS
  CAST(CAST((epoch_us(b) - epoch_us(a)) // 1000 AS DECIMAL(18, 3)) / 1000 AS DECIMAL(18, 3));

-- A rate is null when there is nothing to divide by.
CREATE OR REPLACE TEMP MACRO rate(part, whole) AS
  CASE WHEN whole > 0 THEN CAST(part AS DOUBLE) / CAST(whole AS DOUBLE) END;

-- What was paid: no quantity counts as one. Wide enough for any price and quantity, and for their sums.
CREATE OR REPLACE TEMP MACRO paid(price, quantity) AS
  CAST(price AS DECIMAL(28, 2)) * CAST(COALESCE(quantity, 1) AS DECIMAL(10, 0));

-- A sum of money as a column holds it: cut off at 16 digits before the point, so that one absurd price
-- cannot stop a run; zero when there is nothing to add.
CREATE OR REPLACE TEMP MACRO money(v) AS
  CAST(least(greatest(COALESCE(v, 0), -9999999999999999.99), 9999999999999999.99) AS DECIMAL(18, 2));

-- A purchase of a negative amount is a refund. The amount is the order's, else price x quantity of the event
-- itself; of a list of products only order_value tells.
CREATE OR REPLACE TEMP MACRO is_refund(event_type, order_value, price, quantity) AS
  CASE WHEN event_type = 'refund' THEN true
       WHEN event_type = 'purchase' THEN COALESCE(COALESCE(order_value, paid(price, quantity)) < 0, false)
       ELSE false END;

-- Whether an amount is known to be in another currency than its order.
CREATE OR REPLACE TEMP MACRO is_other_currency(sent, of_order) AS COALESCE(sent <> of_order, false);

-- Whether an order id may stand for no order.
CREATE OR REPLACE TEMP MACRO is_suspicious_order(id, deliveries) AS
  deliveries >= 100
  OR (deliveries > 1 AND lower_ascii(id) IN ('0', '-', 'undefined', 'null', 'none', 'nan', 'n/a', '(not set)', 'unknown', 'test'));

-- A sum of quantities as a column holds it: cut off at 32 bits.
CREATE OR REPLACE TEMP MACRO limited_quantity(n) AS
  CAST(least(greatest(n, -2147483648), 2147483647) AS INTEGER);

-- Instants as microseconds since the epoch, and back.
CREATE OR REPLACE TEMP MACRO unix_micros(t) AS epoch_us(t);
CREATE OR REPLACE TEMP MACRO timestamp_micros(us) AS CAST(make_timestamp(CAST(us AS BIGINT)) AS TIMESTAMPTZ);

-- The UTF-8 bytes of a text, as Base64.
CREATE OR REPLACE TEMP MACRO text_to_base64(v) AS to_base64(encode(v));

-- A 64-bit hash, for finding candidates; never stored.
CREATE OR REPLACE TEMP MACRO text_hash(v) AS hash(v);

-- The site of a web address, without www.; null: it has none.
CREATE OR REPLACE TEMP MACRO url_site(url) AS
  CASE WHEN contains(url, '://')
       THEN nullif(regexp_replace(lower_ascii(regexp_extract(url, '^[^:/?#]+://([^/?#:]+)', 1)), '^www[.]', ''), '') END;

-- The path of a web address, without its query.
CREATE OR REPLACE TEMP MACRO url_path(url) AS
  COALESCE(nullif(regexp_extract(url, '^(?:[^:/?#]+://[^/?#]*)?([^?#]*)', 1), ''), '/');

-- The name of a search engine by its site: google for google.co.uk.
CREATE OR REPLACE TEMP MACRO search_engine(site) AS
  COALESCE(nullif(regexp_extract(site, '(?:^|[.])([a-z0-9-]{4,}|[a-z0-9-]+)[.](?:com?[.])?[a-z]{2,3}$', 1), ''), site);

-- Where the click of an id came from, and how it was paid for. Some networks add theirs to every link of their site.
CREATE OR REPLACE TEMP MACRO click_source(click) AS
  CASE split_part(click, '=', 1)
    WHEN 'gclid' THEN 'google' WHEN 'gbraid' THEN 'google' WHEN 'wbraid' THEN 'google' WHEN 'dclid' THEN 'google'
    WHEN 'msclkid' THEN 'bing' WHEN 'fbclid' THEN 'facebook' WHEN 'ttclid' THEN 'tiktok' WHEN 'twclid' THEN 'twitter'
    WHEN 'li_fat_id' THEN 'linkedin' WHEN 'epik' THEN 'pinterest' ELSE '(not set)' END;

CREATE OR REPLACE TEMP MACRO click_medium(click) AS
  CASE split_part(click, '=', 1) WHEN 'dclid' THEN 'display' WHEN 'fbclid' THEN 'social' WHEN 'epik' THEN 'social' ELSE 'cpc' END;

-- The page a visit began with and where its link was, as one value.
CREATE OR REPLACE TEMP MACRO entry(page, link) AS {'page_url': page, 'referrer': link};

-- A session among its visitor's, as one value that is in their order.
CREATE OR REPLACE TEMP MACRO session_mark(started_at, session_id, channel) AS
  {'started_at': started_at, 'session_id': session_id, 'channel': channel};

-- What a link says of where it stood, as one value.
CREATE OR REPLACE TEMP MACRO link_tags(s, m, n, c) AS {'source': s, 'medium': m, 'name': n, 'click': c};
