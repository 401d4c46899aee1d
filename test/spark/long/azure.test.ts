/** Both engines on lakes in Azure: in turns, and at the same time. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../fixtures/azurite.ts';
import {
  delivery,
  hashesInOneRun,
  newContainer,
  openOn,
  runInTurns,
} from '../../fixtures/spark-azure.ts';

const SPARK_URL = process.env.CLICKLAKE_TEST_SPARK_URL ?? '';
const LIMIT_MS = 1_800_000;
const DELIVERIES = 3;

describe.skipIf(SPARK_URL === '')('both engines on a lake in Azure', () => {
  let azurite: Azurite;
  let calm: Record<string, string | null>;
  beforeAll(async () => {
    azurite = await startAzurite();
    calm = await hashesInOneRun(DELIVERIES);
  });
  afterAll(() => azurite.stop());

  it(
    'take turns, DuckDB first',
    async () => {
      const { hashes } = await runInTurns(['duckdb', 'spark', 'duckdb'], azurite, SPARK_URL);
      expect(hashes).toEqual(calm);
    },
    LIMIT_MS,
  );

  it(
    'take turns, Spark first',
    async () => {
      const { hashes } = await runInTurns(['spark', 'duckdb', 'spark'], azurite, SPARK_URL);
      expect(hashes).toEqual(calm);
    },
    LIMIT_MS,
  );

  it(
    'run at the same time, and lose and double nothing',
    async () => {
      const address = await newContainer(azurite);
      const spark = await openOn('spark', azurite, address, SPARK_URL);
      const duckdb = await openOn('duckdb', azurite, address, SPARK_URL);
      let lines = 0;
      for (let number = 0; number < DELIVERIES; number += 1) {
        const { name, text } = delivery(number);
        await duckdb.receive(name, text);
        // DuckDB's runs fall into Spark's, which takes longer.
        const running = { spark: true };
        const whole = spark.lake.run({ fullRefresh: false }).finally(() => {
          running.spark = false;
        });
        const runs = [];
        while (running.spark) {
          runs.push(await duckdb.lake.run({ fullRefresh: false }));
          await duckdb.lake.maintain({ dryRun: false });
        }
        runs.push(await whole);
        lines += runs.reduce((sum, report) => sum + report.lines, 0);
      }
      await duckdb.lake.run({ fullRefresh: false });
      const { lines: verified, checks } = await duckdb.lake.verify();
      expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
      // Every line is in the account of one run.
      expect(lines).toBe(verified);
      expect(await duckdb.hashes()).toEqual(calm);
      await spark.close();
      await duckdb.close();
    },
    LIMIT_MS,
  );

  it(
    'compacts and computes anew with Spark what both wrote',
    async () => {
      const { address } = await runInTurns(['duckdb', 'spark', 'duckdb'], azurite, SPARK_URL);
      const spark = await openOn('spark', azurite, address, SPARK_URL);
      const maintained = await spark.lake.maintain({ dryRun: false });
      expect(maintained.tables.some(({ filesCompacted }) => filesCompacted > 0)).toBe(true);
      expect(await spark.hashes()).toEqual(calm);
      await spark.lake.run({ fullRefresh: true });
      await spark.close();
      const duckdb = await openOn('duckdb', azurite, address, SPARK_URL);
      expect(await duckdb.hashes()).toEqual(calm);
      await duckdb.close();
    },
    LIMIT_MS,
  );
});
