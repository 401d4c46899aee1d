import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderModelTemplate } from '../../src/cli/model-template.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

const PAGES = `-- gold_session_pages: one row per session.
-- grain: session_id
-- refresh: session
-- reads: silver_events
-- check: warn page_count < 3
SELECT
  CAST(session_id AS STRING) AS session_id,  -- the session
  CAST(user_id AS STRING) AS visitor_id,     -- its visitor
  CAST(count(*) AS BIGINT) AS page_count     -- events [events]
FROM silver_events
GROUP BY session_id, user_id
`;
const VISITORS = `-- gold_visitor_pages: one row per visitor.
-- grain: visitor_id
-- refresh: visitor
-- reads: gold_session_pages, gold_sessions
SELECT
  CAST(s.visitor_id AS STRING) AS visitor_id,       -- the visitor
  CAST(sum(p.page_count) AS BIGINT) AS page_count,  -- events [events]
  CAST(max(s.session_number) AS INT) AS last_number -- sessions [sessions]
FROM gold_sessions AS s
JOIN gold_session_pages AS p ON p.session_id = s.session_id
GROUP BY s.visitor_id
`;
const DAYS = `-- gold_days: one row per date.
-- grain: date
-- partition: date
-- refresh: date
-- reads: gold_sessions, gold_event_metrics
SELECT
  CAST(m.date AS DATE) AS date,                                -- the date
  CAST(sum(m.event_count) AS BIGINT) AS event_count,           -- events [events]
  CAST((SELECT count(*) FROM gold_sessions) AS BIGINT) AS any_sessions -- not of the date [sessions]
FROM gold_event_metrics AS m
GROUP BY m.date
`;
const HONEST_DAYS = DAYS.replace(
  /,\s+-- events \[events\]\n.*any_sessions.*\n/,
  ' -- events [events]\n',
);
const TOTAL = `-- gold_total: one row.
-- grain: visitor_count
-- refresh: full
-- reads: gold_visitor_pages
SELECT
  CAST(count(*) AS BIGINT) AS visitor_count -- visitors [visitors]
FROM gold_visitor_pages
`;

function event(id: string, session: string, time: string): string {
  return JSON.stringify({
    event_id: id,
    user_id: `user of ${session.slice(0, 1)}`,
    session_id: session,
    event_type: 'page_view',
    event_timestamp: time,
  });
}

const DELIVERIES = [
  [event('1', 'a1', '2026-01-01T10:00:00Z'), event('2', 'b1', '2026-01-01T11:00:00Z')],
  [event('3', 'c1', '2026-01-02T10:00:00Z')],
  // An earlier session of a, which renumbers a1, and another event of b1 after midnight.
  [event('4', 'a0', '2025-12-30T10:00:00Z'), event('5', 'b1', '2026-01-02T00:10:00Z')],
];

/** A lake whose models are these. */
function openWith(models: Record<string, string>): Promise<TestLake> {
  return openTestLake({}, (settings) => {
    const folder = join(settings.lake, '..', 'models');
    writeModels(folder, models);
    return { ...settings, models: folder };
  });
}

function writeModels(folder: string, models: Record<string, string>): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, sql] of Object.entries(models)) {
    writeFileSync(join(folder, name), sql);
  }
}

async function runWith(shop: TestLake, lines: readonly string[]): Promise<string[]> {
  const [, firstId] = /"event_id":"(\w+)"/.exec(lines[0] ?? '') ?? [];
  await shop.receive(`from-${firstId}.jsonl`, lines.join('\n'));
  const { tablesWritten } = await shop.lake.run({ fullRefresh: false });
  return tablesWritten.map(({ table }) => table);
}

async function ownDifferences(shop: TestLake): Promise<string[]> {
  const { checks } = await shop.lake.verify();
  expect(checks.some(({ name }) => name.includes('as computed in full'))).toBe(true);
  return checks.filter(({ isEqual }) => !isEqual).map(({ name }) => name);
}

const MODELS = {
  'a_total.sql': TOTAL,
  'days.sql': HONEST_DAYS,
  'pages.sql': PAGES,
  'visitors.sql': VISITORS,
};

