/** Tables in a real Spark's own catalog; Unity Catalog takes the same statements. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import { registerTables } from '../../src/engines/spark/register-tables.ts';
import { openSqlConnection, type SqlConnection } from '../../src/engines/spark/sql-connection.ts';
import { lakeTables } from '../../src/pipeline/tables.ts';
import { openTestLake, type TestLake } from '../pipeline/lake-support.ts';

const SPARK_URL = process.env.CLICKLAKE_TEST_SPARK_URL ?? '';
const EVENT =
  '{"event_id":"e1","user_id":"u","session_id":"s","event_type":"page_view","event_timestamp":"2024-01-02T03:04:05Z"}\n';

describe.skipIf(SPARK_URL === '')('the tables of a lake in a catalog', () => {
  const catalog = 'spark_catalog';
  const schema = `shop_${randomUUID().slice(0, 8)}`;
  let session: SqlConnection;
  let shop: TestLake;

  beforeAll(async () => {
    session = await openSqlConnection(await connectSpark(parseConnectionString(SPARK_URL)));
    await session.run(`CREATE SCHEMA ${schema}`);
    shop = await openTestLake({}, (settings) => ({
      ...settings,
      engine: 'spark',
      spark: { url: SPARK_URL, catalog, schema },
    }));
  });
  afterAll(async () => {
    await shop?.[Symbol.asyncDispose]();
    await session?.run(`DROP SCHEMA ${schema} CASCADE`);
    await session?.close();
  });

  test('are registered at their place after every run, and read by name', async () => {
    await shop.receive('a.ndjson', EVENT);
    const first = await shop.lake.run({ fullRefresh: false });
    expect(first.registered).toHaveLength(17);
    expect(first.registered).toContain(`${catalog}.${schema}.gold_sessions`);
    expect((await shop.lake.run({ fullRefresh: false })).registered).toEqual(first.registered);
    expect(await session.rows(`SELECT event_id, user_id FROM ${schema}.silver_events`)).toEqual([
      ['e1', 'u'],
    ]);
    expect(await session.rows(`SELECT event_count FROM ${schema}.gold_sessions`)).toEqual([[1n]]);
  }, 1_800_000);

  test('are not registered under a name that another place has', async () => {
    const { sessions } = lakeTables(shop.settings);
    const elsewhere = `${shop.folder}/other`;
    await expect(
      registerTables(session, elsewhere, { catalog, schema }, [sessions]),
    ).rejects.toEqual(
      expect.objectContaining({
        code: 'config_invalid',
        message: expect.stringMatching(
          `^the tables of the lake are complete, but ${catalog}.${schema}.gold_sessions is registered at .*/lake/gold/sessions and not at ${elsewhere}/gold/sessions$`,
        ),
        hint: expect.stringContaining(`DROP TABLE ${catalog}.${schema}.gold_sessions (the files`),
      }),
    );
  });

  test.each([
    ['no_such_shop', undefined, /CREATE SCHEMA no_such_shop$/],
    ['shop', 'no_such_catalog', /^check spark\.catalog and spark\.schema/],
  ])('are not registered in a schema %s that is not there', async (name, inCatalog, hint) => {
    const { sessions } = lakeTables(shop.settings);
    const place = { catalog: inCatalog, schema: name };
    await expect(registerTables(session, shop.settings.lake, place, [sessions])).rejects.toEqual(
      expect.objectContaining({ code: 'config_invalid', hint: expect.stringMatching(hint) }),
    );
  });
});
