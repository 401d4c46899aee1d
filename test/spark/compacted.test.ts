/** Events that were compacted before Spark has brought them into Gold. */
import { describe, expect, it } from 'vitest';
import { hashesOf, RECEIVED_AT_MS } from '../fixtures/azure-lake.ts';
import { delivery, hashesInOneRun } from '../fixtures/spark-azure.ts';
import { openTestLake } from '../pipeline/lake-support.ts';

const SPARK_URL = process.env.CLICKLAKE_TEST_SPARK_URL ?? '';
const now = (): number => RECEIVED_AT_MS;

describe.skipIf(SPARK_URL === '')('Spark', () => {
  it('brings events into Gold that were compacted after they came', async () => {
    await using lake = await openTestLake({ now });
    for (const number of [0, 1]) {
      const { name, text } = delivery(number);
      await lake.receive(name, text);
      if (number === 0) {
        await lake.lake.run({ fullRefresh: false });
      }
    }
    // A run that is stopped when Silver is written and Gold is not.
    const stop = new AbortController();
    await using stopped = await openTestLake(
      {
        now,
        signal: stop.signal,
        onProgress: ({ stage }) => {
          if (stage === 'gold') {
            stop.abort();
          }
        },
      },
      () => lake.settings,
    );
    await expect(stopped.lake.run({ fullRefresh: false })).rejects.toThrow();
    const { tables } = await lake.lake.maintain({ dryRun: false });
    const events = tables.find(({ table }) => table === 'silver_events');
    expect(events?.filesCompacted).toBeGreaterThan(0);

    await using spark = await openTestLake({ now }, () => ({
      ...lake.settings,
      engine: 'spark',
      spark: { url: SPARK_URL },
    }));
    await spark.lake.run({ fullRefresh: false });
    expect(await hashesOf(lake.lake)).toEqual(await hashesInOneRun(2));
  }, 1_800_000);
});
