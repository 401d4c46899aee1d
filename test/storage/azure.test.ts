import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isAzureAddress, parseAzureAddress } from '../../src/storage/azure/address.ts';
import { openAzureStorage } from '../../src/storage/azure/azure.ts';
import { type Azurite, environmentThrough, startAzurite } from '../fixtures/azurite.ts';
import { startFaultProxy } from '../fixtures/fault-proxy.ts';
import { describeStorageContract } from './contract.ts';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

const QUICK_RETRIES = { maxTries: 3, retryDelayMs: 1, timeoutMs: 10_000 };

const openWith = (lake: string, folder: string, env: Record<string, string>, maxBytes = 1e9) =>
  openAzureStorage(lake, { env, cache: { folder, maxBytes }, ...QUICK_RETRIES });

describeStorageContract('Azure', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clicklake-azure-'));
  const storage = await openWith(await azurite.newLake(), folder, azurite.env);
  return {
    storage,
    async close() {
      await storage.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

describe('Azure storage', () => {
  let folder: string;
  let lake: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-azure-'));
    lake = await azurite.newLake();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const containerOf = () =>
    BlobServiceClient.fromConnectionString(
      azurite.env.AZURE_STORAGE_CONNECTION_STRING ?? '',
    ).getContainerClient(parseAzureAddress(lake).container);

  it('moves files of many blocks both ways', async () => {
    const storage = await openWith(lake, folder, azurite.env);
    const bytes = Buffer.alloc(20_000_003, 'many blocks ');
    const work = await storage.workFolder('test');
    await writeFile(join(work.path, 'file'), bytes);
    await storage.adopt(join(work.path, 'file'), 'a/file');
    await writeFile(join(work.path, 'file'), bytes);
    expect(await storage.adopt(join(work.path, 'file'), 'a/file')).toEqual({ kind: 'exists' });
    expect((await readFile(await storage.localPath('a/file'))).equals(bytes)).toBe(true);
    await work.release();
    await storage.close();
  });

  it('keeps the local path current when a file is replaced, and the older path readable', async () => {
    const storage = await openWith(lake, folder, azurite.env);
    await storage.write('k=v/file', Buffer.from('old'));
    const old = await storage.localPath('k=v/file');
    expect(old.endsWith('/k=v/file')).toBe(true);
    await storage.write('k=v/file', Buffer.from('newer'));
    expect(await readFile(await storage.localPath('k=v/file'), 'utf8')).toBe('newer');
    expect(await readFile(old, 'utf8')).toBe('old');
    await storage.close();
  });

  it('drops the copies used longest ago, never from under one who reads them', async () => {
    const reader = await openWith(lake, folder, azurite.env);
    const other = await openWith(lake, folder, azurite.env, 2_500);
    for (const name of ['a', 'b', 'c', 'd']) {
      await reader.write(name, Buffer.alloc(1_000, name));
    }
    const held = await reader.localPath('a');
    for (const name of ['b', 'c', 'd']) {
      await other.localPath(name);
    }
    expect(await readdir(join(folder, 'files'))).toHaveLength(2);
    expect((await readFile(held)).equals(Buffer.alloc(1_000, 'a'))).toBe(true);
    await reader.close();
    await other.close();
    expect(await readdir(join(folder, 'work'))).toEqual([]);
  });

  it('lets nobody else read its copies', async () => {
    const cache = join(folder, 'cache');
    const storage = await openWith(lake, cache, azurite.env);
    await (await storage.workFolder('test')).release();
    expect((await stat(cache)).mode & 0o777).toBe(0o700);
    await storage.close();
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(openWith(lake, file, azurite.env)).rejects.toMatchObject({
      message: expect.stringContaining(`cannot use the cache folder ${file}: not a directory`),
      hint: expect.stringContaining('cache.dir'),
    });
  });

  it('asks the service for no names that come before the first one wanted', async () => {
    const starts: (string | null)[] = [];
    const { origin } = new URL(azurite.endpoint);
    const proxy = await startFaultProxy(origin, ({ url = '' }) => {
      const { searchParams } = new URL(url, 'http://x');
      if (searchParams.get('comp') === 'list') {
        starts.push(searchParams.get('startFrom'));
      }
      return 'none';
    });
    const storage = await openWith(lake, folder, environmentThrough(azurite, proxy.origin));
    for (const name of ['log/0001', 'log/0002.json', 'log/0003.json', 'log/_last']) {
      await storage.write(name, Buffer.from('x'));
    }
    const listed = async (startAfter: string): Promise<string[]> => {
      const paths: string[] = [];
      for await (const { path } of storage.list('log/', { startAfter })) {
        paths.push(path);
      }
      return paths;
    };
    expect(await listed('log/0002')).toEqual(['log/0002.json', 'log/0003.json', 'log/_last']);
    // Other services have another order for dots.
    expect(await listed('log/0002.json')).toEqual(['log/0003.json', 'log/_last']);
    expect(starts).toEqual(['some/lake/log/0002', null]);
    await storage.close();
    await proxy.stop();
  });

  it('takes no mark of a folder for a file, and removes it with the folder', async () => {
    const storage = await openWith(lake, folder, azurite.env);
    await storage.write('a/file', Buffer.from('bytes'));
    await containerOf().getBlockBlobClient('some/lake/a/marked/').upload('', 0);
    const found = [];
    for await (const { path } of storage.list('a/')) {
      found.push(path);
    }
    expect(found).toEqual(['a/file']);
    await storage.deleteFolder('a');
    const left = [];
    for await (const { name } of containerOf().listBlobsFlat()) {
      left.push(name);
    }
    expect(left).toEqual([]);
    await storage.close();
  });

  it('says what others have done to a file that it may not touch', async () => {
    const storage = await openWith(lake, folder, azurite.env);
    for (const name of ['archived', 'leased', 'kept']) {
      await storage.write(name, Buffer.from('x'));
    }
    const blob = (name: string) => containerOf().getBlobClient(`some/lake/${name}`);
    await blob('archived').setAccessTier('Archive');
    await blob('leased').getBlobLeaseClient().acquireLease(-1);
    await blob('kept').createSnapshot();
    await expect(storage.read('archived')).rejects.toThrow('is in the archive tier');
    await expect(storage.delete('leased')).rejects.toThrow('another program holds a lease');
    await expect(storage.delete('kept')).rejects.toThrow('has snapshots');
    await storage.close();
  });

  it('gives room back for files that are not needed any more, and brings them again', async () => {
    const small = await openWith(lake, folder, azurite.env, 1);
    const fixed = { sizeBytes: 5, contentName: 'hash' };
    await small.write('found', Buffer.from('bytes'));
    const found = await small.localPath('found');
    expect(await small.localPath('found', fixed)).toBe(found);
    await small.release('found', fixed);
    await expect(readFile(found)).rejects.toMatchObject({ code: 'ENOENT' });
    const again = await small.localPath('found', fixed);
    expect(await readFile(again, 'utf8')).toBe('bytes');
    await small.release('found', fixed);
    await small.release('found', fixed);
    expect(await readdir(join(folder, 'files'))).toEqual([]);
    await expect(readFile(again)).rejects.toMatchObject({ code: 'ENOENT' });
    await small.close();
  });

  it('does not believe a copy of another size, nor a file of another', async () => {
    const storage = await openWith(lake, folder, azurite.env);
    await storage.write('file', Buffer.from('bytes'));
    const fixed = { sizeBytes: 5 };
    await storage.localPath('file', fixed);
    await storage.close();
    const [copy] = await readdir(join(folder, 'files'));
    await writeFile(join(folder, 'files', copy ?? ''), 'cut');
    const next = await openWith(lake, folder, azurite.env);
    expect(await readFile(await next.localPath('file', fixed), 'utf8')).toBe('bytes');
    await expect(next.localPath('file', { sizeBytes: 6 })).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringContaining('file is not the file that was written there'),
    });
    await next.close();
  });

  it('does not take the folders of a hierarchical account for files', async () => {
    const storage = await openWith(lake, folder, azurite.env);
    await storage.write('dir/file', Buffer.from('x'));
    const marker = containerOf().getBlockBlobClient('some/lake/dir');
    await marker.upload('', 0, { metadata: { hdi_isfolder: 'true' } });
    const paths: string[] = [];
    for await (const { path } of storage.list('')) {
      paths.push(path);
    }
    expect(paths).toEqual(['dir/file']);
    expect(await storage.stat('dir')).toBeUndefined();
    await expect(storage.read('dir')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('deletes the marks of folders with the folders', async () => {
    const storage = await openWith(lake, folder, azurite.env);
    await storage.write('dir/inner/file', Buffer.from('x'));
    for (const name of ['dir', 'dir/inner', 'dir/empty']) {
      const marker = containerOf().getBlockBlobClient(`some/lake/${name}`);
      await marker.upload('', 0, { metadata: { hdi_isfolder: 'true' } });
    }
    await storage.deleteFolder('dir');
    for await (const { name } of containerOf().listBlobsFlat()) {
      expect(name).toBe('nothing');
    }
    await storage.close();
  });

  describe('credentials', () => {
    const sas = (permissions: string, expiresInMs: number) =>
      generateBlobSASQueryParameters(
        {
          containerName: parseAzureAddress(lake).container,
          permissions: ContainerSASPermissions.parse(permissions),
          startsOn: new Date(Date.now() - 7_200_000),
          expiresOn: new Date(Date.now() + expiresInMs),
        },
        new StorageSharedKeyCredential(azurite.account, azurite.key),
      ).toString();
    const failure = async (env: Record<string, string>, address = lake) => {
      const error = await (async () => {
        const storage = await openWith(address, folder, env);
        await storage.putIfAbsent('x', Buffer.from('x'));
        for await (const _file of storage.list('')) {
          break;
        }
      })().catch((caught: unknown) => caught as Error & { code: string; hint: string });
      if (!(error instanceof Error)) {
        throw new Error('it worked');
      }
      for (const secret of [azurite.key, ...Object.values(env)]) {
        if (!secret.startsWith('http')) {
          expect(`${error.stack} ${error.cause}`).not.toContain(secret);
        }
      }
      expect(error.hint).toBeTruthy();
      return `${error.code}: ${error.message}`;
    };

    it('works with an account key, and with a shared access signature', async () => {
      const endpoint = { AZURE_STORAGE_BLOB_ENDPOINT: azurite.endpoint };
      const ways = [
        { ...endpoint, AZURE_STORAGE_ACCOUNT_KEY: azurite.key },
        { ...endpoint, AZURE_STORAGE_ACCOUNT: azurite.account, AZURE_STORAGE_KEY: azurite.key },
        { ...endpoint, AZURE_STORAGE_SAS_TOKEN: ` ?${sas('racwdl', 3_600_000)}\n` },
        {
          AZURE_STORAGE_CONNECTION_STRING: `BlobEndpoint=${azurite.endpoint};SharedAccessSignature=${sas('racwdl', 3_600_000)}`,
        },
      ];
      for (const env of ways) {
        const storage = await openWith(lake, folder, env);
        await storage.write('file', Buffer.from('x'));
        expect((await storage.read('file')).toString()).toBe('x');
      }
    });

    it('says in a sentence what is wrong with them', async () => {
      const endpoint = { AZURE_STORAGE_BLOB_ENDPOINT: azurite.endpoint };
      const wrongKey = Buffer.from('wrong').toString('base64');
      expect(await failure({ ...endpoint, AZURE_STORAGE_ACCOUNT_KEY: wrongKey })).toMatch(
        /^permission_denied: cannot write abfss:.*\/x: the storage account devstoreaccount1 refuses the credentials: .*$/,
      );
      const expired = { ...endpoint, AZURE_STORAGE_SAS_TOKEN: sas('racwdl', -3_600_000) };
      expect(await failure(expired)).toMatch(
        /does not accept the credentials \(wrong or expired\)|refuses the credentials: wrong, expired or without permission$/,
      );
      const readOnly = { ...endpoint, AZURE_STORAGE_SAS_TOKEN: sas('rl', 3_600_000) };
      expect(await failure(readOnly)).toMatch(
        /^permission_denied: .*these credentials do not permit this in the container lake-\d+$/,
      );
      const missing = lake.replace(/lake-\d+@/, 'no-such@');
      expect(await failure(azurite.env, missing)).toMatch(
        /^not_found: .*there is no container no-such in the storage account devstoreaccount1$/,
      );
      expect(await failure({ AZURE_STORAGE_CONNECTION_STRING: 'not one' })).toMatch(
        /cannot be read$/,
      );
      const elsewhere = lake.replace('@devstoreaccount1.', '@other.');
      expect(await failure(azurite.env, elsewhere)).toMatch(
        /the credentials are for the storage account devstoreaccount1, abfss:\/\/.* is in other$/,
      );
    });

    it('sends nothing over plain HTTP, except to this machine', async () => {
      const env = {
        AZURE_STORAGE_ACCOUNT_KEY: azurite.key,
        AZURE_STORAGE_BLOB_ENDPOINT: 'http://storage.example/devstoreaccount1',
      };
      expect(await failure(env)).toMatch(/^config_invalid: the Blob endpoint does not begin with/);
    });
  });
});

describe('the address of a lake in Azure', () => {
  it('is read with its account, container and folder', () => {
    expect(parseAzureAddress('abfss://events@shop.dfs.core.windows.net/a/b/')).toEqual({
      account: 'shop',
      container: 'events',
      folder: 'a/b',
      blobEndpoint: 'https://shop.blob.core.windows.net',
      url: 'abfss://events@shop.dfs.core.windows.net/a/b',
    });
    expect(parseAzureAddress('abfss://web-1@shop.dfs.core.chinacloudapi.cn')).toMatchObject({
      folder: '',
      blobEndpoint: 'https://shop.blob.core.chinacloudapi.cn',
    });
    expect(isAzureAddress('./lake')).toBe(false);
    expect(isAzureAddress('abfss:/events@shop.dfs.core.windows.net/x')).toBe(true);
  });

  it('is refused when it is none, without a signature that follows it', () => {
    for (const lake of [
      'abfss://shop.dfs.core.windows.net/x',
      'abfs://events@shop.dfs.core.windows.net/x',
      'abfss://Events@shop.dfs.core.windows.net/x',
      'abfss://events@shop/x',
      'abfss://events@shop.dfs.core.windows.net/../x',
      'abfss://events@shop.dfs.core.windows.net/a//x',
      'abfss://events@shop.dfs.core.windows.net/a\\x',
      'abfss:/events@shop.dfs.core.windows.net/x',
      'abfss://events@shop.dfs.core.windows.net/x?sig=secret',
    ]) {
      expect(() => parseAzureAddress(lake)).toThrow(
        expect.objectContaining({
          code: 'config_invalid',
          message: expect.not.stringContaining('secret'),
        }),
      );
    }
  });
});
