-- Functions that the models need and DuckDB lacks or defines differently. Loaded into every session before
-- the models. spark.sql defines the same functions, and more for the fields of the contract, which arrive
-- typed here (src/bronze/field-values.ts).
-- DuckDB substitutes macro arguments as text: one used twice is evaluated twice, so models pass plain columns.

-- Spark's name for an instant. In DuckDB, TIMESTAMP has no time zone.
CREATE TYPE TIMESTAMP_LTZ AS TIMESTAMPTZ;

-- Trims ASCII white space; null if nothing is left. ASCII only, so that all engines agree (they differ on
-- Unicode white space and on letters such as the Turkish dotted capital I).
CREATE OR REPLACE MACRO trim_to_null(v) AS
  CASE WHEN v >= '!' AND v[-1] >= '!' THEN v
       ELSE nullif(trim(v, e' \t\n\r\x0b\x0c'), '') END;

CREATE OR REPLACE MACRO lower_ascii(v) AS
  CASE WHEN strlen(v) = length(v) THEN lower(v)
       ELSE translate(v, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') END;

CREATE OR REPLACE MACRO upper_ascii(v) AS
  CASE WHEN strlen(v) = length(v) THEN upper(v)
       ELSE translate(v, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') END;

-- A decimal number: digits with an optional sign and point; null for any other text.
CREATE OR REPLACE MACRO is_plain_number(v) AS
  regexp_full_match(v, '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)');

-- Rounded half away from zero to 2 decimals; null beyond 18 digits.
CREATE OR REPLACE MACRO text_to_price(v) AS
  CASE WHEN is_plain_number(v) THEN TRY_CAST(v AS DECIMAL(18,2)) END;

-- A whole number (12 or 12.0) of 32 bits.
CREATE OR REPLACE MACRO text_to_quantity(v) AS
  CASE WHEN regexp_full_match(v, '[+-]?([0-9]+([.]0*)?|[.]0+)')
       THEN TRY_CAST(TRY_CAST(v AS DECIMAL(18,0)) AS INTEGER) END;

-- Conversions for declared extra columns, named by type; null if the text has another form.
CREATE OR REPLACE MACRO text_to_string(v) AS v;
CREATE OR REPLACE MACRO text_to_int(v) AS text_to_quantity(trim_to_null(v));
CREATE OR REPLACE MACRO text_to_bigint(v) AS
  CASE WHEN regexp_full_match(trim_to_null(v), '[+-]?([0-9]+([.]0*)?|[.]0+)')
       THEN TRY_CAST(TRY_CAST(trim_to_null(v) AS DECIMAL(38,0)) AS BIGINT) END;
CREATE OR REPLACE MACRO text_to_decimal(v) AS text_to_price(trim_to_null(v));
CREATE OR REPLACE MACRO text_to_double(v) AS
  CASE WHEN regexp_full_match(trim_to_null(v), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?')
       THEN TRY_CAST(trim_to_null(v) AS DOUBLE) END;
CREATE OR REPLACE MACRO text_to_boolean(v) AS
  CASE lower_ascii(trim_to_null(v)) WHEN 'true' THEN true WHEN 'false' THEN false END;
CREATE OR REPLACE MACRO text_to_date(v) AS
  CASE WHEN regexp_full_match(trim_to_null(v), '[0-9]{4}-[0-9]{2}-[0-9]{2}')
       THEN TRY_CAST(trim_to_null(v) AS DATE) END;

-- Epoch seconds, milliseconds or microseconds, distinguished by size; digits beyond microseconds are
-- truncated. Larger numbers become the year 1 or 9999, which is outside every accepted range.
CREATE OR REPLACE MACRO epoch_to_timestamp(n) AS
  CASE
    WHEN abs(n) < 100000000000 THEN CAST(make_timestamp(CAST(trunc(n * 1000000) AS BIGINT)) AS TIMESTAMPTZ)
    WHEN abs(n) < 100000000000000 THEN CAST(make_timestamp(CAST(trunc(n * 1000) AS BIGINT)) AS TIMESTAMPTZ)
    WHEN abs(n) < 100000000000000000 THEN CAST(make_timestamp(CAST(trunc(n) AS BIGINT)) AS TIMESTAMPTZ)
    WHEN n < 0 THEN TIMESTAMPTZ '0001-01-01 00:00:00+00'
    ELSE TIMESTAMPTZ '9999-12-31 00:00:00+00'
  END;

-- An instant: ISO 8601 with seconds, or an epoch; null for any other text. Patterns are checked first,
-- because a cast accepts too much (words, 24:00, single digits, names of time zones).
CREATE OR REPLACE MACRO text_to_timestamp(v) AS
  CASE
    -- The common form needs no pattern: with this length and these separators the cast accepts only digits.
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

-- Null if the text is empty or only ASCII white space, else the text, not trimmed.
CREATE OR REPLACE MACRO blank_to_null(v) AS CASE WHEN trim_to_null(v) IS NOT NULL THEN v END;
-- Decodes percent escapes in a part of a URL; a plus sign means a space. Returns the text unchanged if
-- the escapes are not UTF-8 or encode control characters.
CREATE OR REPLACE MACRO url_text(v) AS
  CASE WHEN NOT contains(v, '%') AND NOT contains(v, '+') THEN v
       WHEN regexp_full_match(v, '(?:[^%]|%[2-7][0-9A-Fa-f]|%[Cc][2-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Dd][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee]0%[ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][1-9A-Ca-cEFef]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ee][Dd]%[89][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]0%[9ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff][1-3]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f]|%[Ff]4%8[0-9A-Fa-f]%[89ABab][0-9A-Fa-f]%[89ABab][0-9A-Fa-f])*') THEN url_decode(replace(v, '+', ' '))
       ELSE v END;

-- The first query parameter of this name in a URL; null: none, or blank.
CREATE OR REPLACE MACRO url_parameter(url, name) AS
  CASE WHEN contains(url, name || '=')
       THEN blank_to_null(url_text(regexp_extract(url, '^[^#?]*[?](?:[^#]*?&)??' || name || '=([^&#]*)', 1, 's'))) END;

-- The first click id of an advertising network among the query parameters of a URL, with its name: gclid=abc.
CREATE OR REPLACE MACRO url_click_id(url) AS
  CASE WHEN contains(url, '?')
       THEN nullif(regexp_extract(url, '^[^#?]*[?](?:[^#]*?&)??((?:gclid|dclid|gbraid|wbraid|msclkid|fbclid|ttclid|twclid|li_fat_id|epik)=[^&#]+)', 1, 's'), '') END;

-- The items of an event, as the reader returns them (src/engines/exact-items.ts): all values are text.
CREATE OR REPLACE MACRO parsed_items(v) AS
  from_json(v, '[{"item_number": "VARCHAR", "product_id": "VARCHAR", "product_name": "VARCHAR", "category": "VARCHAR", "brand": "VARCHAR", "variant": "VARCHAR", "price": "VARCHAR", "quantity": "VARCHAR"}]');

-- One row per element of an array.
CREATE OR REPLACE MACRO explode(v) AS unnest(v);

-- The sort key of events within a session: time, then the bytes of the id. One text is faster to compare
-- than a row of both. The added number gives all times from 2000 to the year 4821 the same 17 digits.
CREATE OR REPLACE MACRO event_order(t, id) AS concat(CAST(epoch_us(t) + 10000000000000000 AS VARCHAR), id);

-- The first of the instants that is not earlier than t; null: none.
CREATE OR REPLACE MACRO first_not_before(times, t) AS list_min(list_filter(times, lambda x: x >= t));

-- The owner of the derived session that an event belongs to: its device, else its user, else (if every session
-- is derived) its session id as sent.
CREATE OR REPLACE MACRO session_owner(anonymous_id, user_id, session_id) AS
  COALESCE('anonymous_id=' || anonymous_id, 'user_id=' || user_id, 'session_id=' || session_id);

-- The session id as sent. If it looks like the id of a derived session, it gets a prefix.
CREATE OR REPLACE MACRO sent_session_id(id) AS
  CASE WHEN starts_with(id, 'anonymous_id=') OR starts_with(id, 'user_id=') OR starts_with(id, 'session_id=')
       THEN 'session_id=' || id ELSE id END;

-- The id of a derived session.
CREATE OR REPLACE MACRO derived_session_id(owner, started_at) AS
  owner || '@' || CAST(epoch_us(started_at) AS VARCHAR);

-- A user with the event that names it, as one value.
CREATE OR REPLACE MACRO identification(u, t, id) AS
  {'user_id': u, 'identified_at': t, 'identified_by': id};

-- What a session has of its first event, as one value.
CREATE OR REPLACE MACRO place(d, c, o) AS {'device': d, 'country': c, 'derived_from': o};

-- The UTC date of an instant. (A cast uses the calendar of the session's time zone and takes 20 times as long.)
CREATE OR REPLACE MACRO utc_date(t) AS CAST(make_timestamp(epoch_us(t)) AS DATE);

-- The Monday of a date's week, and the number of weeks from one Monday to another.
CREATE OR REPLACE MACRO week_of(d) AS d - CAST(isodow(d) - 1 AS INTEGER);
CREATE OR REPLACE MACRO weeks_between(a, b) AS (b - a) // 7;

-- The number of days from one date to another.
CREATE OR REPLACE MACRO days_between(a, b) AS CAST(b - a AS INTEGER);

-- Seconds from a to b, truncated to milliseconds.
CREATE OR REPLACE MACRO seconds_between(a, b) AS
  CAST(CAST((epoch_us(b) - epoch_us(a)) // 1000 AS DECIMAL(18, 3)) / 1000 AS DECIMAL(18, 3));

-- A rate is null when there is nothing to divide by.
CREATE OR REPLACE MACRO rate(part, whole) AS
  CASE WHEN whole > 0 THEN CAST(part AS DOUBLE) / CAST(whole AS DOUBLE) END;

-- Price x quantity; a missing quantity counts as one. The type is wide enough for any price, quantity and sum.
CREATE OR REPLACE MACRO paid(price, quantity) AS
  CAST(price AS DECIMAL(28, 2)) * CAST(COALESCE(quantity, 1) AS DECIMAL(10, 0));

-- A sum of money as a column holds it: capped at 16 digits before the point, so that one absurd price
-- cannot stop a run; zero when there is nothing to add.
CREATE OR REPLACE MACRO money(v) AS
  CAST(least(greatest(COALESCE(v, 0), -9999999999999999.99), 9999999999999999.99) AS DECIMAL(18, 2));

-- A purchase with a negative amount is a refund. The amount is order_value, else price x quantity of the event
-- itself. For a list of products only order_value counts.
CREATE OR REPLACE MACRO is_refund(event_type, order_value, price, quantity) AS
  CASE WHEN event_type = 'refund' THEN true
       WHEN event_type = 'purchase' THEN COALESCE(COALESCE(order_value, paid(price, quantity)) < 0, false)
       ELSE false END;

-- True if both currencies are known and differ. A missing currency counts as that of the order.
CREATE OR REPLACE MACRO is_other_currency(sent, of_order) AS COALESCE(sent <> of_order, false);

-- Whether an order id is probably a placeholder.
CREATE OR REPLACE MACRO is_suspicious_order(id, deliveries) AS
  deliveries >= 100
  OR (deliveries > 1 AND lower_ascii(id) IN ('0', '-', 'undefined', 'null', 'none', 'nan', 'n/a', '(not set)', 'unknown', 'test'));

-- A sum of quantities in the type of the columns: capped at 32 bits.
CREATE OR REPLACE MACRO limited_quantity(n) AS
  CAST(least(greatest(n, -2147483648), 2147483647) AS INTEGER);

-- Instants as microseconds since the epoch, and back.
CREATE OR REPLACE MACRO unix_micros(t) AS epoch_us(t);
CREATE OR REPLACE MACRO timestamp_micros(us) AS CAST(make_timestamp(CAST(us AS BIGINT)) AS TIMESTAMPTZ);

-- The UTF-8 bytes of a text, as Base64.
CREATE OR REPLACE MACRO text_to_base64(v) AS to_base64(encode(v));

-- A 64-bit hash to find candidates. Never stored, because engines compute different ones.
CREATE OR REPLACE MACRO text_hash(v) AS hash(v);

-- The host of a URL, without www., user name, password and port; null: it has none.
CREATE OR REPLACE MACRO url_site(url) AS
  CASE WHEN contains(url, '://')
       THEN nullif(regexp_replace(lower_ascii(regexp_extract(url, '^[^:/?#]+://(?:[^/?#]*@)?(\[[^\]/?#]*\]|[^/?#:@]*)', 1)), '^www[.]', ''), '') END;

-- The path of a URL, without the query.
CREATE OR REPLACE MACRO url_path(url) AS
  COALESCE(nullif(regexp_extract(url, '^(?:[^:/?#]+://[^/?#]*)?([^?#]*)', 1), ''), '/');

-- The name of a search engine from its host: google for google.co.uk.
CREATE OR REPLACE MACRO search_engine(site) AS
  COALESCE(nullif(regexp_extract(site, '(?:^|[.])([a-z0-9-]{4,}|[a-z0-9-]+)[.](?:com?[.])?[a-z]{2,3}$', 1), ''), site);

-- Source and medium of a click id. Some networks add one to every link on their site, not only to ads.
CREATE OR REPLACE MACRO click_source(click) AS
  CASE split_part(click, '=', 1)
    WHEN 'gclid' THEN 'google' WHEN 'gbraid' THEN 'google' WHEN 'wbraid' THEN 'google' WHEN 'dclid' THEN 'google'
    WHEN 'msclkid' THEN 'bing' WHEN 'fbclid' THEN 'facebook' WHEN 'ttclid' THEN 'tiktok' WHEN 'twclid' THEN 'twitter'
    WHEN 'li_fat_id' THEN 'linkedin' WHEN 'epik' THEN 'pinterest' ELSE '(not set)' END;

CREATE OR REPLACE MACRO click_medium(click) AS
  CASE split_part(click, '=', 1) WHEN 'dclid' THEN 'display' WHEN 'fbclid' THEN 'social' WHEN 'epik' THEN 'social' ELSE 'cpc' END;

-- The first page of a visit and its referrer, as one value.
CREATE OR REPLACE MACRO entry(page, link) AS {'page_url': page, 'referrer': link};

-- A session as one value that sorts the sessions of a visitor.
CREATE OR REPLACE MACRO session_mark(started_at, session_id, channel) AS
  {'started_at': started_at, 'session_id': session_id, 'channel': channel};

-- Campaign fields and click id of a link, as one value.
CREATE OR REPLACE MACRO link_tags(s, m, n, c) AS {'source': s, 'medium': m, 'name': n, 'click': c};