it('own models follow the events, in any order of files, and equal a full computation', async () => {
  await using shop = await openWith(MODELS);
  for (const lines of DELIVERIES) {
    expect(await runWith(shop, lines)).toEqual(
      expect.arrayContaining(['gold_session_pages', 'gold_visitor_pages', 'gold_days']),
    );
    expect(await ownDifferences(shop)).toEqual([]);
  }
  expect(await shop.rows('SELECT * FROM gold_visitor_pages ORDER BY visitor_id')).toEqual([
    { visitor_id: 'user of a', page_count: 2, last_number: 2 },
    { visitor_id: 'user of b', page_count: 2, last_number: 1 },
    { visitor_id: 'user of c', page_count: 1, last_number: 1 },
  ]);
  expect(await shop.rows('SELECT * FROM gold_total')).toEqual([{ visitor_count: 3 }]);
  const { tablesWritten } = await shop.lake.run({ fullRefresh: false });
  expect(tablesWritten).toEqual([]);
  await shop.lake.maintain({ dryRun: false });
  await shop.lake.run({ fullRefresh: true });
  expect(await ownDifferences(shop)).toEqual([]);
});

it('a changed text computes its table again, and what reads it', async () => {
  await using shop = await openWith(MODELS);
  await runWith(shop, DELIVERIES[0] ?? []);
  const changed = PAGES.replace('count(*) AS', '10 * count(*) AS').replace('user_id)', 'user_id) ');
  writeModels(join(shop.settings.lake, '..', 'models'), { ...MODELS, 'pages.sql': changed });
  await shop.reopen();
  const { tablesWritten } = await shop.lake.run({ fullRefresh: false });
  expect(tablesWritten.map(({ table }) => table).sort()).toEqual([
    'gold_session_pages',
    'gold_total',
    'gold_visitor_pages',
  ]);
  expect(await shop.rows('SELECT sum(page_count) AS pages FROM gold_visitor_pages')).toEqual([
    { pages: 20 },
  ]);
  const wider = changed
    .replace('-- events [events]\nFROM', '-- events [events]\nFROM')
    .replace('AS page_count ', 'AS view_count ');
  writeModels(join(shop.settings.lake, '..', 'models'), {
    'pages.sql': wider.replace('-- check: warn page_count < 3\n', ''),
  });
  await shop.reopen();
  await shop.lake.run({ fullRefresh: false });
  expect(
    await shop.rows('SELECT session_id, view_count FROM gold_session_pages ORDER BY 1'),
  ).toEqual([
    { session_id: 'a1', view_count: 10 },
    { session_id: 'b1', view_count: 10 },
  ]);
});

/** What a preview says of own tables, and those that the run right after it writes. */
async function previewAndRun(shop: TestLake, options = { fullRefresh: false }) {
  const isOwn = (name: string): boolean =>
    ['gold_session_pages', 'gold_visitor_pages', 'gold_days', 'gold_total'].includes(name);
  const { writes } = await shop.lake.previewRun(options);
  const own = writes.filter(({ table }) => isOwn(table));
  expect(own.every(({ rows }) => rows === null)).toBe(true);
  const { tablesWritten } = await shop.lake.run(options);
  const written = tablesWritten.map(({ table }) => table).filter(isOwn);
  expect(own.map(({ table }) => table).sort()).toEqual(written.sort());
  return Object.fromEntries(own.map(({ table, how, why, of }) => [table, { how, why, of }]));
}

it('a preview names the own tables that the run then computes, in what way and why', async () => {
  await using shop = await openWith(MODELS);
  await shop.receive('0.ndjson', `${(DELIVERIES[0] ?? []).join('\n')}\n`);
  const isNew = { how: 'replaces all rows', why: 'the table is not there yet', of: null };
  expect(await previewAndRun(shop)).toEqual({
    ...{ gold_session_pages: isNew, gold_visitor_pages: isNew, gold_days: isNew },
    gold_total: isNew,
  });
  await shop.receive('1.ndjson', `${(DELIVERIES[1] ?? []).join('\n')}\n`);
  expect(await previewAndRun(shop)).toMatchObject({
    gold_session_pages: {
      how: 'replaces rows by key',
      why: 'session_id of changed rows in silver_events',
      of: 2,
    },
    gold_visitor_pages: { why: 'visitor_id of changed rows in gold_session_pages, gold_sessions' },
    gold_days: { how: 'replaces dates' },
    gold_total: { how: 'replaces all rows', why: 'changes in gold_visitor_pages', of: 1 },
  });
  expect(await previewAndRun(shop)).toEqual({});
  const changed = { ...MODELS, 'visitors.sql': VISITORS.replace('the visitor', 'a visitor') };
  writeModels(join(shop.settings.lake, '..', 'models'), changed);
  await shop.reopen();
  expect(await previewAndRun(shop)).toMatchObject({
    gold_visitor_pages: { how: 'replaces all rows', why: 'its model has changed' },
    gold_total: { why: 'changes in gold_visitor_pages' },
  });
  await previewAndRun(shop, { fullRefresh: true });
});

