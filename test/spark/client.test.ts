/** The client of Spark Connect against a real Spark. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  connectSpark,
  type ExecutionOptions,
  parseConnectionString,
  type SparkConnection,
  type Value,
} from '../../src/engines/spark/connect/index.ts';
import { startSparkProxy } from '../fixtures/spark-proxy.ts';

const SPARK_URL = process.env.CLICKLAKE_TEST_SPARK_URL ?? '';

describe.skipIf(SPARK_URL === '')('the Spark Connect client', () => {
  let spark: SparkConnection;

  beforeAll(async () => {
    spark = await connectSpark(parseConnectionString(SPARK_URL));
  });
  afterAll(() => spark?.close());

  async function readAll(
    connection: SparkConnection,
    sql: string,
    options: ExecutionOptions = {},
  ): Promise<Value[][]> {
    const rows: Value[][] = [];
    for await (const batch of (await connection.query(sql, options)).batches) {
      rows.push(...batch);
    }
    return rows;
  }

  test('reads every type exactly', async () => {
    const result = await spark.query(`SELECT
      9007199254740993L AS a, CAST(-0.01 AS DECIMAL(18,2)) AS b,
      CAST('12345678901234567890123456789012345678' AS DECIMAL(38,0)) AS c,
      TIMESTAMP '2024-01-02 03:04:05.678901Z' AS d, DATE '1969-12-31' AS e, X'00ff' AS f,
      CAST(NULL AS STRING) AS g, array(1, NULL, 3) AS h, true AS i, 1.5D AS j, 'snö' AS k,
      named_struct('x', 1L, 'y', 'z') AS l, map('k', 2) AS m, CAST(-7 AS TINYINT) AS n`);
    expect(result.columns.map(({ type }) => type)).toEqual([
      'bigint',
      'decimal(18,2)',
      'decimal(38,0)',
      'timestamp',
      'date',
      'binary',
      'string',
      'array<int>',
      'boolean',
      'double',
      'string',
      'struct<x:bigint,y:string>',
      'map<string,int>',
      'tinyint',
    ]);
    const rows: Value[][] = [];
    for await (const batch of result.batches) {
      rows.push(...batch);
    }
    expect(rows).toEqual([
      [
        9007199254740993n,
        '-0.01',
        '12345678901234567890123456789012345678',
        1704164645678901n,
        -1,
        new Uint8Array([0, 255]),
        null,
        [1, null, 3],
        true,
        1.5,
        'snö',
        { x: 1n, y: 'z' },
        [['k', 2]],
        -7,
      ],
    ]);
  });

  test('streams a large result in batches and can give it up', async () => {
    let rowCount = 0;
    let batchCount = 0;
    for await (const batch of (await spark.query('SELECT id FROM range(1000000)')).batches) {
      rowCount += batch.length;
      batchCount += 1;
    }
    expect(rowCount).toBe(1_000_000);
    expect(batchCount).toBeGreaterThan(1);
    for await (const batch of (await spark.query('SELECT id FROM range(1000000)')).batches) {
      expect(batch.length).toBeLessThan(1_000_000);
      break;
    }
    expect(await readAll(spark, 'SELECT 1')).toEqual([[1]]);
  });

  test.each([
    ['SELEC 1', 'PARSE_SYNTAX_ERROR', '42601'],
    ['SELECT * FROM no_such_table', 'TABLE_OR_VIEW_NOT_FOUND', '42P01'],
    ["SELECT CAST('x' AS INT)", 'CAST_INVALID_INPUT', '22018'],
  ])('tells the class and SQLSTATE of the error in %s', async (sql, errorClass, sqlState) => {
    await expect(readAll(spark, sql)).rejects.toMatchObject({
      code: 'query_failed',
      errorClass,
      sqlState,
      message: expect.stringContaining(`[${errorClass}]`),
    });
  });

  test('fetches a long message whole', async () => {
    const text = 'long '.repeat(4_000);
    await expect(readAll(spark, `SELECT raise_error('${text}!')`)).rejects.toMatchObject({
      message: expect.stringContaining(`${text}!`),
    });
  });

  const SLOW = 'SELECT count(*) FROM range(100000000000) WHERE hash(id, id) = 7';

  test('ends the work on the server when it is aborted or its deadline passes', async () => {
    const abort = new AbortController();
    const rejected = expect(readAll(spark, SLOW, { signal: abort.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    await pause(1_000);
    abort.abort();
    await rejected;
    // It had all cores: had it gone on, nothing else would run.
    expect(await readAll(spark, 'SELECT count(*) FROM range(1000)')).toEqual([[1000n]]);
    await expect(readAll(spark, SLOW, { deadlineMs: 1_000 })).rejects.toMatchObject({
      code: 'query_failed',
      message: 'Spark took longer than the deadline of 1000 ms',
    });
    expect(await readAll(spark, 'SELECT count(*) FROM range(1000)')).toEqual([[1000n]]);
  });

  test('goes on after its connection was cut, without loss or repeat', async () => {
    const proxy = await startSparkProxy(SPARK_URL);
    const connection = await connectSpark(parseConnectionString(proxy.url));
    try {
      let next = 0n;
      let batchCount = 0;
      const { batches } = await connection.query('SELECT id FROM range(0, 2000000, 1, 1)');
      for await (const batch of batches) {
        for (const [id] of batch) {
          if (id !== next) {
            throw new Error(`row ${next} is ${id}`);
          }
          next += 1n;
        }
        batchCount += 1;
        if (batchCount % 5 === 1) {
          proxy.cut();
        }
      }
      expect(next).toBe(2_000_000n);
      expect(proxy.cutCount).toBeGreaterThan(1);
    } finally {
      await connection.close();
      proxy.stop();
    }
  });

  test('runs a command once although its connection is cut', async () => {
    const table = 'client_once';
    const proxy = await startSparkProxy(SPARK_URL);
    const connection = await connectSpark(parseConnectionString(proxy.url));
    try {
      await connection.run(`CREATE OR REPLACE TABLE ${table} (id BIGINT) USING delta`);
      const sent = proxy.whenSent(`INSERT INTO ${table}`);
      const running = connection.run(`INSERT INTO ${table} SELECT id FROM range(1000)`);
      await sent;
      proxy.cut();
      await pause(200);
      proxy.cut();
      await running;
      const count = `SELECT count(*), count(DISTINCT id) FROM ${table}`;
      expect(await readAll(connection, count)).toEqual([[1000n, 1000n]]);
      await connection.run(`DROP TABLE ${table}`);
    } finally {
      await connection.close();
      proxy.stop();
    }
  });

  test('says in one sentence that its session was closed', async () => {
    const target = parseConnectionString(SPARK_URL);
    const first = await connectSpark(target);
    const same = await connectSpark({ ...target, sessionId: first.sessionId });
    await first.close();
    await expect(readAll(same, 'SELECT 1')).rejects.toMatchObject({
      code: 'server_session_lost',
      message: expect.stringMatching(/^the Spark at .+ no longer has this session$/),
    });
    await same.close();
  });
});
