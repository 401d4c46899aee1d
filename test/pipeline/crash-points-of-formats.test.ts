/** An ingest and a run over a file of each format, ended while a file is read: the next run finishes the work. */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lake } from '../../src/lake/open-lake.ts';
import { RECEIVED_AT_MS } from '../fixtures/both-engines.ts';
import { IS_LONG } from '../fixtures/long-runs.ts';
import { type StoppingStorage, stopAfter } from '../fixtures/stopping-storage.ts';
import { openDisposable, settingsFor } from './lake-support.ts';

/** JSON arrays, values without newlines, CSV, TSV, Parquet, Avro and Event Hubs Capture. */
const CASE = 'test/acceptance/cases/formats/input/landing';

let folder: string;
let files: string[];
/** What the tables hold when all is done in peace. */
let calm: Awaited<ReturnType<typeof finishWork>>;
let lakeCount = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clicklake-crash-points-'));
  await cp(CASE, join(folder, 'landing'), { recursive: true });
  // What is truncated is refused, and what has no records is not opened.
  const refused = ['short.tsv', 'empty.avro'];
  files = (await readdir(join(folder, 'landing'))).filter((name) => !refused.includes(name));
  calm = await finishWork(newLake());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a process that ends while it reads a file', () => {
  it('leaves nothing that the next one does not finish, whatever the format', async () => {
    const { changes } = await workUntilStopped(newLake(), Number.POSITIVE_INFINITY);
    const opened = changes.filter((change) => change.startsWith('open '));
    for (const name of files) {
      expect(opened.some((change) => change.endsWith(name))).toBe(true);
    }
    for (const changeCount of pointsOf(changes)) {
      const path = newLake();
      const stopped = await workUntilStopped(path, changeCount);
      expect(stopped.isStopped).toBe(true);
      expect(await finishWork(path), stopped.changes.join('\n')).toEqual(calm);
    }
  });
});

/** Before the last opening of each file and before Silver's commit; in a long run, before each change. */
function pointsOf(changes: readonly string[]): number[] {
  if (IS_LONG) {
    return [...changes.keys()];
  }
  const last = new Map(changes.map((change, index) => [change, index]));
  return [...last]
    .filter(([change]) => /^open |^put silver\/events\//.test(change))
    .map(([, index]) => index);
}

async function ingestAndRun(lake: Lake): Promise<void> {
  for (const name of files) {
    await lake.ingest([{ kind: 'file', path: join(folder, 'landing', name) }], { source: 'shop' });
  }
  await lake.run({ fullRefresh: false });
}

async function workUntilStopped(path: string, changeCount: number) {
  const stopping = stopAfter(changeCount, { opened: 'bronze/shop/' });
  await using lake = await open(path, stopping.wrap);
  // Whatever it says: it is not there to say it.
  await ingestAndRun(lake).catch(() => {});
  return stopping;
}

/** Takes in and computes what there is; answers what the tables then hold. */
async function finishWork(path: string) {
  await using lake = await open(path);
  await ingestAndRun(lake);
  const { tables } = await lake.hashTables();
  const { outcomes } = await lake.status();
  return { tables: tables.map(({ table, rows, sha256 }) => ({ table, rows, sha256 })), outcomes };
}

function newLake(): string {
  lakeCount += 1;
  return join(folder, `lake-${lakeCount}`);
}

function open(path: string, wrapStorage: StoppingStorage['wrap'] = (same) => same) {
  return openDisposable(settingsFor(path), { now: () => RECEIVED_AT_MS, wrapStorage });
}