it('a preview leaves the table of a model with other columns as it is', async () => {
  await using shop = await openWith({ 'days.sql': HONEST_DAYS });
  await runWith(shop, DELIVERIES[0] ?? []);
  const renamed = HONEST_DAYS.replace('AS event_count ', 'AS events ');
  writeModels(join(shop.settings.lake, '..', 'models'), { 'days.sql': renamed });
  await shop.reopen();
  const before = readdirSync(join(shop.settings.lake, 'gold/days/_delta_log')).sort();
  const { writes } = await shop.lake.previewRun();
  expect(writes).toMatchObject([{ table: 'gold_days', why: 'its model has changed' }]);
  expect(readdirSync(join(shop.settings.lake, 'gold/days/_delta_log')).sort()).toEqual(before);
});

it('verify tells of a model whose rows depend on more than their key', async () => {
  await using shop = await openWith({ 'days.sql': DAYS });
  await runWith(shop, DELIVERIES[0] ?? []);
  expect(await ownDifferences(shop)).toEqual([]);
  await runWith(shop, DELIVERIES[1] ?? []);
  expect(await ownDifferences(shop)).toEqual(['gold_days: as computed in full']);
});

it('Gold is behind while an own table is, as after a change of its text', async () => {
  await using shop = await openWith(MODELS);
  await runWith(shop, DELIVERIES[0] ?? []);
  expect((await shop.lake.status()).isGoldCurrent).toBe(true);
  const changed = { ...MODELS, 'days.sql': HONEST_DAYS.replace('the date\n', 'a date\n') };
  writeModels(join(shop.settings.lake, '..', 'models'), changed);
  await shop.reopen();
  expect((await shop.lake.status()).isGoldCurrent).toBe(false);
  expect(await ownDifferences(shop)).toEqual(['gold: up to date with Silver']);
  await shop.lake.run({ fullRefresh: false });
  expect((await shop.lake.status()).isGoldCurrent).toBe(true);
});

const SESSIONS_OF_DAYS = `-- gold_sessions_of_days: one row per date.
-- grain: date
-- refresh: date
-- reads: gold_sessions
SELECT
  CAST(session_date AS DATE) AS date, -- the date
  CAST(count(*) AS BIGINT) AS sessions -- its sessions [sessions]
FROM gold_sessions
GROUP BY session_date
`;

it('an own table follows an input that was begun again at the same version', async () => {
  await using shop = await openWith({ 'days.sql': SESSIONS_OF_DAYS });
  await runWith(shop, DELIVERIES[0] ?? []);
  rmSync(join(shop.settings.lake, 'gold/sessions'), { recursive: true });
  await shop.reopen();
  expect(await runWith(shop, DELIVERIES[1] ?? [])).toContain('gold_sessions_of_days');
  expect(await ownDifferences(shop)).toEqual([]);
});

it('maintenance of an input changes nothing, and does not stop the next run', async () => {
  await using shop = await openTestLake({}, (settings) => {
    const models = join(settings.lake, '..', 'models');
    writeModels(models, { 'days.sql': SESSIONS_OF_DAYS });
    return { ...settings, models, maintain: { ...settings.maintain, retentionHours: 0 } };
  });
  await runWith(shop, [event('1', 'a1', '2026-01-05T10:00:00Z')]);
  await runWith(shop, [event('2', 'b1', '2026-01-01T10:00:00Z')]);
  const { tables } = await shop.lake.maintain({ dryRun: false });
  expect(tables.find(({ table }) => table === 'gold_sessions')).toMatchObject({
    filesCompacted: 2,
  });
  expect(await ownDifferences(shop)).toEqual([]);
  expect((await shop.lake.run({ fullRefresh: false })).tablesWritten).toEqual([]);
  // Now the files are gone that the own table was computed from.
  await shop.lake.maintain({ dryRun: false });
  expect(await runWith(shop, [event('3', 'c1', '2026-01-03T10:00:00Z')])).toContain(
    'gold_sessions_of_days',
  );
  expect(await ownDifferences(shop)).toEqual([]);
  await shop.lake.run({ fullRefresh: true });
  expect(await ownDifferences(shop)).toEqual([]);
});

