/** Files taken from a landing container in the storage emulator. */
import type { IncomingMessage } from 'node:http';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Lake } from '../../src/lake/open-lake.ts';
import { avroFile, CAPTURE_SCHEMA } from '../fixtures/avro-file.ts';
import { type Azurite, startAzurite } from '../fixtures/azurite.ts';
import { type Fault, startFaultProxy } from '../fixtures/fault-proxy.ts';
import { stopAfter } from '../fixtures/stopping-storage.ts';
import { openTestLake, type TestLake } from './lake-support.ts';
import { dropLedgerColumns } from './older-ledger.ts';

vi.setConfig({ testTimeout: 60_000 });

const NOW_MS = Date.UTC(2026, 1, 10, 12);

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

/** A new landing container. */
async function newLanding(): Promise<{
  container: ContainerClient;
  url: string;
  put(path: string, content: string | Buffer): Promise<void>;
}> {
  const address = await azurite.newLake();
  const url = address.replace(/\/some\/lake$/, '');
  const name = /\/\/([^@]+)@/.exec(url)?.[1] ?? '';
  const container = BlobServiceClient.fromConnectionString(
    azurite.env.AZURE_STORAGE_CONNECTION_STRING ?? '',
  ).getContainerClient(name);
  return {
    container,
    url,
    async put(path, content) {
      await container.getBlockBlobClient(path).upload(content, Buffer.byteLength(content));
    },
  };
}

function openLakeFor(landing?: string, hooks: Parameters<typeof openTestLake>[0] = {}) {
  return openTestLake({ env: azurite.env, now: () => NOW_MS, ...hooks }, (settings) => ({
    ...settings,
    ...(landing === undefined ? {} : { sources: { web: { landing } } }),
  }));
}

/** The emulator's environment, with requests sent to what stands before it. */
function envThrough(origin: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(azurite.env).map(([name, text]) => [
      name,
      text.replace(new URL(azurite.endpoint).origin, origin),
    ]),
  );
}

function event(id: string): string {
  return `{"event_id":"${id}","user_id":"u","event_type":"page_view","event_timestamp":"2026-02-01T10:00:00Z"}\n`;
}

async function eventIds({ lake, rows }: TestLake): Promise<unknown[]> {
  await lake.run();
  const found = await rows('SELECT event_id FROM silver_events ORDER BY event_id');
  return found.map(({ event_id }) => event_id);
}

