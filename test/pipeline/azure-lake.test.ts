/** The work on a lake in the storage emulator comes to what it comes to on a local disk. */

import { readFileSync } from 'node:fs';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseAzureAddress } from '../../src/storage/azure/address.ts';
import { hashesOf, openAzureLake, RECEIVED_AT_MS } from '../fixtures/azure-lake.ts';
import { type Azurite, startAzurite } from '../fixtures/azurite.ts';
import { type Fault, startFaultProxy } from '../fixtures/fault-proxy.ts';
import { IS_LONG } from '../fixtures/long-runs.ts';
import { messyLines, seeded } from '../fixtures/messy-lines.ts';
import { hasShared, sharedPath } from '../fixtures/shared-samples.ts';
import { openTestLake } from './lake-support.ts';

// Every commit waits for the disk, however busy it is.
vi.setConfig({ testTimeout: 180_000 });

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const FILES = [0, 1, 2, 3].map((file) => ({
  name: `f${file}.ndjson`,
  text: messyLines(file, 600),
}));

/** Two files a batch. */
const small: Parameters<typeof openTestLake>[1] = (settings) => ({
  ...settings,
  silver: { ...settings.silver, maxBatchMb: 0.25 },
});

/** What FILES come to on a local disk. */
let localFiles: Record<string, string | null>;
beforeAll(async () => {
  localFiles = await localHashes(FILES);
});

async function localHashes(
  files: readonly { name: string; text: Buffer | string }[],
): Promise<Record<string, string | null>> {
  await using local = await openTestLake({ now: () => RECEIVED_AT_MS });
  for (const { name, text } of files) {
    await local.receive(name, text);
  }
  await local.lake.run({ fullRefresh: false });
  return await hashesOf(local.lake);
}