it('rows of a model that is divided into files are computed once', async () => {
  const numbered = `-- gold_numbered: one row per session.
-- grain: number
-- files by: date
-- refresh: full
-- reads: gold_sessions
SELECT
  CAST(row_number() OVER (ORDER BY device) AS BIGINT) AS number, -- in no order
  CAST(session_date AS DATE) AS date -- its date
FROM gold_sessions
`;
  await using shop = await openWith({ 'numbered.sql': numbered });
  const lines = Array.from({ length: 45_000 }, (_, index) =>
    event(`e${index}`, `s${index}`, `2026-01-0${1 + (index % 3)}T10:00:00Z`),
  );
  await runWith(shop, lines);
  expect(
    await shop.rows('SELECT count(*) AS n, count(DISTINCT number) AS d FROM gold_numbered'),
  ).toEqual([{ n: 45_000, d: 45_000 }]);
});

it('rows without a key are kept, and follow their inputs', async () => {
  const sources =
    `-- gold_visitors_of_pages: one row per visitor_id, and one of sessions without a user.
-- grain: visitor_id
-- refresh: visitor
-- reads: silver_events
SELECT
  CAST(user_id AS STRING) AS visitor_id, -- the user; null: none
  CAST(count(*) AS BIGINT) AS events -- its events [events]
FROM silver_events
GROUP BY user_id
`.replace('visitor_id, and', 'user, and');
  await using shop = await openWith({ 'v.sql': sources.replaceAll('visitor_id', 'user_id') });
  const nobody = (id: string) =>
    event(id, 'n', '2026-01-01T10:00:00Z').replace(/"user_id":"[^"]*",/, '');
  await runWith(shop, [event('1', 'a1', '2026-01-01T10:00:00Z'), nobody('2')]);
  for (const lines of [[event('3', 'b1', '2026-01-02T10:00:00Z')], [nobody('4')]]) {
    await runWith(shop, lines);
    expect(await ownDifferences(shop)).toEqual([]);
  }
  expect(await shop.rows('SELECT sum(events) AS n FROM gold_visitors_of_pages')).toEqual([
    { n: 4 },
  ]);
});

it('checks are counted over the whole table', async () => {
  await using shop = await openWith({ 'pages.sql': PAGES });
  await shop.receive('a.jsonl', (DELIVERIES[0] ?? []).join('\n'));
  const first = await shop.lake.run({ fullRefresh: false });
  expect(first.checks).toEqual([
    { table: 'gold_session_pages', level: 'warn', condition: 'page_count < 3', failedRows: 0 },
  ]);
  const more = ['x', 'y'].map((id, n) => event(id, 'b1', `2026-01-01T12:0${n}:00Z`));
  await shop.receive('b.jsonl', more.join('\n'));
  expect((await shop.lake.run({ fullRefresh: false })).checks?.[0]?.failedRows).toBe(1);
});

it('checks are asked of what own tables hold, unless their model has another text since', async () => {
  await using shop = await openWith({ 'pages.sql': PAGES });
  await runWith(shop, DELIVERIES[0] ?? []);
  expect(await shop.lake.checkOwnTables()).toEqual([
    { table: 'gold_session_pages', level: 'warn', condition: 'page_count < 3', failedRows: 0 },
  ]);
  await shop.receive('b.jsonl', event('x', 'b1', '2026-01-01T12:00:00Z'));
  await shop.receive('c.jsonl', event('y', 'b1', '2026-01-01T12:01:00Z'));
  await shop.lake.run({ fullRefresh: false });
  expect((await shop.lake.checkOwnTables())[0]?.failedRows).toBe(1);
  const changed = PAGES.replace('page_count < 3', 'a_column_to_come < 3');
  writeModels(join(shop.settings.lake, '..', 'models'), { 'pages.sql': changed });
  await shop.reopen();
  expect(await shop.lake.checkOwnTables()).toEqual([]);
});

it('own tables are described like the others', async () => {
  await using shop = await openWith({ 'pages.sql': PAGES });
  await runWith(shop, DELIVERIES[0] ?? []);
  expect(await shop.rows('DESCRIBE gold_session_pages')).toContainEqual({
    column_name: 'page_count',
    column_type: 'bigint',
    null: 'NO',
    meaning: 'events [events]',
  });
  const { tables } = await shop.lake.status();
  expect(tables.map(({ table }) => table)).toContain('gold_session_pages');
});

