/** Views in a session on one machine are analyzed once, when they are defined. */
import { describe, expect, it } from 'vitest';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import { openSqlConnection } from '../../src/engines/spark/sql-connection.ts';
import { SPARK_URL } from '../fixtures/both-engines.ts';

describe.skipIf(SPARK_URL === undefined)('a view over another view', () => {
  it('keeps the plan it was defined with, so that a chain of them is not analyzed again', async () => {
    const session = await openSqlConnection(
      await connectSpark(parseConnectionString(SPARK_URL ?? '')),
    );
    try {
      session.defer('CREATE OR REPLACE TEMPORARY VIEW below AS SELECT 1 AS n');
      session.defer('CREATE OR REPLACE TEMPORARY VIEW above AS SELECT n FROM below');
      session.defer('CREATE OR REPLACE TEMPORARY VIEW below AS SELECT 2 AS n');
      expect(await session.rows('SELECT n FROM above')).toEqual([[1]]);
      expect(await session.rows('SELECT n FROM below')).toEqual([[2]]);
    } finally {
      await session.close();
    }
  });
});