describe('a lake in Azure', () => {
  it('holds the same rows as a local one, also when it is worked on in parts', async () => {
    const azure = await openAzureLake(azurite, { change: small });
    for (const [index, { name, text }] of FILES.entries()) {
      await azure.receive(name, text);
      if (index !== 1) {
        await azure.lake.run({ fullRefresh: false });
      }
    }
    expect(await azure.hashes()).toEqual(localFiles);
    await azure.lake.maintain({ dryRun: false });
    expect(await azure.hashes()).toEqual(localFiles);
    await azure.lake.run({ fullRefresh: true });
    expect(await azure.hashes()).toEqual(localFiles);
    const { checks } = await azure.lake.verify();
    expect(checks.filter((check) => !check.isEqual)).toEqual([]);
    const first = await azure.lake.query('SELECT count(*) AS n FROM silver_events', {
      asOf: { version: 0 },
    });
    expect(Number(first.rows[0]?.n)).toBeLessThan(700);
    await azure.close();
  });

  it('finds files as other programs leave them, and waits for those that are still empty', async () => {
    const azure = await openAzureLake(azurite);
    const { container, folder } = parseAzureAddress(azure.address);
    const bronze = BlobServiceClient.fromConnectionString(
      azurite.env.AZURE_STORAGE_CONNECTION_STRING ?? '',
    ).getContainerClient(container);
    const put = (name: string, text: string) =>
      bronze
        .getBlockBlobClient(`${folder}/bronze/web/${name}`)
        .upload(text, Buffer.byteLength(text));
    for (const [name, text] of Object.entries({
      'a.json': '1\n',
      'marked/': '',
      'two//slashes.json': '2\n',
      'coming.json': '',
    })) {
      await put(name, text);
    }
    expect(await azure.lake.run({ fullRefresh: false })).toMatchObject({
      discovered: ['bronze/web/a.json'],
      unreadable: [{ path: 'bronze/web/two//slashes.json' }],
    });
    await put('coming.json', '3\n');
    expect(await azure.lake.run({ fullRefresh: false })).toMatchObject({
      discovered: ['bronze/web/coming.json'],
      damaged: [],
      lines: 1,
    });
    await azure.close();
  });

  it('is not called true where a data file is gone, whatever copies there are', async () => {
    const azure = await openAzureLake(azurite);
    await azure.receive('f.ndjson', messyLines(1, 20));
    await azure.lake.run({ fullRefresh: false });
    await azure.lake.verify();
    const { container, folder } = parseAzureAddress(azure.address);
    const blobs = BlobServiceClient.fromConnectionString(
      azurite.env.AZURE_STORAGE_CONNECTION_STRING ?? '',
    ).getContainerClient(container);
    for await (const { name } of blobs.listBlobsFlat({ prefix: `${folder}/gold/users/part-` })) {
      await blobs.deleteBlob(name);
    }
    await expect(azure.lake.verify()).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringMatching(/^gold\/users\/part-.* is missing$/),
    });
    await azure.close();
  });

  it('comes to the same Gold in whatever order the lines arrive', async () => {
    // Without ids that are taken twice: there the first received wins.
    const lines = FILES.flatMap(({ text }, file) =>
      text.split('\n').filter((line) => /"e(\d+)"/.test(line) && numberOf(line) >= file * 600),
    );
    const gold = (hashes: Record<string, string | null>) =>
      Object.fromEntries(Object.entries(hashes).filter(([table]) => table.startsWith('gold_')));
    const whole = [{ name: 'whole.ndjson', text: `${lines.join('\n')}\n` }];
    const expected = gold(await localHashes(whole));
    for (const seed of IS_LONG ? [1, 2, 3, 4] : [1]) {
      const random = seeded(seed);
      const parts: string[][] = [[], []];
      for (const line of lines) {
        parts[Math.floor(random() * 2)]?.push(line);
      }
      const azure = await openAzureLake(azurite);
      for (const [part, some] of parts.entries()) {
        await azure.receive(`part-${part}.ndjson`, `${some.join('\n')}\n`);
        await azure.lake.run({ fullRefresh: false });
      }
      expect(gold(await azure.hashes())).toEqual(expected);
      await azure.close();
    }
  });

  it('finds files that other tools drop in, and reads each of them once', async () => {
    const azure = await openAzureLake(azurite);
    const { container, folder } = parseAzureAddress(azure.address);
    const client = BlobServiceClient.fromConnectionString(
      azurite.env.AZURE_STORAGE_CONNECTION_STRING ?? '',
    ).getContainerClient(container);
    for (const { name, text } of FILES) {
      const blob = client.getBlockBlobClient(`${folder}/bronze/test/date=2026-02-01/${name}`);
      await blob.upload(text, Buffer.byteLength(text));
    }
    const { discovered } = await azure.lake.run({ fullRefresh: false });
    expect(discovered).toHaveLength(FILES.length);
    expect(await azure.hashes()).toEqual(localFiles);
    await azure.close();
  });

  it('loses and doubles nothing over a bad network, and works no longer than it must', async () => {
    const random = seeded(11);
    const kinds: Fault[] = ['lose-answer', 'cut-answer', 'delay', 'silence', 429, 500, 503];
    let faultCount = 0;
    // Never so often that a request fails for good.
    const proxy = await startFaultProxy(new URL(azurite.endpoint).origin, () => {
      if (random() > 0.12) {
        return 'none';
      }
      faultCount += 1;
      return kinds[Math.floor(random() * kinds.length)] ?? 'none';
    });
    const azure = await openAzureLake(azurite, {
      through: proxy.origin,
      change: (settings) => ({
        ...(small ?? ((same) => same))(settings),
        azure: { maxTries: 12, retryDelayMs: 1, requestTimeoutMs: 1_000 },
      }),
    });
    for (const { name, text } of FILES) {
      await azure.receive(name, text);
      await azure.lake.run({ fullRefresh: false });
    }
    expect(await azure.hashes()).toEqual(localFiles);
    expect(faultCount).toBeGreaterThan(40);
    await azure.close();
    await proxy.stop();
  });

  it.each(['silence', 'cut-answer', 503] as const)(
    'says what it could not do, and where, when a fault (%s) never ends',
    async (fault) => {
      let isBroken = false;
      const proxy = await startFaultProxy(new URL(azurite.endpoint).origin, ({ url, method }) =>
        isBroken && method === 'GET' && url?.includes('/bronze/test/') ? fault : 'none',
      );
      const azure = await openAzureLake(azurite, {
        through: proxy.origin,
        change: (settings) => ({
          ...settings,
          azure: { maxTries: 3, retryDelayMs: 1, requestTimeoutMs: 1_500 },
        }),
      });
      await azure.receive('one.ndjson', FILES[0]?.text ?? '');
      const elsewhere = await openAzureLake(azurite, {
        address: azure.address,
        through: proxy.origin,
        change: (settings) => ({
          ...settings,
          azure: { maxTries: 3, retryDelayMs: 1, requestTimeoutMs: 1_500 },
        }),
      });
      isBroken = true;
      const before = proxy.requestCount;
      await expect(elsewhere.lake.run({ fullRefresh: false })).rejects.toMatchObject({
        code: 'storage_failed',
        message: expect.stringMatching(
          /^cannot read abfss:\/\/.*\/bronze\/test\/date=2026-02-01\/one\.ndjson: the storage did not do it in 3 tries/,
        ),
      });
      expect(proxy.requestCount - before).toBeLessThan(66);
      isBroken = false;
      await elsewhere.lake.run({ fullRefresh: false });
      expect(await elsewhere.hashes()).toEqual(
        await localHashes(FILES.slice(0, 1).map((file) => ({ ...file, name: 'one.ndjson' }))),
      );
      await elsewhere.close();
      await azure.close();
      await proxy.stop();
    },
  );
});

function numberOf(line: string): number {
  return Number(/"e(\d+)"/.exec(line)?.[1]);
}

const SAMPLE = sharedPath('samples/rees46-2019-10-01/events.ndjson.gz');
it.skipIf(!hasShared)(
  'comes to the same rows as a local lake from real events (needs the shared samples)',
  async () => {
    const sample = [{ name: 'sample.ndjson.gz', text: readFileSync(SAMPLE) }];
    const expected = await localHashes(sample);
    const azure = await openAzureLake(azurite);
    for (const { name, text } of sample) {
      await azure.receive(name, text);
    }
    await azure.lake.run({ fullRefresh: false });
    expect(await azure.hashes()).toEqual(expected);
    await azure.close();
  },
);
