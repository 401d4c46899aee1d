import { describe, expect, test } from 'vitest';
import type { SparkConnection } from '../../src/engines/spark/connect/index.ts';
import { openSqlConnection } from '../../src/engines/spark/sql-connection.ts';

/** Takes any setting, and answers every query with no rows. */
const connection = {
  sparkVersion: '4.2.0',
  setConfig: async () => {},
  getConfig: async () => ({}),
  query: async () => ({ columns: [], batches: (async function* () {})() }),
} as unknown as SparkConnection;

async function ask(sql: string): Promise<unknown> {
  return await (await openSqlConnection(connection)).namedRows(sql);
}

describe('a statement of the user on Spark', () => {
  test.each([
    'INSERT INTO t SELECT 1',
    'FROM s INSERT INTO t SELECT *',
    "/* a */ FROM s INSERT OVERWRITE DIRECTORY '/d' USING parquet SELECT *",
    'WITH s AS (SELECT 1) INSERT INTO t SELECT * FROM s',
    'WITH s AS (SELECT 1) INSERT /* a */ INTO t SELECT * FROM s',
    'WITH s AS (SELECT 1) MERGE -- a\n INTO t USING s ON true WHEN MATCHED THEN DELETE',
    'WITH s AS (SELECT 1) UPDATE `t` SET a = 1',
    'WITH s AS (SELECT 1) DELETE/**/FROM t',
  ])('is refused when it may change something: %s', async (sql) => {
    await expect(ask(sql)).rejects.toThrow('only a single statement that reads is allowed');
  });

  test.each([
    'SELECT 1',
    '-- why\n(SELECT 1)',
    'FROM t',
    'FROM t |> WHERE insert_count > 0 |> SELECT updated_at',
    'WITH s AS (SELECT 1) SELECT * FROM s',
    "EXPLAIN SELECT 'insert into'",
    'DESCRIBE t',
  ])('is taken when it reads: %s', async (sql) => {
    await expect(ask(sql)).resolves.toMatchObject({ columns: [] });
  });
});
