/** Features that Spark turns on for tables of ours: who still writes them, and the way back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import { openSqlConnection, type SqlConnection } from '../../src/engines/spark/sql-connection.ts';
import { openTestLake, type TestLake } from '../pipeline/lake-support.ts';

const SPARK_URL = process.env.CLICKLAKE_TEST_SPARK_URL ?? '';

const line = (id: number): string =>
  `${JSON.stringify({
    ...{ event_id: `e${id}`, user_id: `u${id % 3}`, session_id: `s${id % 5}` },
    ...{ event_type: 'page_view', event_timestamp: `2026-01-05T10:00:0${id}Z` },
  })}\n`;
const lines = (...ids: number[]): string => ids.map(line).join('');

describe.skipIf(SPARK_URL === '')('a table on which Spark turned features on', () => {
  let session: SqlConnection;
  beforeAll(async () => {
    session = await openSqlConnection(await connectSpark(parseConnectionString(SPARK_URL)));
  });
  afterAll(() => session?.close());

  const tableIn = (lake: TestLake, root: string) => `delta.\`${lake.settings.lake}/${root}\``;

  async function openLakeOfOneRun(): Promise<TestLake> {
    const lake = await openTestLake();
    await lake.receive('f0.jsonl', lines(0, 1, 2));
    await lake.lake.run({ fullRefresh: false });
    return lake;
  }

  async function expectWhole(lake: TestLake, events: number): Promise<void> {
    const { checks } = await lake.lake.verify();
    expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
    expect(await lake.rows('SELECT count(*) AS n FROM silver_events')).toEqual([{ n: events }]);
  }

  test('is written by us, and goes on being Spark’s to read and write', async () => {
    await using lake = await openLakeOfOneRun();
    const events = tableIn(lake, 'silver/events');
    const sessions = tableIn(lake, 'gold/sessions');
    for (const table of [events, sessions]) {
      await session.run(`ALTER TABLE ${table} SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'TRUE',
        'delta.enableInCommitTimestamps' = 'TRUE', 'delta.enableRowTracking' = 'TRUE',
        'delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '3')`);
    }
    await session.run(`DELETE FROM ${events} WHERE event_id = 'e1'`);
    await session.run(`DELETE FROM ${sessions} WHERE session_id = 's2'`);
    await lake.receive('f1.jsonl', lines(3, 4));
    await lake.lake.run({ fullRefresh: false });
    expect(await lake.rows('SELECT event_id FROM silver_events ORDER BY event_id')).toEqual(
      ['e0', 'e2', 'e3', 'e4'].map((event_id) => ({ event_id })),
    );

    const history = await session.rows(`DESCRIBE HISTORY ${events}`);
    expect(history.length).toBeGreaterThan(3);
    const ids = `SELECT count(*), count(DISTINCT _metadata.row_id) FROM`;
    expect(await session.rows(`${ids} ${events}`)).toEqual([[4n, 4n]]);
    const [count] = await session.rows(`${ids} ${sessions}`);
    expect(count?.[0]).toBe(count?.[1]);

    await lake.lake.maintain({ dryRun: false });
    await session.run(`UPDATE ${events} SET device = 'phone' WHERE event_id = 'e4'`);
    await lake.reopen();
    await lake.lake.run({ fullRefresh: true });
    await expectWhole(lake, 5);
    expect(await session.rows(`${ids} ${events}`)).toEqual([[5n, 5n]]);
  }, 1_800_000);

  test('that only Spark can write is refused to us, written by Spark, and rebuilt by a full refresh', async () => {
    await using lake = await openLakeOfOneRun();
    const events = tableIn(lake, 'silver/events');
    const sessions = tableIn(lake, 'gold/sessions');
    await session.run(`ALTER TABLE ${events} ADD CONSTRAINT named CHECK (event_id <> 'no')`);
    await session.run(
      `ALTER TABLE ${sessions} SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'TRUE')`,
    );
    await using spark = await openTestLake({}, () => ({
      ...lake.settings,
      engine: 'spark',
      spark: { url: SPARK_URL },
    }));
    await lake.receive('f1.jsonl', lines(3, 4));
    await lake.reopen();
    const refused = {
      code: 'unsupported_table_feature',
      hint: expect.stringContaining('run --full-refresh'),
    };
    await expect(lake.lake.run({ fullRefresh: false })).rejects.toMatchObject(refused);
    expect(await spark.lake.run({ fullRefresh: false })).toMatchObject({ valid: 2 });
    await expectWhole(lake, 5);
    const properties = await session.rows(`SHOW TBLPROPERTIES ${events}`);
    expect(properties.map(([name]) => name)).toContain('delta.constraints.named');

    expect(await spark.lake.run({ fullRefresh: true })).toMatchObject({ valid: 5 });
    await expectWhole(lake, 5);
    await lake.receive('f2.jsonl', line(5));
    expect(await lake.lake.run({ fullRefresh: false })).toMatchObject({ valid: 1 });
    await expectWhole(lake, 6);
  }, 1_800_000);
});