/** What one ingest of the configured landing container came to. */
async function ingestWeb(lake: Lake, options: { scan?: boolean } = {}) {
  const [report] = await lake.ingestLandings(options);
  return {
    ingested: report?.ingested.map(({ from }) => from.replace(/^abfss:\/\/[^/]+\//, '')),
    skipped: report?.skipped.length,
    refused: report?.refused.length,
    unchanged: report?.unchanged,
  };
}

describe('a landing container', () => {
  it('is listed, and only what is new or has changed is read', async () => {
    const { put, url } = await newLanding();
    await put('in/a.json', event('a'));
    await put('in/deep/b.json', event('b'));
    await put('in/_SUCCESS', 'x');
    await put('in/coming.json', '');
    await put('inside.json', event('no'));
    const read: string[] = [];
    const proxy = await startFaultProxy(
      azurite.endpoint,
      ({ method, url: path }: IncomingMessage) => {
        if (method === 'GET' && path !== undefined && !path.includes('comp=list')) {
          read.push(path.replace(/^\/[^/]+\/[^/]+\//, '').replace(/\?.*$/, ''));
        }
        return 'none';
      },
    );
    await using test = await openLakeFor(undefined, { env: envThrough(proxy.origin) });
    const first = await test.lake.ingest([`${url}/in`], { source: 'web' });
    expect(first).toMatchObject({
      ingested: [{ from: `${url}/in/a.json` }, { from: `${url}/in/deep/b.json` }],
      unchanged: 0,
    });
    expect(read.splice(0).toSorted()).toEqual(['in/a.json', 'in/deep/b.json']);

    await put('in/a.json', event('a2'));
    await put('in/copy.json', event('b'));
    const second = await test.lake.ingest([`${url}/in/`], { source: 'web' });
    expect(second).toMatchObject({
      ingested: [{ from: `${url}/in/a.json` }],
      skipped: [{ from: `${url}/in/copy.json`, path: first.ingested[1]?.path }],
      unchanged: 1,
    });
    expect(read.splice(0).toSorted()).toEqual(['in/a.json', 'in/copy.json']);

    // The copy was read once, and is known by its address from then on.
    const third = await test.lake.ingest([`${url}/in`], { source: 'web' });
    expect(third).toMatchObject({ ingested: [], skipped: [], unchanged: 3 });
    expect(read).toEqual([]);
    await proxy.stop();
    expect(await eventIds(test)).toEqual(['a', 'a2', 'b']);
    expect(await test.lake.status()).toMatchObject({ bronze: { files: 3 } });
    expect((await test.lake.verify()).checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  });

  it('may be one file, and of a name without files it is said that there are none', async () => {
    const { put, url } = await newLanding();
    await put('in/a.json', event('a'));
    await using test = await openLakeFor();
    const { ingested } = await test.lake.ingest([`${url}/in/a.json`]);
    expect(ingested).toMatchObject([{ from: `${url}/in/a.json` }]);
    expect(await test.lake.ingest([`${url}/in/a.json`])).toMatchObject({ unchanged: 1 });
    await expect(test.lake.ingest([`${url}/im`])).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is not taken from where it holds the lake, or lies in it', async () => {
    const lake = await azurite.newLake();
    await using test = await openTestLake({ env: azurite.env }, (settings) => ({
      ...settings,
      lake,
    }));
    for (const address of [lake.replace(/\/lake$/, ''), `${lake}/bronze/web`]) {
      await expect(test.lake.ingest([address])).rejects.toMatchObject({ code: 'usage' });
    }
  });

  it('is taken into a lake whose ledger does not tell addresses yet', async () => {
    const { put, url } = await newLanding();
    await put('a.json', event('a'));
    await put('b.json', event('b'));
    await using test = await openLakeFor(url);
    await test.receive('a.json', event('a'));
    await dropLedgerColumns(test, ['origin', 'origin_etag']);
    expect(await ingestWeb(test.lake)).toMatchObject({ ingested: ['b.json'], skipped: 1 });
    expect(await ingestWeb(test.lake)).toMatchObject({ ingested: [], skipped: 0, unchanged: 2 });
    expect(await eventIds(test)).toEqual(['a', 'b']);
  });

  it('may be the container of the lake itself', async () => {
    const lake = await azurite.newLake();
    const landing = lake.replace(/some\/lake$/, 'landing');
    const name = /\/\/([^@]+)@/.exec(lake)?.[1] ?? '';
    const connection = azurite.env.AZURE_STORAGE_CONNECTION_STRING ?? '';
    const container = BlobServiceClient.fromConnectionString(connection).getContainerClient(name);
    await container.getBlockBlobClient('landing/a.json').upload(event('a'), event('a').length);
    await using test = await openTestLake({ env: azurite.env, now: () => NOW_MS }, (settings) => ({
      ...settings,
      lake,
    }));
    expect(await test.lake.ingest([landing])).toMatchObject({
      ingested: [{ path: 'bronze/web/date=2026-02-10/landing_a.json' }],
    });
    expect(await test.lake.ingest([landing])).toMatchObject({ ingested: [], unchanged: 1 });
    expect(await eventIds(test)).toEqual(['a']);
  });

  it('has files refused by name, each time, and the others are taken', async () => {
    const { container, put, url } = await newLanding();
    await put('a.html', '<!doctype html><html></html>');
    await put('b.json', event('b'));
    await put('c.json', event('c'));
    await container.getBlobClient('c.json').setAccessTier('Archive');
    await using test = await openLakeFor(url);
    const [report] = await test.lake.ingestLandings();
    expect(report).toMatchObject({
      ingested: [{ from: `${url}/b.json` }],
      refused: [
        { from: `${url}/c.json`, reason: expect.stringContaining('archive tier') },
        { from: `${url}/a.html`, reason: expect.stringContaining('HTML') },
      ],
    });
    expect(await ingestWeb(test.lake)).toMatchObject({ refused: 2, unchanged: 1 });
  });
});

it('a file that is replaced while it is read waits for the next ingest, and the others are taken', async () => {
  const { put, url } = await newLanding();
  const large = event('a').repeat(100_000);
  await put('a.json', large);
  await put('b.json', event('b'));
  let isReplaced = false;
  const proxy = await startFaultProxy(
    azurite.endpoint,
    async ({ method, url: path }): Promise<Fault> => {
      const isRead = method === 'GET' && /a\.json/.test(path ?? '');
      if (isRead && isReplaced) {
        await put('a.json', event('changed'));
      }
      isReplaced ||= isRead;
      return 'none';
    },
  );
  await using test = await openLakeFor(url, { env: envThrough(proxy.origin) });
  const [report] = await test.lake.ingestLandings();
  expect(report).toMatchObject({
    ingested: [{ from: `${url}/b.json` }],
    refused: [{ from: `${url}/a.json`, reason: 'a.json was replaced while it was read' }],
  });
  expect(await ingestWeb(test.lake)).toMatchObject({ ingested: ['a.json'], unchanged: 1 });
  await proxy.stop();
});

describe('folders of dates in a landing container', () => {
  it('are listed from the day before the newest that a file was taken from', async () => {
    const { put, url } = await newLanding();
    await put('shop/date=2026-02-08/a.json', event('a'));
    await put('shop/date=2026-02-09/b.json', event('b'));
    await put('shop/other/c.json', event('no'));
    await using test = await openLakeFor(`${url}/shop/date={yyyy}-{MM}-{dd}`);
    expect(await ingestWeb(test.lake)).toMatchObject({
      ingested: ['shop/date=2026-02-08/a.json', 'shop/date=2026-02-09/b.json'],
    });
    await put('shop/date=2026-02-07/late.json', event('late'));
    await put('shop/date=2026-02-08/d.json', event('d'));
    await put('shop/date=2026-02-10/e.json', event('e'));
    expect(await ingestWeb(test.lake)).toMatchObject({
      ingested: ['shop/date=2026-02-08/d.json', 'shop/date=2026-02-10/e.json'],
      unchanged: 2,
    });
    expect(await ingestWeb(test.lake, { scan: true })).toMatchObject({
      ingested: ['shop/date=2026-02-07/late.json'],
      unchanged: 4,
    });
    expect(await eventIds(test)).toEqual(['a', 'b', 'd', 'e', 'late']);
  });

  it('are found in the layout of Event Hubs Capture, for each partition on its own', async () => {
    const { put, url } = await newLanding();
    const at = (partition: number, time: string) => `shop-ns/clicks/${partition}/${time}.avro`;
    await put(at(0, '2026/02/09/10/00/00'), await capture([event('a'), event('b')]));
    await put(at(0, '2026/02/10/10/05/00'), await capture([]));
    await using test = await openLakeFor(
      `${url}/{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}`,
    );
    expect(await ingestWeb(test.lake)).toMatchObject({
      ingested: [at(0, '2026/02/09/10/00/00'), at(0, '2026/02/10/10/05/00')],
    });
    await put(at(1, '2026/02/01/10/00/00'), await capture([event('c')]));
    await put(at(0, '2026/02/10/10/10/00'), await capture([event('d')]));
    // The bytes of another file of no records.
    await put(at(0, '2026/02/10/10/15/00'), await capture([]));
    await ingestWeb(test.lake);
    expect(await ingestWeb(test.lake)).toMatchObject({ ingested: [], skipped: 0, refused: 0 });
    expect(await eventIds(test)).toEqual(['a', 'b', 'c', 'd']);
  });
});

it('an ingest that is killed between copy and ledger entry is finished by the next one', async () => {
  const { put, url } = await newLanding();
  await put('a.json', event('a'));
  await put('b.json', event('b'));
  for (let changeCount = 0; ; changeCount += 1) {
    const stopping = stopAfter(changeCount);
    let isKilled = true;
    await using test = await openLakeFor(url, {
      wrapStorage: (storage) => (isKilled ? stopping.wrap(storage) : storage),
    });
    await test.lake.ingestLandings().catch(() => {});
    isKilled = false;
    await test.reopen();
    await test.lake.ingestLandings();
    expect(await ingestWeb(test.lake)).toEqual({
      ingested: [],
      skipped: 0,
      refused: 0,
      unchanged: 2,
    });
    expect(await eventIds(test)).toEqual(['a', 'b']);
    expect(await test.lake.status()).toMatchObject({ bronze: { files: 2 } });
    if (!stopping.isStopped) {
      expect(changeCount).toBeGreaterThan(2);
      return;
    }
  }
});

/** As Event Hubs Capture writes them. */
async function capture(bodies: readonly string[]): Promise<Buffer> {
  const records = bodies.map((body, index) => ({
    ...{ SequenceNumber: index, Offset: String(index) },
    ...{ EnqueuedTimeUtc: '2/9/2026 10:00:00 AM', SystemProperties: {}, Properties: {} },
    Body: { bytes: Buffer.from(body) },
  }));
  return await avroFile(CAPTURE_SCHEMA, records.length === 0 ? [] : [records], 'deflate');
}
