/**
 * Computes the tables from the raw lines with DuckDB, in a schema of their own: `recount.<table>`.
 * Each table is one plain SELECT over the verdicts, in sql/. The models are not used.
 */
import { readFileSync } from 'node:fs';
import { isbot } from 'isbot';
import type { GoldRules } from '../contract/gold-rules.ts';
import type { TableName } from './canonical-row.ts';
import type { RecountSession } from './duckdb-contract.ts';
import { insertRows, quote, textLiteral } from './insert-rows.ts';
import type { BronzeFile } from './judge-files.ts';
import { listChannels, listSites } from './list-traffic.ts';
import { dayClocks } from './shop-clock.ts';

/** Relations that are computed before the tables, in this order. */
const STEPS = [
  { name: 'repeated_deliveries', kind: 'TABLE' },
  { name: 'events', kind: 'VIEW' },
  { name: 'derived_events', kind: 'TABLE' },
  { name: 'session_events', kind: 'VIEW' },
  { name: 'marked_events', kind: 'VIEW' },
  { name: 'session_links', kind: 'TABLE' },
] as const;

/** Relations that are computed before some tables, from other tables. */
const STEPS_BEFORE: Readonly<
  Partial<Record<TableName, readonly { name: string; kind: 'TABLE' | 'VIEW' }[]>>
> = {
  gold_purchase_lines: [
    { name: 'purchase_lines', kind: 'TABLE' },
    { name: 'order_products', kind: 'TABLE' },
    { name: 'order_facts', kind: 'TABLE' },
  ],
  gold_sessions: [{ name: 'funnel_steps', kind: 'VIEW' }],
};

/** Views for relations that are read only once, or are too large to store. */
const KIND_OF_TABLE: Readonly<Record<TableName, 'TABLE' | 'VIEW'>> = {
  silver_events: 'VIEW',
  silver_items: 'VIEW',
  silver_quarantine: 'VIEW',
  gold_purchase_lines: 'VIEW',
  gold_refunds: 'TABLE',
  gold_order_items: 'VIEW',
  gold_identities: 'TABLE',
  gold_sessions: 'TABLE',
  gold_orders: 'TABLE',
  gold_users: 'TABLE',
  gold_rfm: 'VIEW',
  gold_conversion_metrics: 'TABLE',
  gold_event_metrics: 'TABLE',
  gold_funnel: 'TABLE',
  gold_channels: 'VIEW',
  gold_cohorts: 'VIEW',
  gold_products: 'TABLE',
};

/** Macros for the recount's SQL. */
const MACROS = [
  // Sums of money are capped at 16 digits before the point, the limit of decimal(18,2).
  `hundredths(n) AS CAST(CAST(n AS DECIMAL(19, 0)) * 0.01 AS DECIMAL(18, 2))`,
  `in_hundredths(amount) AS CAST(CAST(amount AS DECIMAL(38, 2)) * 100 AS HUGEINT)`,
  `money(n) AS recount.hundredths(least(greatest(n, -999999999999999999), 999999999999999999))`,
  // The shop's local time, by the offset of the UTC date; a timestamp without time zone.
  `shop_time(micros, clock) AS make_timestamp(
    micros + CASE WHEN micros >= clock.change_micros THEN clock.after_micros ELSE clock.before_micros END)`,
  // An amount in the reporting currency, rounded half away from zero to its smallest unit. `unit`:
  // the unit of the product of hundredths and rate.
  `converted(n, rate, unit) AS sign(n)
    * ((abs(CAST(n AS HUGEINT)) * CAST(rate * 10000000000 AS HUGEINT) + unit // 2) // unit) * (unit // 10000000000)`,
  `host_of(authority) AS
    regexp_extract(regexp_replace(authority, '^[\\s\\S]*@', ''), '^(?:\\[[^\\]]*\\]|[^:]*)')`,
  // The host of a URL without www., user name, password and port; and the path without its query.
  `site_of(url) AS CASE WHEN contains(url, '://') AND strpos(url, '://') > 1
    AND NOT regexp_matches(split_part(url, '://', 1), '[:/?#]')
    THEN nullif(regexp_replace(recount.small(recount.host_of(
      regexp_extract(substr(url, strpos(url, '://') + 3), '^[^/?#]*'))), '^www\\.', ''), '') END`,
  `path_of(url) AS CASE WHEN url IS NOT NULL THEN coalesce(nullif(regexp_extract(
    CASE WHEN regexp_matches(url, '^[^:/?#]+://') THEN regexp_replace(url, '^[^:/?#]+://[^/?#]*', '') ELSE url END,
    '^[^?#]*'), ''), '/') END`,
  `small(text) AS translate(text, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')`,
  `filled(text) AS nullif(trim(text, e' \\t\\n\\r\\x0b\\x0c'), '')`,
  'rate(part, whole) AS CASE WHEN whole > 0 THEN part / whole END',
];

