/**
 * The same job as one would write it by hand for DuckDB, by someone who knows the data: the same
 * reasons, exact deduplication, undeclared fields counted, the same columns of Silver and of Gold's tables,
 * though no session is derived, since every event here has one; plain Parquet out, all files at once, no log, no fsync, no second run.
 *
 *   hand-written.js <input folder> <output folder>
 *
 * Prints the undeclared fields as JSON. Stops at what it was not written for: an id with two contents.
 */
import { mkdirSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { goldTables, identities, items, sessions } from './hand-written-gold.ts';

const PARQUET = 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1';
const TEXTS = [
  ...['event_id', 'user_id', 'anonymous_id', 'session_id', 'product_id', 'page_url', 'referrer'],
  ...['order_id', 'currency', 'user_agent'],
];
const CAMPAIGN = ['source', 'medium', 'name'];
const AMOUNTS = ['price', 'order_value', 'tax', 'shipping', 'discount'];
const FIELDS = [
  ...TEXTS,
  ...['event_type', 'device', 'country', 'event_timestamp', 'click_id', 'quantity'],
  ...CAMPAIGN.map((part) => `campaign_${part}`),
  ...AMOUNTS,
];

const [input = '', output = ''] = process.argv.slice(2);
mkdirSync(`${output}/gold`, { recursive: true });
const instance = await DuckDBInstance.create(':memory:', { preserve_insertion_order: 'false' });
const connection = await instance.connect();
const run = (sql: string) => connection.run(sql);
await run(`SET TimeZone = 'UTC'`);

const shape = JSON.stringify(Object.fromEntries(FIELDS.map((name) => [name, 'VARCHAR'])));
// More keys than known fields: much cheaper than looking at every key's name.
const presentFields = FIELDS.map((name) => `(f.${name} IS NOT NULL)::INTEGER`).join(' + ');
await run(`CREATE TEMP TABLE lines AS
  WITH raw AS (
    SELECT line, filename, json_valid(line) AS is_json,
      json_transform(CASE WHEN json_valid(line) THEN line END, '${shape}') AS f,
      json_keys(CASE WHEN json_valid(line) THEN line END) AS keys
    FROM read_csv('${input}/*.ndjson', columns = {line: 'VARCHAR'}, delim = e'\\x02\\x03\\x02\\x03', quote = '',
      escape = '', header = false, auto_detect = false, strict_mode = false, filename = true)
  ),
  typed AS (
    SELECT line, filename, is_json,
      CASE WHEN len(keys) > ${presentFields} THEN keys END AS odd_keys,
      ${TEXTS.map((name) => `nullif(f.${name}, '') AS ${name}`).join(', ')},
      nullif(lower(trim(f.event_type)), '') AS event_type, nullif(lower(trim(f.device)), '') AS device,
      nullif(upper(trim(f.country)), '') AS country, nullif(f.event_timestamp, '') AS sent_timestamp,
      TRY_CAST(f.event_timestamp AS TIMESTAMPTZ) AS event_timestamp,
      ${CAMPAIGN.map((part) => `${fromUrl(`campaign_${part}`, `utm_${part === 'name' ? 'campaign' : part}=([^&#]*)`)}`).join(', ')},
      ${fromUrl('click_id', '((?:gclid|msclkid|fbclid)=[^&#]+)')},
      TRY_CAST(f.quantity AS INTEGER) AS quantity,
      ${AMOUNTS.map((name) => `TRY_CAST(f.${name} AS DECIMAL(18, 2)) AS ${name}`).join(', ')},
      CAST(NULL AS INTEGER) AS item_count
    FROM raw
  )
  SELECT * EXCLUDE (line, is_json, sent_timestamp), CASE WHEN reason IS NOT NULL THEN line END AS raw_text,
    CAST(event_timestamp AS DATE) AS event_date
  FROM (SELECT *, CASE
      WHEN NOT is_json THEN 'not_json'
      WHEN event_id IS NULL THEN 'missing:event_id'
      WHEN COALESCE(user_id, anonymous_id, session_id) IS NULL THEN 'missing:user_id'
      WHEN event_type IS NULL THEN 'missing:event_type'
      WHEN sent_timestamp IS NULL THEN 'missing:event_timestamp'
      WHEN product_id IS NULL AND event_type = 'product_view' THEN 'missing:product_id'
      WHEN event_type NOT IN ('page_view', 'product_view', 'search', 'add_to_cart', 'remove_from_cart', 'checkout', 'purchase', 'refund')
        THEN 'unknown_event_type'
      WHEN event_timestamp IS NULL THEN 'bad_timestamp'
      WHEN event_timestamp < TIMESTAMPTZ '2000-01-01 00:00:00+00' OR event_timestamp > now() + INTERVAL 1 DAY
        THEN 'timestamp_out_of_range'
    END AS reason FROM typed)`);

// Hashes nominate the few ids worth a look; the exact comparison runs on those alone.
await run(`CREATE TEMP TABLE repeated AS
  WITH suspects AS (SELECT hash(event_id) AS h FROM lines WHERE reason IS NULL GROUP BY 1 HAVING count(*) > 1)
  SELECT * FROM lines WHERE reason IS NULL AND hash(event_id) IN (SELECT h FROM suspects)`);
await run(`CREATE TEMP TABLE firsts AS
  SELECT DISTINCT ON (event_id) * FROM repeated ORDER BY event_id, filename, event_timestamp`);
const conflicts = await connection.runAndReadAll(`SELECT event_id FROM repeated GROUP BY event_id
  HAVING count(DISTINCT row(${FIELDS.join(', ')})) > 1 LIMIT 1`);
if (conflicts.getRows().length > 0) {
  throw new Error(`event ${conflicts.getRows()[0]?.[0]} has two contents: not a case for this job`);
}

const events = 'SELECT * EXCLUDE (reason, raw_text, odd_keys) FROM';
await run(`COPY (
    ${events} lines WHERE reason IS NULL AND event_id NOT IN (SELECT event_id FROM firsts)
    UNION ALL ${events} firsts
  ) TO '${output}/events' (${PARQUET}, PARTITION_BY (event_date), FILENAME_PATTERN 'part-{uuidv7}')`);
await run(`COPY (SELECT filename, reason, raw_text FROM lines WHERE reason IS NOT NULL)
  TO '${output}/quarantine.parquet' (${PARQUET})`);
const odd = await connection.runAndReadAll(`SELECT field, CAST(count(*) AS INTEGER)
  FROM (SELECT unnest(odd_keys) AS field FROM lines WHERE odd_keys IS NOT NULL) GROUP BY field ORDER BY field`);
const unknownFields = odd.getRows().filter(([field]) => !FIELDS.includes(String(field)));
await run('DROP TABLE lines');

await run(`CREATE VIEW e AS SELECT * FROM read_parquet('${output}/events/**/*.parquet',
  hive_partitioning = true, hive_types = {event_date: DATE})`);
await run(`COPY (${items}) TO '${output}/items' (${PARQUET}, PARTITION_BY (event_date))`);
await run(`CREATE TEMP TABLE identities AS ${identities}`);
await run(`CREATE TEMP TABLE sessions AS ${sessions}`);
for (const [name, sql] of Object.entries(goldTables)) {
  await run(`COPY (${sql}) TO '${output}/gold/${name}.parquet' (${PARQUET})`);
}
console.log(JSON.stringify(Object.fromEntries(unknownFields)));

/** A field as sent, else from the query of the page's address. */
function fromUrl(field: string, pattern: string): string {
  return `COALESCE(nullif(f.${field}, ''), CASE WHEN contains(f.page_url, '?')
    THEN nullif(regexp_extract(f.page_url, '[?&]${pattern}', 1), '') END) AS ${field}`;
}
