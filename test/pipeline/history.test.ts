/** What earlier runs did is read from the log with few requests, whatever its length. */
import { expect, it } from 'vitest';
import type { Storage } from '../../src/storage/storage.ts';
import { messyLines } from '../fixtures/messy-lines.ts';
import { openTestLake } from './lake-support.ts';

const BATCHES = 12;

it('reads each commit of a batch once, and few of them at a time', async () => {
  const reads: string[] = [];
  let [running, most] = [0, 0];
  const counted = (storage: Storage): Storage => ({
    ...storage,
    async read(path) {
      if (!/^silver\/events\/_delta_log\/\d+\.json$/.test(path)) {
        return await storage.read(path);
      }
      running += 1;
      most = Math.max(most, running);
      try {
        const bytes = await storage.read(path);
        reads.push(path);
        return bytes;
      } finally {
        running -= 1;
      }
    },
  });
  await using test = await openTestLake({ wrapStorage: counted }, (settings) => ({
    ...settings,
    silver: { ...settings.silver, maxBatchMb: 0.01 },
  }));
  for (let file = 0; file < BATCHES; file += 1) {
    await test.receive(`f${file}.ndjson`, messyLines(file, 100));
  }
  await test.lake.run({ fullRefresh: false });
  await test.lake.status();

  [reads.length, most] = [0, 0];
  const batches = await test.lake.listBatches();
  expect(batches).toHaveLength(BATCHES);
  const readBefore = new Set(reads);
  expect(readBefore.size).toBe(reads.length);
  expect(most).toBeLessThanOrEqual(8);

  await test.receive('last.ndjson', messyLines(BATCHES, 100));
  await test.lake.run({ fullRefresh: false });
  await test.lake.status();
  reads.length = 0;
  const [newest, ...others] = await test.lake.listBatches();
  expect(newest).toMatchObject({ files: 1, lines: 100 });
  expect(others).toEqual(batches);
  expect(reads.filter((path) => readBefore.has(path))).toEqual([]);
});
