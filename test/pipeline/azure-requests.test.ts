/** What a run asks of a lake in Azure: no more than the work needs, however much history there is. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AzureLake, openAzureLake } from '../fixtures/azure-lake.ts';
import { type Azurite, startAzurite } from '../fixtures/azurite.ts';
import { type FaultProxy, startFaultProxy } from '../fixtures/fault-proxy.ts';

const DAYS = 20;
const EVENTS_PER_DAY = 50;

let azurite: Azurite;
let proxy: FaultProxy;
/** Data files and files of events that were fetched, by their paths in the lake. */
let fetched: string[] = [];
let otherRequests = 0;
let history: AzureLake;

beforeAll(async () => {
  azurite = await startAzurite();
  proxy = await startFaultProxy(new URL(azurite.endpoint).origin, ({ method, url = '' }) => {
    const path = decodeURIComponent(new URL(url, 'http://x').pathname).split('/some/lake/')[1];
    const isData = path !== undefined && /\.(parquet|ndjson)$/.test(path);
    if (method === 'GET' && isData && !path.includes('_delta_log')) {
      fetched.push(path);
    } else {
      otherRequests += 1;
    }
    return 'none';
  });
  history = await open();
  await history.receive('history.ndjson', days(1, DAYS));
  await history.lake.run({ fullRefresh: false });
  await history.receive('more.ndjson', days(DAYS + 1, DAYS + 1));
  await history.lake.run({ fullRefresh: false });
});
afterAll(async () => {
  await history.close();
  await proxy.stop();
  await azurite.stop();
});
beforeEach(countAnew);

const open = (address?: string) =>
  openAzureLake(azurite, { through: proxy.origin, ...(address === undefined ? {} : { address }) });

/** Ids, sessions and users of a day have the day's number in front: they grow with time. */
function days(first: number, last: number): string {
  let text = '';
  for (let day = first; day <= last; day += 1) {
    const date = new Date(Date.UTC(2026, 0, day)).toISOString().slice(0, 10);
    const number = String(day).padStart(3, '0');
    for (let n = 0; n < EVENTS_PER_DAY; n += 1) {
      text += `${JSON.stringify({
        event_id: `e${number}-${n}`,
        user_id: `u${number}-${n % 10}`,
        session_id: `s${number}-${n % 20}`,
        event_type: 'page_view',
        event_timestamp: `${date}T10:00:${String(n % 60).padStart(2, '0')}Z`,
      })}\n`;
    }
  }
  return text;
}

const below = (prefix: string) => fetched.filter((path) => path.startsWith(prefix));

describe('a run on a lake with a history, in Azure', () => {
  it('fetches nothing twice, and nothing that it has written itself', async () => {
    // The next lines of the last day, on the machine that has done everything so far.
    await history.receive('next.ndjson', days(DAYS + 1, DAYS + 1).replaceAll('"e0', '"f0'));
    await history.lake.run({ fullRefresh: false });
    expect(fetched).toEqual([]);
  });

  it('fetches, on a new machine, only what can hold something of the new lines', async () => {
    await history.receive('later.ndjson', days(DAYS + 2, DAYS + 2));
    const elsewhere = await open(history.address);
    countAnew();
    const report = await elsewhere.lake.run({ fullRefresh: false });
    expect(report.valid).toBe(EVENTS_PER_DAY);
    expect(new Set(fetched).size).toBe(fetched.length);
    expect(below('bronze/test/')).toHaveLength(1);
    // The likely part of the history, and nothing of the twenty days before.
    expect(below('silver/events/').length).toBeLessThanOrEqual(3);
    expect(below('gold/sessions/').length).toBeLessThanOrEqual(3);
    expect(below('silver/quarantine/')).toEqual([]);
    await elsewhere.close();
  });

  it('asks as much for the logs on a long history as on a short one', async () => {
    const short = await open();
    await short.receive('one.ndjson', days(1, 1));
    await short.lake.run({ fullRefresh: false });
    await short.receive('two.ndjson', days(2, 2));
    countAnew();
    await short.lake.run({ fullRefresh: false });
    const requestsOnShort = otherRequests;
    await short.close();

    await history.receive('last.ndjson', days(DAYS + 3, DAYS + 3));
    countAnew();
    await history.lake.run({ fullRefresh: false });
    // A few more commits are in its logs.
    expect(otherRequests).toBeLessThan(2 * requestsOnShort);
  });

  it('asks for little when there is nothing new', async () => {
    await history.lake.run({ fullRefresh: false });
    countAnew();
    await history.lake.run({ fullRefresh: false });
    expect(fetched).toEqual([]);
    // Each look at a table: is its version still there, and is there a next one.
    expect(otherRequests).toBeLessThanOrEqual(54);
  });

  it('fetches a file once, however often its table is read', async () => {
    const elsewhere = await open(history.address);
    countAnew();
    const hashes = await elsewhere.hashes();
    const everything = fetched.length;
    countAnew();
    expect(await elsewhere.hashes()).toEqual(hashes);
    expect(everything).toBeGreaterThan(DAYS);
    expect(fetched).toEqual([]);
    await elsewhere.close();
  });
});

