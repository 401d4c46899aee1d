import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestLake, type TestLake } from './lake-support.ts';

async function lakeWith(fields: Record<string, unknown>): Promise<TestLake> {
  const lake = await openTestLake({ now: () => Date.UTC(2026, 1, 1) });
  const event = {
    event_id: 'e',
    user_id: 'u',
    session_id: 's',
    event_type: 'page_view',
    event_timestamp: '2026-01-05T10:00:00Z',
    ...fields,
  };
  await lake.receive('f.ndjson', JSON.stringify(event));
  await lake.lake.run({ fullRefresh: false });
  return lake;
}

const failure = (lake: TestLake, sql: string) =>
  lake.rows(sql).then(
    () => undefined,
    ({ code, message, hint }) => ({ code, message, hint }),
  );

describe('query', () => {
  let lake: TestLake;
  beforeAll(async () => {
    lake = await lakeWith({ user_id: '\ufeffann', page_url: '\ufeff' });
  });
  afterAll(() => lake[Symbol.asyncDispose]());

  it('keeps a byte-order mark at the start of a text, a list and a key', async () => {
    const sql = `SELECT user_id, page_url, [user_id] AS list, {'a': user_id} AS struct,
      MAP {user_id: 1} AS map, '\ufeff' || user_id AS twice FROM silver_events`;
    expect(await lake.rows(sql)).toEqual([
      {
        user_id: '\ufeffann',
        page_url: '\ufeff',
        list: ['\ufeffann'],
        struct: { a: '\ufeffann' },
        map: { '\ufeffann': 1 },
        twice: '\ufeff\ufeffann',
      },
    ]);
    expect((await lake.lake.verify()).checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  });

  it('tells lengths of time and times of day from instants', async () => {
    const sql = `SELECT INTERVAL 1 DAY AS day, INTERVAL '3 hours 2 seconds' AS hours, TIME '12:00:00' AS noon,
      event_timestamp AS instant FROM silver_events`;
    expect(await lake.rows(sql)).toEqual([
      { day: '1 day', hours: '03:00:02', noon: '12:00:00', instant: '2026-01-05T10:00:00Z' },
    ]);
  });

  it('lists the tables with their meaning', async () => {
    const rows = await lake.rows(' show tables; ');
    expect(rows).toHaveLength(18);
    expect(rows[4]).toEqual({ name: 'gold_sessions', meaning: 'One row per session_id.' });
  });

  it.each(['DESCRIBE gold_sessions', 'desc "gold_sessions";', 'SHOW gold_sessions\n'])(
    'explains a table on %j',
    async (sql) => {
      const rows = await lake.rows(sql);
      expect(rows).toHaveLength(35);
      expect(rows[6]).toEqual({
        column_name: 'device',
        column_type: 'string',
        null: 'YES',
        meaning: 'device of the first event; null: not sent',
      });
    },
  );

  it('leaves it to the engine to describe a query', async () => {
    expect(await lake.rows('DESCRIBE SELECT visitor_id FROM gold_users')).toMatchObject([
      { column_name: 'visitor_id', column_type: 'VARCHAR' },
    ]);
  });

  it('names the tables when one is asked for that is not there', async () => {
    for (const sql of ['FROM gold_session', 'DESCRIBE gold_session', 'SUMMARIZE gold_session']) {
      expect(await failure(lake, sql), sql).toEqual({
        code: 'unknown_table',
        message: 'there is no table gold_session',
        hint: expect.stringContaining(
          'did you mean gold_sessions? the tables are bronze_files, silver_events, ',
        ),
      });
    }
    for (const [sql, hint] of [
      ['FROM orders', /^did you mean gold_orders\? /],
      ['FROM session', /^did you mean gold_sessions\? /],
      ['FROM "order items"', /^did you mean gold_order_items\? /],
      ['FROM nothing_like_it', /^the tables are /],
    ] as const) {
      expect(await failure(lake, sql), sql).toMatchObject({
        code: 'unknown_table',
        hint: expect.stringMatching(hint),
      });
    }
  });

  it('keeps columns of the same name apart', async () => {
    expect(await lake.rows('SELECT 1 AS a, 2 AS a, 3 AS b')).toEqual([{ a: 1, 'a:1': 2, b: 3 }]);
  });

  it('refuses what changes anything, with one sentence', async () => {
    for (const sql of [
      'DELETE FROM silver_events',
      "INSERT INTO gold_users VALUES ('u')",
      'UPDATE gold_users SET revenue = 1',
      'DROP VIEW silver_events',
      "COPY (SELECT 1) TO 'x'",
      'SELECT 1; SELECT 2',
      '-- nothing',
      ';',
    ]) {
      expect(await failure(lake, sql), sql).toMatchObject({
        code: 'query_failed',
        message: 'only a single statement that reads is allowed',
      });
    }
  });

  it('hands over a large result in batches, and can be given up half-way', async () => {
    const sql = 'SELECT i, repeat(CAST(i AS STRING), 50) AS t FROM range(300000) AS r(i)';
    const counted: number[] = [];
    for await (const rows of (await lake.lake.queryBatches(sql, {})).batches) {
      counted.push(rows.length);
    }
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(300_000);
    expect(Math.max(...counted)).toBeLessThan(10_000);
    for await (const rows of (await lake.lake.queryBatches(sql, {})).batches) {
      expect(rows[0]).toEqual({ i: 0, t: '0'.repeat(50) });
      break;
    }
    expect(await lake.rows('SELECT count(*) AS n FROM silver_events')).toEqual([{ n: 1 }]);
  });

  it('takes what fails in the statement for its fault', async () => {
    expect(await failure(lake, "FROM read_csv('/nowhere/x.csv')")).toMatchObject({
      code: 'query_failed',
    });
  });

  it('ends at once when it is interrupted', async () => {
    const interruption = new AbortController();
    await using other = await openTestLake({ signal: interruption.signal });
    await other.receive('f.ndjson', '{}');
    const endless = failure(
      other,
      'SELECT count(*) FROM range(1000000000000) AS r(i) WHERE i % 7 = 3',
    );
    setTimeout(() => interruption.abort(), 200);
    expect(await endless).toMatchObject({ message: expect.stringContaining('Interrupted') });
  });

  it('tells an error that only a later row meets', async () => {
    const sql = `SELECT CAST(CASE WHEN i = 250000 THEN 'x' ELSE '1' END AS INT) FROM range(300000) AS r(i)`;
    expect(await failure(lake, sql)).toMatchObject({
      code: 'query_failed',
      message: expect.stringContaining('Could not convert string'),
    });
  });
});

describe('a data file of the lake', () => {
  const damages: [string, (bytes: Buffer) => Buffer | undefined][] = [
    ['gone', () => undefined],
    ['truncated', (bytes) => bytes.subarray(0, 100)],
    ['overwritten in the middle', (bytes) => Buffer.from(bytes).fill(0x5a, 4, bytes.length - 500)],
    ['no Parquet any more', (bytes) => Buffer.alloc(bytes.length)],
  ];

  it.each(damages)('that is %s is told by one sentence', async (_, damage) => {
    await using lake = await lakeWith({ page_url: 'x'.repeat(2000) });
    const root = join(lake.settings.lake, 'silver', 'events', 'event_date=2026-01-05');
    const file = join(root, (await readdir(root)).find((name) => name.endsWith('.parquet')) ?? '');
    const bytes = damage(await readFile(file));
    await (bytes === undefined ? rm(file) : writeFile(file, bytes));
    const error = await failure(lake, 'SELECT max(page_url), count(*) FROM silver_events');
    expect(error).toMatchObject({
      code: 'storage_failed',
      hint: expect.stringContaining('clicklake run --full-refresh'),
    });
    expect(error?.message).not.toContain('\n');
    await expect(lake.lake.hashTables()).rejects.toMatchObject({ code: 'storage_failed' });
    await lake.lake.run({ fullRefresh: true });
    expect(await lake.rows('SELECT count(*) AS n FROM silver_events')).toEqual([{ n: 1 }]);
  });
});
