/**
 * The work ended at each change that it makes to the storage, one after the other: what is left is a lake that
 * can be read, and the next run finishes the work.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lake } from '../../src/lake/open-lake.ts';
import { RECEIVED_AT_MS } from '../fixtures/both-engines.ts';
import { IS_LONG } from '../fixtures/long-runs.ts';
import { type StoppingStorage, stopAfter } from '../fixtures/stopping-storage.ts';
import { openDisposable, receiveBytes, settingsFor } from './lake-support.ts';

let folder: string;
/** Two files are in Silver and Gold, by two runs, and one waits. */
let begun: string;
/** What the tables hold when all is done in peace. */
let calm: Awaited<ReturnType<typeof finishWork>>;
let lakeCount = 0;

const GOLD_POINTS_APART = 3;

const WORKS: Record<string, (lake: Lake) => Promise<unknown>> = {
  'an ingest, and a run over two batches': ingestAndRun,
  'a full refresh': (lake) => lake.run({ fullRefresh: true }),
  'the compaction of what several runs wrote': (lake) => lake.maintain({ dryRun: false }),
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clicklake-crash-points-'));
  begun = join(folder, 'begun');
  await using lake = await open(begun);
  for (const file of [0, 1]) {
    await receive(lake, file);
    await lake.run({ fullRefresh: false });
  }
  await receive(lake, 2);
  calm = await finishWork(await copyOfBegun());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a process that ends at any change leaves nothing that the next one does not finish', () => {
  it.each(Object.keys(WORKS))('of %s', async (name) => {
    const { changes } = await workUntilStopped(await copyOfBegun(), name, Infinity);
    const points = pointsOf(changes);
    expect(points.length).toBeGreaterThan(3);
    for (const changeCount of points) {
      const lake = await copyOfBegun();
      const stopped = await workUntilStopped(lake, name, changeCount);
      expect(stopped.isStopped).toBe(true);
      expect(await finishWork(lake), stopped.changes.join('\n')).toEqual(calm);
    }
  });
});

it('an order has left a session, which the next run still computes again', async () => {
  const path = join(folder, 'lake-of-order');
  const buy = (id: string, minute: number, session: string): string =>
    JSON.stringify({
      ...{ event_id: id, user_id: session, session_id: session, event_type: 'purchase' },
      ...{ product_id: 'p', price: 5, order_id: 'o' },
      event_timestamp: new Date(Date.UTC(2026, 0, 9, 12, minute)).toISOString(),
    });
  {
    await using lake = await open(path);
    await receiveBytes(lake, join(folder, 'late.ndjson'), buy('e2', 5, 'late'));
    await lake.run({ fullRefresh: false });
    await receiveBytes(lake, join(folder, 'early.ndjson'), buy('e1', 0, 'early'));
  }
  const copy = join(folder, 'copy-of-order');
  await cp(path, copy, { recursive: true });
  const all = stopAfter(Infinity);
  {
    await using lake = await open(copy, all.wrap);
    await lake.run({ fullRefresh: false });
  }
  const { length } = all.changes.slice(
    0,
    all.changes.findIndex((what) => ORDERS_AGAIN.test(what)),
  );
  {
    await using lake = await open(path, stopAfter(length + 1).wrap);
    await lake.run({ fullRefresh: false }).catch(() => {});
  }
  await using lake = await open(path);
  await lake.run({ fullRefresh: false });
  const { rows } = await lake.query(
    'SELECT session_id, order_count FROM gold_sessions ORDER BY 1',
    {},
  );
  expect(rows).toEqual([
    { session_id: 'early', order_count: 1 },
    { session_id: 'late', order_count: 0 },
  ]);
});

const ORDERS_AGAIN = /gold\/orders\/_delta_log\/0+1\.json/;

async function ingestAndRun(lake: Lake): Promise<void> {
  await receive(lake, 3);
  await lake.run({ fullRefresh: false });
}

async function workUntilStopped(path: string, name: string, changeCount: number) {
  const stopping = stopAfter(changeCount);
  await using lake = await open(path, stopping.wrap);
  // Whatever it says: it is not there to say it.
  await WORKS[name]?.(lake).catch(() => {});
  return stopping;
}

/** Takes in and computes what there is; answers what the tables then hold, without the names in Bronze. */
async function finishWork(path: string) {
  await using lake = await open(path);
  await ingestAndRun(lake);
  const { tables } = await lake.hashTables();
  const { rows } = await lake.query(
    'SELECT * EXCLUDE (bronze_path) FROM silver_events ORDER BY event_id',
    {},
  );
  const { outcomes } = await lake.status();
  const gold = tables
    .filter(({ table }) => table.startsWith('gold_'))
    .map(({ table, sha256 }) => ({ table, sha256 }));
  return { gold, rows, outcomes };
}

/**
 * After how many changes the process ends: after each that made another table or Bronze, so after no data file,
 * which no log names yet, and no checkpoint. Of Gold's tables, which are all committed by one code, every third.
 * A long run takes every point.
 */
function pointsOf(changes: readonly string[]): number[] {
  let goldCount = 0;
  return [...changes.keys()].filter((count) => {
    const last = changes[count - 1] ?? '';
    if (IS_LONG) {
      return true;
    }
    if (last.includes(' gold/') && !last.endsWith('.parquet')) {
      goldCount += 1;
      return goldCount % GOLD_POINTS_APART === 0;
    }
    return !/(?:\.parquet|_last_checkpoint)$/.test(last);
  });
}

async function copyOfBegun(): Promise<string> {
  lakeCount += 1;
  const path = join(folder, `lake-${lakeCount}`);
  await cp(begun, path, { recursive: true });
  return path;
}

function open(path: string, wrapStorage: StoppingStorage['wrap'] = (same) => same) {
  const settings = settingsFor(path);
  // One file a batch.
  const silver = { ...settings.silver, maxBatchMb: 0.000_1 };
  return openDisposable({ ...settings, silver }, { now: () => RECEIVED_AT_MS, wrapStorage });
}

function receive(lake: Lake, file: number): Promise<void> {
  return receiveBytes(lake, join(folder, `f${file}.ndjson`), linesOf(file));
}

/** Visits of one day, each spread over files; each file repeats an event, contradicts one and has rubbish. */
function linesOf(file: number): string {
  const event = (number: number, price: number) =>
    JSON.stringify({
      event_id: `e${number}`,
      user_id: `u${number % 3}`,
      session_id: `s${number % 25}`,
      event_type: ['product_view', 'add_to_cart', 'checkout', 'purchase'][number % 4],
      product_id: `p${number % 2}`,
      event_timestamp: new Date(Date.UTC(2026, 0, 9, 12, number)).toISOString(),
      price,
    });
  const first = file * 10;
  const fresh = Array.from({ length: 10 }, (_, index) => event(first + index, 5));
  const odd = [event(Math.max(0, first - 1), 5), event(Math.max(0, first - 2), 6), '{"event_id":'];
  return `${[...fresh, ...odd].join('\n')}\n`;
}
