/** The server of `spark-server` compiles the code of a query once, whatever session sends it. */
import { describe, expect, it } from 'vitest';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import { openSqlConnection, type SqlConnection } from '../../src/engines/spark/sql-connection.ts';
import { SPARK_URL } from '../fixtures/both-engines.ts';

/** Nanoseconds that Spark has spent compiling so far. */
const COMPILE_TIME = `SELECT java_method('org.apache.spark.sql.catalyst.expressions.codegen.CodeGenerator', 'compileTime')`;

describe.skipIf(SPARK_URL === undefined)('generated code', () => {
  it('is found by the next session', async () => {
    const ofNewQuery = await compiledFor(`SELECT sum(id * ${Date.now()}) AS s FROM range(1000)`, 2);
    expect(ofNewQuery[0]).toBeGreaterThan(0);
    expect(ofNewQuery[1]).toBe(0);
  });

  it('may be of large methods, which this server compiles', async () => {
    const session = await openSession();
    const limit = await session.rows('SET spark.sql.codegen.hugeMethodLimit');
    await session.close();
    expect(limit).toEqual([['spark.sql.codegen.hugeMethodLimit', '65535']]);
  });
});

async function openSession(): Promise<SqlConnection> {
  return await openSqlConnection(await connectSpark(parseConnectionString(SPARK_URL ?? '')));
}

/** How long each of so many sessions compiles for a query. */
async function compiledFor(query: string, sessions: number): Promise<number[]> {
  const times: number[] = [];
  for (let number = 1; number <= sessions; number += 1) {
    const session = await openSession();
    try {
      // Queries of little are interpreted.
      await session.expectBytes(1_000_000_000);
      await timeSoFar(session);
      const before = await timeSoFar(session);
      await session.rows(query);
      times.push((await timeSoFar(session)) - before);
    } finally {
      await session.close();
    }
  }
  return times;
}

async function timeSoFar(session: SqlConnection): Promise<number> {
  return Number((await session.rows(COMPILE_TIME))[0]?.[0]);
}