describe('who looks at a lake in Azure again and again', () => {
  it('fetches what it shows, and keeps hold of no version that is gone', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'clicklake-azure-reader-'));
    const watcher = await openAzureLake(azurite, {
      ...{ through: proxy.origin, address: history.address },
      change: (settings) => ({ ...settings, cache: { ...settings.cache, folder: cache } }),
    });
    const reader = await watcher.lake.reader();
    countAnew();
    await reader.keep(() => ({ users: 'SELECT count(*) AS n FROM gold_users' }));
    await watcher.lake.status();
    expect(below('gold/users/')).not.toEqual([]);
    expect(below('silver/events/')).toEqual([]);
    expect(await reader.rows('SELECT CAST(n > 0 AS INTEGER) AS some FROM users')).toEqual([
      { some: 1 },
    ]);
    const held = await readdir(join(cache, 'work'), { recursive: true });
    expect(held.filter((path) => path.endsWith('.parquet'))).toEqual([]);
    await watcher.close();
    await rm(cache, { recursive: true });
  });

  it('fetches for the events of a session the files of its date, and none beyond a limit', async () => {
    const watcher = await open(history.address);
    const limits = { maxEvents: 500, maxFileBytes: 1_000_000 };
    countAnew();
    const found = await watcher.lake.sessionEvents('s005-3', limits);
    expect(found?.events?.map((event) => event.event_timestamp)).toEqual([
      '2026-01-05T10:00:03Z',
      '2026-01-05T10:00:23Z',
      '2026-01-05T10:00:43Z',
    ]);
    expect(below('silver/events/')).toEqual([expect.stringContaining('event_date=2026-01-05')]);

    countAnew();
    const small = { ...limits, maxFileBytes: 10 };
    expect(await watcher.lake.sessionEvents('s007-3', small)).toMatchObject({
      session: { event_count: 3 },
      events: null,
    });
    expect(await watcher.lake.sessionEvents('s099-3', limits)).toBeUndefined();
    expect(below('silver/events/')).toEqual([]);
    await watcher.close();
  });

  it('fetches of the own tables only the one that is looked at', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clicklake-azure-models-'));
    for (const name of ['one', 'two']) {
      await writeFile(
        join(folder, `${name}.sql`),
        `-- gold_${name}: one row per visitor.\n-- grain: visitor_id\n-- refresh: full\n-- reads: gold_users\n` +
          'SELECT\n  CAST(visitor_id AS STRING) AS visitor_id -- the visitor\nFROM gold_users\n',
      );
    }
    const openWithModels = (cache: string) =>
      openAzureLake(azurite, {
        ...{ through: proxy.origin, address: history.address },
        change: (settings) => ({
          ...settings,
          models: folder,
          cache: { ...settings.cache, folder: join(folder, cache) },
        }),
      });
    const writer = await openWithModels('writer');
    await writer.lake.run({ fullRefresh: false });
    await writer.close();

    const watcher = await openWithModels('watcher');
    const reader = await watcher.lake.reader();
    expect(reader.ownTables.map(({ name }) => name)).toEqual(['gold_one', 'gold_two']);
    countAnew();
    await reader.keep(() => ({ users: 'SELECT count(*) AS n FROM gold_users' }));
    expect([...below('gold/one/'), ...below('gold/two/')]).toEqual([]);
    const rows = await reader.withOwnTable('gold_two', () =>
      reader.rows('SELECT count(*) AS n FROM gold_two'),
    );
    expect(rows).toEqual(await reader.rows('SELECT n FROM users'));
    expect(below('gold/one/')).toEqual([]);
    expect(below('gold/two/')).not.toEqual([]);
    await watcher.close();
    await rm(folder, { recursive: true });
  });
});

function countAnew(): void {
  fetched = [];
  otherRequests = 0;
}
