/**
 * Every kind of write on Spark (append, merge, partition replacement, overwrite, draft and publish) broken
 * off in the middle by cut connections: the same rows in the end.
 */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openLake } from '../../../src/pipeline/lake.ts';
import { openTestLake, settingsFor } from '../../engines/lake-support.ts';
import { contentsOf, RECEIVED_AT_MS, SPARK_URL } from '../../fixtures/both-engines.ts';
import { type SparkProxy, startSparkProxy } from '../../fixtures/spark-proxy.ts';
import { visits } from '../../fixtures/visits.ts';

vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 300_000 });

/** How the statements that write to a table begin, and whose table it is. */
const WRITE = /(?:INSERT INTO|INSERT OVERWRITE|MERGE INTO) delta\.`([^`]+)`/;

describe.skipIf(SPARK_URL === undefined)('a write on Spark that is broken off', () => {
  let folder: string;
  /** A lake with one file in Silver and Gold and another that waits; only DuckDB has been at it. */
  let begun: string;
  /** What the tables hold when everything was done in peace. */
  let calm: ReturnType<typeof contentsOf>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-broken-off-'));
    const lake = await openTestLake({ now: () => RECEIVED_AT_MS });
    await lake.receive('first.ndjson', visits(0));
    await lake.lake.run({ fullRefresh: false });
    await lake.receive('second.ndjson', visits(1));
    begun = join(folder, 'begun');
    await cp(lake.settings.lake, begun, { recursive: true });
    await lake.lake.run({ fullRefresh: false });
    calm = contentsOf(await lake.lake.hashTables());
    await lake[Symbol.asyncDispose]();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function copyOfBegun(name: string): Promise<string> {
    const path = join(folder, name);
    await cp(begun, path, { recursive: true });
    return path;
  }

  async function expectCalm(lake: string): Promise<void> {
    const opened = await openLake(settingsFor(lake));
    try {
      expect(contentsOf(await opened.hashTables())).toEqual(calm);
      const { checks } = await opened.verify();
      expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
    } finally {
      await opened.close();
    }
  }

  it('by cut connections, at once, a little later, or after Spark has committed', async () => {
    const lake = await copyOfBegun('cut');
    let writes = 0;
    const proxy = await startSparkProxy(SPARK_URL ?? '', (text) => {
      const [, table] = WRITE.exec(text) ?? [];
      if (table === undefined) return;
      writes += 1;
      void cutAt(proxy, table, writes % 3);
    });
    const opened = await openLake(
      { ...settingsFor(lake), engine: 'spark', spark: { url: proxy.url } },
      { now: () => RECEIVED_AT_MS },
    );
    try {
      await opened.run({ fullRefresh: false });
      expect(writes).toBeGreaterThanOrEqual(8);
      await expectCalm(lake);
      await opened.run({ fullRefresh: true });
      expect(writes).toBeGreaterThanOrEqual(16);
      expect(proxy.cutCount).toBeGreaterThanOrEqual(writes);
    } finally {
      await opened.close();
      proxy.stop();
    }
    await expectCalm(lake);
  });
});

async function cutAt(proxy: SparkProxy, table: string, mode: number): Promise<void> {
  if (mode === 1) await pause(300);
  if (mode === 2) {
    proxy.holdAnswers();
    await untilCommitted(table);
  }
  proxy.cut();
}

/** Or some seconds: what the table has already is not committed again. */
async function untilCommitted(table: string): Promise<void> {
  const before = await commitCount(table);
  for (let tries = 0; tries < 75; tries += 1) {
    await pause(200);
    if ((await commitCount(table)) > before) return;
  }
}

async function commitCount(table: string): Promise<number> {
  const names = await readdir(join(table, '_delta_log'));
  return names.filter((name) => name.endsWith('.json')).length;
}
