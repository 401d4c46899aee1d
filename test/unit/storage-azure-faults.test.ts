import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAzureStorage } from '../../src/storage/azure/azure.ts';
import { type Azurite, startAzurite } from '../fixtures/azurite.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../fixtures/fault-proxy.ts';

describe('Azure storage over a bad network', () => {
  let azurite: Azurite;
  let proxy: FaultProxy;
  let folder: string;
  let storage: Awaited<ReturnType<typeof openAzureStorage>>;
  let faults: Fault[] = [];
  let alwaysFault: Fault = 'none';

  beforeAll(async () => {
    azurite = await startAzurite();
    proxy = await startFaultProxy(
      new URL(azurite.endpoint).origin,
      () => faults.shift() ?? alwaysFault,
    );
  });
  afterAll(async () => {
    await proxy.stop();
    await azurite.stop();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-azure-'));
    storage = await openAzureStorage(await azurite.newLake(), {
      env: {
        AZURE_STORAGE_ACCOUNT_KEY: azurite.key,
        AZURE_STORAGE_BLOB_ENDPOINT: `${proxy.origin}/${azurite.account}`,
      },
      cache: { folder, maxBytes: 1e9 },
      maxTries: 4,
      retryDelayMs: 1,
      maxRetryDelayMs: 5,
    });
  });
  afterEach(async () => {
    faults = [];
    alwaysFault = 'none';
    await storage.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ALL: Fault[] = ['lose-answer', 429, 500, 503];

  it.each(ALL)(
    'creates a file once through %s, and knows its own write from another',
    async (fault) => {
      faults = [fault];
      expect(await storage.putIfAbsent('commit', Buffer.from('mine'))).toEqual({ kind: 'created' });
      faults = [fault];
      expect(await storage.putIfAbsent('commit', Buffer.from('mine'))).toEqual({ kind: 'exists' });
      expect((await storage.read('commit')).toString()).toBe('mine');
    },
  );

  it.each(ALL)('uploads a file of many blocks whole through %s', async (fault) => {
    const bytes = Buffer.alloc(18_000_001, 'many blocks ');
    const work = await storage.workFolder('test');
    await writeFile(join(work.path, 'file'), bytes);
    // Two of the blocks, and the request that makes them a file.
    faults = ['none', fault, 'none', fault];
    expect(await storage.adopt(join(work.path, 'file'), 'file')).toEqual({ kind: 'created' });
    expect((await storage.read('file')).equals(bytes)).toBe(true);
    await work.release();
  });

  it('goes on with transfers that were cut', async () => {
    const bytes = Buffer.alloc(18_000_001, 'to be cut ');
    await storage.write('file', bytes);
    faults = ['cut-answer', 'cut-answer'];
    expect((await storage.read('file')).equals(bytes)).toBe(true);
    faults = ['none', 'cut-answer', 'lose-answer', 503];
    expect((await readFile(await storage.localPath('file'))).equals(bytes)).toBe(true);
  });

  it.each([429, 500, 503] as const)(
    'gives up on %i after a few tries, naming what and where',
    async (status) => {
      alwaysFault = status;
      const before = proxy.requestCount;
      await expect(storage.write('a/file', Buffer.from('x'))).rejects.toMatchObject({
        code: 'storage_failed',
        message: expect.stringMatching(
          new RegExp(`^cannot write abfss://.*/a/file: .*\\(${status}`),
        ),
      });
      expect(proxy.requestCount - before).toBeLessThanOrEqual(4);
    },
  );
});
