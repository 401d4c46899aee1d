/**
 * The same job as one would write it by hand for DuckDB: the same reasons, exact deduplication, the same
 * six Gold tables, plain Parquet out. Usage: hand-written.ts <input folder> <output folder>
 * Prints the row counts as JSON.
 */
import { mkdirSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const [input = '', output = ''] = process.argv.slice(2);
mkdirSync(`${output}/gold`, { recursive: true });
const instance = await DuckDBInstance.create(':memory:', { preserve_insertion_order: 'false' });
const connection = await instance.connect();
await connection.run(`SET TimeZone = 'UTC'`);

const parquet = 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1';
for (const group of ['day-0[0-4]', 'day-0[5-9]', 'day-1*']) {
  await connection.run(`CREATE OR REPLACE TEMP TABLE lines AS
    WITH raw AS (
      SELECT line, filename, json_transform(CASE WHEN json_valid(line) THEN line END,
        '{"event_id":"VARCHAR","user_id":"VARCHAR","session_id":"VARCHAR","event_type":"VARCHAR","product_id":"VARCHAR","device":"VARCHAR","country":"VARCHAR","event_timestamp":"VARCHAR","page_url":"VARCHAR","referrer":"VARCHAR","order_id":"VARCHAR","currency":"VARCHAR","quantity":"VARCHAR","price":"VARCHAR"}') AS f,
        json_valid(line) AS is_json, json_keys(CASE WHEN json_valid(line) THEN line END) AS keys
      FROM read_csv('${input}/${group}.ndjson', columns = {line: 'VARCHAR'}, delim = e'\\x02\\x03\\x02\\x03', quote = '',
        escape = '', header = false, auto_detect = false, strict_mode = false, filename = true)
    ),
    typed AS (
      SELECT line, filename, is_json, hash(keys) AS shape, nullif(f.event_id, '') AS event_id, nullif(f.user_id, '') AS user_id,
        nullif(f.session_id, '') AS session_id, lower(trim(f.event_type)) AS event_type, nullif(f.product_id, '') AS product_id,
        lower(trim(f.device)) AS device, upper(trim(f.country)) AS country,
        TRY_CAST(f.event_timestamp AS TIMESTAMPTZ) AS event_timestamp, f.event_timestamp AS sent_timestamp,
        f.page_url, f.referrer, f.order_id, f.currency,
        TRY_CAST(f.quantity AS INTEGER) AS quantity, TRY_CAST(f.price AS DECIMAL(18, 2)) AS price
      FROM raw
    )
    SELECT * EXCLUDE (line, is_json, sent_timestamp), CASE WHEN reason IS NOT NULL THEN line END AS raw_text,
      CAST(event_timestamp AS DATE) AS event_date
    FROM (SELECT *, CASE
        WHEN NOT is_json THEN 'not_json' WHEN event_id IS NULL THEN 'missing:event_id' WHEN user_id IS NULL THEN 'missing:user_id'
        WHEN session_id IS NULL THEN 'missing:session_id' WHEN event_type IS NULL THEN 'missing:event_type'
        WHEN sent_timestamp IS NULL THEN 'missing:event_timestamp'
        WHEN product_id IS NULL AND event_type IN ('product_view', 'add_to_cart', 'remove_from_cart') THEN 'missing:product_id'
        WHEN event_type NOT IN ('page_view', 'product_view', 'search', 'add_to_cart', 'remove_from_cart', 'checkout', 'purchase') THEN 'unknown_event_type'
        WHEN event_timestamp IS NULL THEN 'bad_timestamp'
        WHEN event_timestamp < TIMESTAMPTZ '2000-01-01 00:00:00+00' OR event_timestamp > now() + INTERVAL 1 DAY THEN 'timestamp_out_of_range'
      END AS reason FROM typed)`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE repeated AS
    WITH s AS (SELECT hash(event_id) AS h FROM lines WHERE reason IS NULL GROUP BY 1 HAVING count(*) > 1)
    SELECT * FROM lines WHERE reason IS NULL AND hash(event_id) IN (SELECT h FROM s)`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE firsts AS
    SELECT DISTINCT ON (event_id) * FROM repeated ORDER BY event_id, filename, event_timestamp`);
  await connection.run(`COPY (
      SELECT * EXCLUDE (reason, raw_text, shape) FROM lines
      WHERE reason IS NULL AND event_id NOT IN (SELECT event_id FROM firsts)
      UNION ALL SELECT * EXCLUDE (reason, raw_text, shape) FROM firsts
    ) TO '${output}/events' (${parquet}, APPEND, PARTITION_BY (event_date), FILENAME_PATTERN 'part-{uuidv7}')`);
  await connection.run(`COPY (SELECT filename, reason, raw_text FROM lines WHERE reason IS NOT NULL)
    TO '${output}/quarantine-${group.replace(/\W/g, '')}.parquet' (${parquet})`);
}

await connection.run(
  `CREATE VIEW e AS SELECT * FROM read_parquet('${output}/events/**/*.parquet', hive_partitioning = true, hive_types = {event_date: DATE})`,
);
await connection.run(`CREATE TEMP TABLE sessions AS
  WITH facts AS (
    SELECT session_id, min_by({u: user_id, d: device, c: country}, row(event_timestamp, event_id)) AS v,
      min(event_timestamp) AS started_at, max(event_timestamp) AS ended_at, count(*) AS event_count,
      count_if(event_type = 'page_view') AS page_views, count_if(event_type = 'product_view') AS product_views,
      count_if(event_type = 'add_to_cart') AS carts, count_if(event_type = 'checkout') AS checkouts,
      count_if(event_type = 'purchase') AS purchases,
      sum(price * COALESCE(quantity, 1)) FILTER (WHERE event_type = 'purchase') AS revenue
    FROM e GROUP BY session_id),
  p AS (SELECT session_id, count(*) AS products FROM (SELECT DISTINCT session_id, product_id FROM e WHERE product_id IS NOT NULL) GROUP BY 1),
  st AS (SELECT session_id, event_type, row(event_timestamp, event_id) AS o FROM e
    WHERE session_id IN (SELECT session_id FROM facts WHERE carts > 0)),
  s1 AS (SELECT session_id, min(o) AS o FROM st WHERE event_type = 'product_view' GROUP BY 1),
  s2 AS (SELECT st.session_id, min(st.o) AS o FROM st JOIN s1 USING (session_id) WHERE event_type = 'add_to_cart' AND st.o > s1.o GROUP BY 1),
  s3 AS (SELECT st.session_id, min(st.o) AS o FROM st JOIN s2 USING (session_id) WHERE event_type = 'checkout' AND st.o > s2.o GROUP BY 1),
  s4 AS (SELECT DISTINCT st.session_id FROM st JOIN s3 USING (session_id) WHERE event_type = 'purchase' AND st.o > s3.o)
  SELECT f.session_id, CAST(started_at AS DATE) AS session_date, v.u AS user_id, v.d AS device, v.c AS country, started_at, ended_at,
    event_count, page_views, product_views, carts, checkouts, purchases, COALESCE(products, 0) AS products, COALESCE(revenue, 0) AS revenue,
    row_number() OVER (PARTITION BY v.u ORDER BY started_at, f.session_id) AS session_number,
    CASE WHEN s4.session_id IS NOT NULL THEN 4 WHEN s3.session_id IS NOT NULL THEN 3 WHEN s2.session_id IS NOT NULL THEN 2
      WHEN product_views > 0 THEN 1 ELSE 0 END AS step
  FROM facts AS f LEFT JOIN p ON p.session_id = f.session_id LEFT JOIN s2 ON s2.session_id = f.session_id
    LEFT JOIN s3 ON s3.session_id = f.session_id LEFT JOIN s4 ON s4.session_id = f.session_id`);
const gold: Readonly<Record<string, string>> = {
  sessions: 'SELECT * FROM sessions',
  users: `SELECT user_id, count(*) AS sessions, sum(event_count) AS events, sum(purchases) AS purchases, sum(revenue) AS revenue,
    min(started_at) AS first_seen_at, max(ended_at) AS last_seen_at FROM sessions GROUP BY user_id`,
  event_metrics: `WITH s AS (SELECT event_date, event_type, device, country, count(*) AS s, sum(n) AS n FROM
      (SELECT event_date, event_type, device, country, session_id, count(*) AS n FROM e GROUP BY ALL) GROUP BY ALL),
    u AS (SELECT event_date, event_type, device, country, count(*) AS u FROM
      (SELECT DISTINCT event_date, event_type, device, country, user_id FROM e) GROUP BY ALL)
    SELECT s.*, u.u FROM s JOIN u ON u.event_date = s.event_date AND u.event_type = s.event_type
      AND u.device IS NOT DISTINCT FROM s.device AND u.country IS NOT DISTINCT FROM s.country`,
  products: `SELECT event_date, product_id, sum(v) AS views, sum(c) AS carts, sum(p) AS purchases, count(*) AS sessions, sum(r) AS revenue FROM
    (SELECT event_date, product_id, session_id, count_if(event_type = 'product_view') AS v, count_if(event_type = 'add_to_cart') AS c,
      count_if(event_type = 'purchase') AS p, sum(price * COALESCE(quantity, 1)) FILTER (WHERE event_type = 'purchase') AS r
     FROM e WHERE product_id IS NOT NULL GROUP BY ALL) GROUP BY ALL`,
  funnel: `SELECT session_date, device, country, count(*) AS sessions, count_if(step >= 1) AS a, count_if(step >= 2) AS b,
    count_if(step >= 3) AS c, count_if(step >= 4) AS d FROM sessions GROUP BY ALL`,
  conversion_metrics: `SELECT session_date, count(*) AS sessions, count(DISTINCT user_id) AS users, count_if(product_views > 0) AS viewed,
    count_if(carts > 0) AS carted, count_if(purchases > 0) AS bought, count_if(event_count = 1) AS bounces FROM sessions GROUP BY ALL`,
};
for (const [name, sql] of Object.entries(gold)) {
  await connection.run(`COPY (${sql}) TO '${output}/gold/${name}.parquet' (${parquet})`);
}

const counts = await connection.runAndReadAll(`SELECT (SELECT count(*) FROM e)::INT AS events,
  (SELECT count(*) FROM read_parquet('${output}/quarantine-*.parquet'))::INT AS quarantine,
  (SELECT count(*) FROM sessions)::INT AS sessions, (SELECT sum(step) FROM sessions)::INT AS steps,
  (SELECT sum(revenue) FROM sessions)::DECIMAL(18,2)::VARCHAR AS revenue,
  (SELECT count(DISTINCT user_id) FROM sessions)::INT AS users`);
console.log(JSON.stringify(counts.getRowObjects()[0]));