it('SQL that an engine does not know is told with the model, the line and the engine', async () => {
  const wrong = PAGES.replace('count(*) AS', 'no_such_function(*) AS');
  await using shop = await openWith({ 'pages.sql': wrong });
  await shop.receive('a.jsonl', (DELIVERIES[0] ?? []).join('\n'));
  await expect(shop.lake.run({ fullRefresh: false })).rejects.toMatchObject({
    code: 'query_failed',
    message: expect.stringMatching(/^pages\.sql, line 9: the duckdb engine: /),
  });
  expect(await shop.rows('SELECT session_id FROM gold_sessions')).toHaveLength(2);
});

it('the examples of the documentation and the template work, and follow the events', async () => {
  const page = readFileSync(new URL('../../docs/models.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/```sql\n(-- (\w+): [\s\S]*?)```/g)];
  expect(examples).toHaveLength(5);
  await using shop = await openWith({
    ...Object.fromEntries(examples.map(([, sql = '', name = '']) => [`${name}.sql`, sql])),
    'template.sql': renderModelTemplate('template'),
  });
  const sent = (id: string, more: object) =>
    JSON.stringify({
      event_id: id,
      session_id: `s${id}`,
      user_id: 'u',
      event_type: 'purchase',
      product_id: 'p',
      price: 2.5,
      quantity: 2,
      event_timestamp: '2026-01-05T23:30:00Z',
      ...more,
    });
  await runWith(shop, [sent('1', {}), sent('2', { event_type: 'search', user_id: 'v' })]);
  expect(await ownDifferences(shop)).toEqual([]);
  await runWith(shop, [
    sent('3', { event_timestamp: '2026-01-04T10:00:00Z', product_id: 'q' }),
    sent('4', {
      session_id: 's2',
      user_id: 'v',
      event_type: 'product_view',
      event_timestamp: '2026-01-06T00:01:00Z',
    }),
    sent('5', {
      user_id: 'w',
      event_type: 'search',
      session_id: 's6',
      event_timestamp: '2026-01-06T00:01:00Z',
    }),
  ]);
  expect(await ownDifferences(shop)).toEqual([]);
  expect(
    await shop.rows('SELECT weekday, hour, revenue FROM gold_revenue_hours ORDER BY 1'),
  ).toEqual([
    { weekday: 1, hour: 23, revenue: '5.00' },
    { weekday: 7, hour: 10, revenue: '5.00' },
  ]);
  expect(await shop.rows('SELECT * FROM gold_repeat_buyers')).toEqual([
    { first_product: 'q', buyers: 1, repeat_buyers: 1, repeat_rate: 1 },
  ]);
  expect(
    await shop.rows(
      'SELECT sessions, reached_product_view FROM gold_search_funnel ORDER BY session_date',
    ),
  ).toEqual([
    { sessions: 1, reached_product_view: 1 },
    { sessions: 1, reached_product_view: 0 },
  ]);
});

it.each([
  [
    'a cycle',
    {
      'a.sql': TOTAL,
      'v.sql': VISITORS.replace('gold_sessions\n', 'gold_sessions, gold_total\n'),
      'p.sql': PAGES,
    },
    'reads itself: gold_total -> gold_visitor_pages -> gold_total',
  ],
  ['an unknown table', { 'v.sql': VISITORS }, 'reads gold_session_pages; the tables are'],
  [
    'a table that its header lacks',
    { 'p.sql': PAGES.replace('FROM silver_events', 'FROM silver_events, gold_users') },
    'its header lacks "reads: gold_users"',
  ],
  [
    'a built-in name',
    { 'p.sql': PAGES.replace('gold_session_pages', 'gold_users') },
    'gold_users is the name of a built-in table',
  ],
  [
    'a key that its grain lacks',
    { 'p.sql': PAGES.replace('refresh: session', 'refresh: visitor') },
    '"refresh: visitor" needs visitor_id or user_id in its grain',
  ],
  [
    'an input without the key',
    {
      'd.sql': DAYS.replace('gold_sessions, gold_event', 'gold_users, gold_event').replace(
        'FROM gold_sessions',
        'FROM gold_users',
      ),
    },
    'needs a date in gold_users',
  ],
  [
    'a column without a type',
    { 'p.sql': PAGES.replace('CAST(user_id AS STRING) AS visitor_id', 'user_id') },
    'a column is written CAST',
  ],
  [
    'a way to refresh that is none',
    { 'p.sql': PAGES.replace('refresh: session', 'refresh: batch') },
    'has no "refresh: "',
  ],
])('a model with %s is refused before anything is done', async (_, models, message) => {
  await expect(openWith(models as Record<string, string>)).rejects.toThrow(message);
});
