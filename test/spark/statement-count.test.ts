/**
 * How often a run asks Spark for something: each time costs a round trip. On a lake on this machine that
 * is little, and what is kept comes and goes by itself; elsewhere fewer are asked.
 */
import { describe, expect, it } from 'vitest';
import { SPARK_URL } from '../fixtures/both-engines.ts';
import { messyLines } from '../fixtures/messy-lines.ts';
import { startSparkProxy } from '../fixtures/spark-proxy.ts';
import { openTestLake } from '../pipeline/lake-support.ts';

/** The operation of an ExecutePlanRequest (its sixth field), a text of 36 characters. */
const OPERATION = /\x32\x24([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/g;

describe.skipIf(SPARK_URL === undefined)('a small run on Spark', () => {
  it('takes a bounded number of statements, the first one and one that adds to it', async () => {
    const operations = new Set<string>();
    const proxy = await startSparkProxy(SPARK_URL ?? '', (text) => {
      for (const [, operation] of text.matchAll(OPERATION)) {
        operations.add(String(operation));
      }
    });
    try {
      await using received = await openTestLake();
      const counts: number[] = [];
      for (const file of [0, 1]) {
        await received.receive(`${file}.ndjson`, messyLines(file, 50));
        await using lake = await openTestLake({}, () => ({
          ...received.settings,
          engine: 'spark',
          spark: { url: proxy.url },
        }));
        operations.clear();
        await lake.lake.run({ fullRefresh: false });
        counts.push(operations.size);
      }
      const [first, second] = counts;
      // Fewer would mean that they are not seen.
      expect(first).toBeGreaterThan(20);
      expect(first).toBeLessThanOrEqual(40);
      expect(second).toBeLessThanOrEqual(40);
    } finally {
      proxy.stop();
    }
  }, 1_800_000);
});
