/** On one machine small queries are interpreted, and compiled from the first large read on: with the same rows. */
import { describe, expect, it } from 'vitest';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import { openSqlConnection, type SqlConnection } from '../../src/engines/spark/sql-connection.ts';
import { SPARK_URL } from '../fixtures/both-engines.ts';

const ROWS = `SELECT id % 7 AS k, count(*) AS n, CAST(sum(id / 3.0) AS DECIMAL(18,2)) AS s,
    max(concat_ws(',', array(id, NULL))) AS t, min(timestamp_micros(id)) AS at
  FROM range(1000) WHERE id % 3 <> 1 GROUP BY 1 ORDER BY 1`;

describe.skipIf(SPARK_URL === undefined)('a query of little', () => {
  it('is interpreted, until much is read', async () => {
    const session = await openSqlConnection(
      await connectSpark(parseConnectionString(SPARK_URL ?? '')),
    );
    try {
      await session.expectBytes(1_000_000);
      expect(await isCompiled(session)).toBe(false);
      const interpreted = await session.rows(ROWS);
      await session.expectBytes(1_000_000_000);
      expect(await isCompiled(session)).toBe(true);
      expect(interpreted).toHaveLength(7);
      expect(await session.rows(ROWS)).toEqual(interpreted);
    } finally {
      await session.close();
    }
  });
});

async function isCompiled(session: SqlConnection): Promise<boolean> {
  const plan = await session.rows('EXPLAIN CODEGEN SELECT id + 1 FROM range(10)');
  return !String(plan[0]?.[0]).startsWith('Found 0 WholeStageCodegen');
}
