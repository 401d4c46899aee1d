/** A Spark before 4, if one is named: what it lacks is told at connect. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import { runInProcess } from '../acceptance/command.ts';

/** `sc://host:port` of a Spark 3.5 with Delta Lake 3.x. */
const OLD_SPARK_URL = process.env.CLICKLAKE_TEST_OLD_SPARK_URL ?? '';

describe.skipIf(OLD_SPARK_URL === '')('a Spark 3.5', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-old-spark-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('answers the client', async () => {
    const spark = await connectSpark(parseConnectionString(OLD_SPARK_URL));
    const rows: unknown[][] = [];
    for await (const batch of (await spark.query('SELECT id FROM range(3)')).batches) {
      rows.push(...batch);
    }
    await spark.close();
    expect(spark.sparkVersion).toMatch(/^3\.5\./);
    expect(rows).toEqual([[0n], [1n], [2n]]);
  }, 300_000);

  it('is refused with the names of what it lacks, before anything is written', async () => {
    const url = ['--engine', 'spark', '--spark-url', OLD_SPARK_URL];
    const surroundings = { cwd: folder };
    await runInProcess(['ingest', '-'], surroundings, '{"event_id":"1"}\n');
    const { stdout, stderr, exitCode } = await runInProcess(['run', ...url], surroundings);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toMatch(
      /^error: this server runs Spark 3\.5\.\d+, which lacks SQL scripts \(BEGIN … END\), SQL functions \(CREATE FUNCTION … RETURN\), is_valid_utf8\(\)\nhint: use Spark 4\.0 or newer/,
    );
  }, 300_000);
});