export interface RecountInput {
  session: RecountSession;
  files: readonly BronzeFile[];
  rules: GoldRules;
  /** SQL that reads the verdicts. */
  verdicts: string;
}

/**
 * Loads verdicts and files. Afterwards the tables can be recounted, in the order of the list of
 * their names.
 */
export async function openRecount(input: RecountInput): Promise<void> {
  const { session, files, rules, verdicts } = input;
  await closeRecount(session);
  await session.run('CREATE SCHEMA recount');
  for (const macro of MACROS) {
    await session.run(`CREATE MACRO recount.${macro}`);
  }
  await createLandingPages(session, rules.landingPages);
  await session.run(`CREATE VIEW recount.verdicts AS FROM ${verdicts}`);
  await session.run(
    `CREATE TABLE recount.settings AS SELECT
      ${rules.skipCheckout} AS is_checkout_skipped,
      ${rules.deriveSessions === 'always'} AS is_every_session_derived,
      [${rules.ignoredOrderIds.map(quote).join(', ')}]::VARCHAR[] AS ignored_order_ids,
      ${rules.money.assume === undefined ? 'NULL::VARCHAR' : quote(rules.money.assume)} AS assumed_currency,
      ${rules.sessionTimeoutMinutes} * CAST(60000000 AS BIGINT) AS timeout_micros,
      ${rules.bots === 'exclude'} AS are_bots_left_out`,
  );
  await session.run(
    'CREATE TABLE recount.files (file_number INTEGER, path VARCHAR, received_micros BIGINT)',
  );
  const rows = files.map(
    ({ fileNumber, path, receivedAtMicros }) =>
      `(${fileNumber}, ${quote(path)}, ${receivedAtMicros})`,
  );
  await insertRows(session, 'files', rows);
  await createClocks(session, rules.timeZone);
  await createRates(session, rules.money);
  await session.run('CREATE TABLE recount.bot_agents (user_agent VARCHAR)');
  for (const { name, kind } of STEPS) {
    await define(session, kind, name);
  }
  await listBots(session);
  await listSites(session, rules.sites);
  await define(session, 'TABLE', 'session_traffic');
  await listChannels(session, rules.sites);
}

/** The groups of landing pages as regular expressions. */
async function createLandingPages(
  session: RecountSession,
  groups: GoldRules['landingPages'],
): Promise<void> {
  const cases = groups.flatMap(({ group, paths }) =>
    paths.map((path) => {
      const texts = path.split('*').map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
      return `WHEN regexp_full_match(path, ${quote(texts.join('[\\s\\S]*'))}) THEN ${quote(group)}`;
    }),
  );
  const page = cases.length === 0 ? 'path' : `CASE ${cases.join(' ')} ELSE path END`;
  await session.run(`CREATE MACRO recount.landing_page_of(path) AS ${page}`);
}

