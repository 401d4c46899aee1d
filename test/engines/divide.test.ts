/** Queries that are computed part by part. */
import { describe, expect, it } from 'vitest';
import { divide, partsOf } from '../../src/engines/duckdb/divide.ts';
import { openSqlConnection, type SqlConnection } from '../../src/engines/duckdb/sql-connection.ts';

const MEGABYTE = 1e6;

async function withRows<Result>(
  use: (connection: SqlConnection) => Promise<Result>,
): Promise<Result> {
  const connection = await openSqlConnection({
    memoryLimitBytes: 200 * MEGABYTE,
    threads: 2,
    spillFolder: '',
  });
  try {
    await connection.run(`CREATE TEMP TABLE events AS
      SELECT CASE WHEN range % 7 > 0 THEN 's' || range % 100 END AS session_id, range AS number FROM range(1000)`);
    await connection.run(
      `CREATE TEMP VIEW orders AS SELECT session_id, number AS amount FROM events WHERE number % 5 = 0`,
    );
    return await use(connection);
  } finally {
    connection.close();
  }
}

const QUERY = `-- totals: a row for each session.
WITH sums AS (SELECT session_id, sum(amount) AS amount FROM orders GROUP BY session_id)
SELECT e.session_id, count(*) AS event_count, max(s.amount) AS amount
FROM events AS e LEFT JOIN sums AS s ON s.session_id = e.session_id
GROUP BY e.session_id
-- the end`;
const DIVISION = { relations: ['events', 'orders'], column: 'session_id' };

describe('a query in parts', () => {
  it('gives the rows of the whole, those without a value in the column too', async () => {
    await withRows(async (connection) => {
      const sorted = async (sql: string) => (await connection.rows(sql)).map(String).toSorted();
      const whole = await sorted(QUERY);
      expect(whole.length).toBeGreaterThan(80);
      const parts = await Promise.all(divide(QUERY, DIVISION, 3).map(sorted));
      expect(parts.map((rows) => rows.length > 0)).toEqual([true, true, true]);
      expect(parts.flat().toSorted()).toEqual(whole);
    });
  });

  it('is one for as many rows as memory holds, and more beyond', async () => {
    await withRows(async (connection) => {
      expect(await partsOf(connection, QUERY, undefined)).toEqual([QUERY]);
      expect(await partsOf(connection, QUERY, DIVISION)).toEqual([QUERY]);
      await connection.run(
        `CREATE OR REPLACE TEMP TABLE events AS SELECT '' AS session_id, range AS number FROM range(300_001)`,
      );
      expect(await partsOf(connection, QUERY, DIVISION)).toHaveLength(2);
      await connection.limitMemory(100 * MEGABYTE);
      expect(await partsOf(connection, QUERY, DIVISION)).toHaveLength(3);
    });
  });
});
