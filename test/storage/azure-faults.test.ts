import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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
  /** Waits for no answer longer than a moment. */
  let impatient: Awaited<ReturnType<typeof openAzureStorage>>;
  let faults: Fault[] = [];
  let alwaysFault: Fault = 'none';
  /** The file is replaced, past the proxy, before the request of this number. */
  let replaceAt = 0;
  let replacement = Buffer.from('the newer content');
  let lake: string;
  let env: Record<string, string>;
  let direct: Awaited<ReturnType<typeof openAzureStorage>>;

  beforeAll(async () => {
    azurite = await startAzurite();
    proxy = await startFaultProxy(new URL(azurite.endpoint).origin, async () => {
      replaceAt -= 1;
      if (replaceAt === 0) {
        await direct.write('file', replacement);
      }
      return faults.shift() ?? alwaysFault;
    });
  });
  afterAll(async () => {
    await proxy.stop();
    await azurite.stop();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-azure-'));
    lake = await azurite.newLake();
    const options = {
      cache: { folder, maxBytes: 1e9 },
      maxTries: 4,
      retryDelayMs: 1,
      // Long enough for a busy machine.
      timeoutMs: 3_000,
    };
    direct = await openAzureStorage(lake, { ...options, env: azurite.env });
    env = {
      AZURE_STORAGE_ACCOUNT_KEY: azurite.key,
      AZURE_STORAGE_BLOB_ENDPOINT: `${proxy.origin}/${azurite.account}`,
    };
    storage = await openAzureStorage(lake, { ...options, env });
    impatient = await openAzureStorage(lake, { ...options, env, timeoutMs: 400 });
  });
  afterEach(async () => {
    faults = [];
    alwaysFault = 'none';
    await storage.close();
    await impatient.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ALL: Fault[] = ['lose-answer', 'delay', 'silence', 429, 500, 503];

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
    faults = ['none', 'cut-answer', 'lose-answer', 'silence', 503];
    expect((await readFile(await storage.localPath('file'))).equals(bytes)).toBe(true);
    const chunks: Buffer[] = [];
    faults = ['cut-answer', 'none', 'cut-answer', 'silence'];
    for await (const chunk of storage.readStream('file')) {
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('does not take the beginning of a file for a later part', async () => {
    const bytes = Buffer.alloc(18_000_001, 'in parts ');
    await storage.write('file', bytes);
    // The size, then three blocks.
    faults = ['none', 'none', 'beginning', 'beginning'];
    expect((await readFile(await storage.localPath('file'))).equals(bytes)).toBe(true);
    faults = ['none', 'beginning'];
    expect((await storage.read('file')).equals(bytes)).toBe(true);
  });

  it('begins again when a small file was replaced while its transfer was cut', async () => {
    await storage.write('file', Buffer.from('old content'));
    replaceAt = 2;
    faults = ['cut-answer'];
    expect((await storage.read('file')).toString()).toBe('the newer content');
  });

  it.each([
    ['read', 2, () => storage.read('file')],
    ['brought', 3, () => storage.localPath('file')],
    ['brought as one that never changes', 2, () => storage.localPath('file', { sizeBytes: 18e6 })],
  ] as const)('never mixes two contents of a large file that is %s', async (_, request, bring) => {
    await storage.write('file', Buffer.alloc(18e6, 'older '));
    replacement = Buffer.alloc(18e6, 'newer ');
    replaceAt = request;
    // A failed test would show all the bytes.
    await expect(bring().then(() => 'brought')).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringMatching(/was replaced while it was read|is not the file that/),
    });
  });

  it.each([
    ['read', () => impatient.read('a/file')],
    ['look at', () => impatient.stat('a/file')],
    ['list', () => impatient.list('a/file')[Symbol.asyncIterator]().next()],
    ['delete', () => impatient.delete('a/file')],
    ['write', () => impatient.putIfAbsent('a/file', Buffer.from('x'))],
  ] as const)('does not wait for ever to %s when nothing comes back', async (action, attempt) => {
    alwaysFault = 'silence';
    const before = proxy.requestCount;
    await expect(attempt()).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringMatching(
        new RegExp(
          `^cannot ${action} abfss://.*/a/file: .* in 4 tries \\(no answer within 400 ms\\)$`,
        ),
      ),
    });
    expect(proxy.requestCount - before).toBe(4);
  });

  it('ends what is under way when it is closed', async () => {
    await storage.write('file', Buffer.alloc(20_000_000));
    alwaysFault = 'silence';
    storage.prefetch('file', { sizeBytes: 20_000_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await storage.close();
    expect(await readdir(join(folder, 'files')).catch(() => [])).toEqual([]);
  });

  it('ends transfers when it is interrupted, and still does what is short', async () => {
    const interruption = new AbortController();
    const patient = await openAzureStorage(lake, {
      ...{ env, cache: { folder, maxBytes: 1e9 }, maxTries: 4, retryDelayMs: 60_000 },
      ...{ timeoutMs: 60_000, signal: interruption.signal },
    });
    await direct.write('file', Buffer.alloc(20_000_000));
    await writeFile(join(folder, 'local'), Buffer.alloc(20_000_000));
    alwaysFault = 'silence';
    const waiting: Promise<unknown>[] = [
      patient.read('file'),
      patient.adopt(join(folder, 'local'), 'other'),
    ];
    const arrived = async (count: number) => {
      while (proxy.requestCount < count) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    const before = proxy.requestCount;
    await arrived(before + 4);
    alwaysFault = 503;
    waiting.push(patient.stat('file'));
    await arrived(before + 5);
    setTimeout(() => interruption.abort(), 100);
    for (const each of await Promise.allSettled(waiting)) {
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'storage_failed' } });
    }
    alwaysFault = 'none';
    expect(await patient.putIfAbsent('commit', Buffer.from('x'))).toEqual({ kind: 'created' });
    await patient.close();
  });

  it('lets many requests wait for their next try without a warning of Node', async () => {
    const warnings: Error[] = [];
    process.on('warning', (warning) => warnings.push(warning));
    alwaysFault = 503;
    const many = Array.from({ length: 30 }, (_, number) => storage.stat(`file-${number}`));
    await Promise.allSettled(many);
    expect(warnings).toEqual([]);
  });

  it('tries again when a file was taken and is gone', async () => {
    faults = [409];
    expect(await storage.putIfAbsent('commit', Buffer.from('x'))).toEqual({ kind: 'created' });
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