/** The user agents of bots, according to the list's own matcher. */
async function listBots(session: RecountSession): Promise<void> {
  const agents = await session.rows(
    'SELECT DISTINCT user_agent FROM recount.events WHERE user_agent IS NOT NULL',
  );
  const bots = agents.map(([agent]) => String(agent)).filter(isBotAgent);
  const rows = bots.map((agent) => `(${textLiteral(agent)})`);
  await insertRows(session, 'bot_agents', rows);
}

/**
 * Tests the first 1,000 characters of the trimmed text. Characters other than printable ASCII are
 * replaced by one.
 */
function isBotAgent(agent: string): boolean {
  const trimmed = agent.replace(/^[\t-\r ]+/, '').replace(/[\t-\r ]+$/, '');
  return isbot(trimmed.replace(/[^ -~]/gu, '~').slice(0, 1000));
}

/** The shop's UTC offsets on every UTC date with an event. */
async function createClocks(session: RecountSession, timeZone: string): Promise<void> {
  await session.run(
    `CREATE TABLE recount.clocks (
      utc_date DATE, clock STRUCT(change_micros BIGINT, before_micros BIGINT, after_micros BIGINT))`,
  );
  const days = await session.rows(
    'SELECT DISTINCT event_micros // 86400000000 FROM recount.verdicts WHERE reason IS NULL',
  );
  const clocks = dayClocks(
    timeZone,
    days.map(([day]) => Number(day)),
  );
  const rows = clocks.map(
    ({ day, changeMicros, beforeMicros, afterMicros }) =>
      `(DATE '1970-01-01' + ${day}, row(${changeMicros}, ${beforeMicros}, ${afterMicros}))`,
  );
  await insertRows(session, 'clocks', rows);
}

/** Every rate with its first day. The reporting currency itself has the rate 1. */
async function createRates(
  session: RecountSession,
  { currency, rates }: GoldRules['money'],
): Promise<void> {
  await session.run(
    'CREATE TABLE recount.rates (date DATE, currency VARCHAR, rate DECIMAL(18, 10))',
  );
  if (currency === undefined) {
    await session.run(
      'CREATE MACRO recount.reported(n, rate) AS CASE WHEN n IS NOT NULL THEN recount.money(n) END',
    );
    return;
  }
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
    .maximumFractionDigits;
  const unit = 10n ** BigInt(12 - Math.min(digits ?? 2, 2));
  await session.run(
    `CREATE MACRO recount.reported(n, rate) AS CASE WHEN n IS NOT NULL AND rate IS NOT NULL
      THEN recount.money(recount.converted(n, rate, CAST(${unit} AS HUGEINT))) END`,
  );
  const others = rates.filter((rate) => rate.currency !== currency);
  await insertRows(session, 'rates', [
    `(DATE '0001-01-01', ${quote(currency)}, 1)`,
    ...others.map((each) => `(DATE '${each.date}', ${quote(each.currency)}, ${each.rate})`),
  ]);
}

/** Computes one table as `recount.<table>`. Tables must be recounted in the order of their list. */
export async function recountTable(session: RecountSession, table: TableName): Promise<void> {
  for (const { name, kind } of STEPS_BEFORE[table] ?? []) {
    await define(session, kind, name);
  }
  await define(session, KIND_OF_TABLE[table], table);
}

/** The number of duplicate deliveries among the recounted lines. */
export async function countDuplicates(session: RecountSession): Promise<number> {
  const [[count] = []] = await session.rows(
    `SELECT count(*) FROM recount.repeated_deliveries WHERE outcome = 'duplicate'`,
  );
  return Number(count);
}

export async function closeRecount(session: RecountSession): Promise<void> {
  await session.run('DROP SCHEMA IF EXISTS recount CASCADE');
}

async function define(
  session: RecountSession,
  kind: 'TABLE' | 'VIEW',
  name: string,
): Promise<void> {
  const sql = readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8');
  await session.run(`CREATE ${kind} recount.${name} AS ${sql}`);
}
