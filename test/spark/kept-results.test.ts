/** Results that are kept: small ones as rows of the plan, others as files, and both alike to who reads them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import { openSqlConnection, type SqlConnection } from '../../src/engines/spark/sql-connection.ts';
import { openStaging, SMALL_RESULT_BYTES, type Staging } from '../../src/engines/spark/staging.ts';
import { openWork, type SparkWork } from '../../src/engines/spark/work.ts';
import { openLocalStorage } from '../../src/storage/local.ts';
import { useFolders } from '../delta/support.ts';
import { SPARK_URL } from '../fixtures/both-engines.ts';

const ROWS = `SELECT id,
    CASE WHEN id > 0 THEN CAST(id AS DECIMAL(18,2)) / 8 END AS amount,
    named_struct('name', concat('n', id), 'at', timestamp_micros(id + 1767600000123456)) AS place,
    array(id, NULL) AS list, map('key', id) AS map, DATE '2026-01-05' AS day, id % 2 = 0 AS is_even,
    CAST(X'ff00' AS STRING) AS bytes
  FROM range(5)`;

const newFolder = useFolders();

describe.skipIf(SPARK_URL === undefined)('a kept result', () => {
  let connection: SqlConnection;
  let staging: Staging;
  let work: SparkWork;
  beforeEach(async () => {
    connection = await openSqlConnection(
      await connectSpark(parseConnectionString(SPARK_URL ?? '')),
    );
    work = await openWork(openLocalStorage(await newFolder()));
    staging = openStaging(connection, async () => work, { areSmall: true });
  });
  afterEach(async () => {
    await connection.close();
    await work.release();
  });

  const schemaOf = (name: string) => connection.rows(`DESCRIBE ${name}`);
  const rowsOf = (name: string) =>
    connection.rows(`SELECT * EXCEPT (bytes), hex(bytes) FROM ${name} ORDER BY id`);

  it('has the same rows and types as rows of the plan and as files', async () => {
    await staging.stage('small', ROWS);
    staging.expectLarge();
    await staging.stage('large', ROWS);
    expect(await rowsOf('small')).toHaveLength(5);
    expect(await rowsOf('small')).toEqual(await rowsOf('large'));
    expect(await schemaOf('small')).toEqual(await schemaOf('large'));
  });

  it('may have no rows, and be replaced, extended and forgotten', async () => {
    await staging.stage('kept', `${ROWS} WHERE false`);
    expect(await rowsOf('kept')).toEqual([]);
    await staging.extend('kept', ROWS);
    expect(await rowsOf('kept')).toHaveLength(5);
    await staging.stage('kept', 'SELECT count(*) AS n FROM kept');
    expect(await connection.rows('SELECT n FROM kept')).toEqual([[5n]]);
    staging.drop(['kept']);
    await connection.rows('SELECT 1');
    expect(await connection.rows('SHOW VIEWS')).toEqual([]);
  });

  it('is whole when it is too large to come here, and comes in several parts', async () => {
    const rowCount = Math.floor(SMALL_RESULT_BYTES / 100);
    const text = `SELECT id, repeat('x', 100) AS text FROM range(0, ${rowCount}, 1, 7)`;
    await staging.stage('fits', `${text} WHERE id % 2 = 0`);
    await staging.stage('large', text);
    const half = BigInt(Math.ceil(rowCount / 2));
    expect(await connection.rows('SELECT count(*), count(DISTINCT id) FROM fits')).toEqual([
      [half, half],
    ]);
    expect(await connection.rows('SELECT count(DISTINCT id) FROM large')).toEqual([
      [BigInt(rowCount)],
    ]);
  });
});
