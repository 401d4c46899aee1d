/**
 * Against a real storage account, for those who have one (docs/azure.md): AZURE_TEST_LAKE names a folder
 * in it, abfss://container@account.dfs.core.windows.net/path, and the credentials come from the
 * environment as always. Everything happens in new folders below it, which are removed again.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseAzureAddress } from '../../src/storage/azure/address.ts';
import { openAzureStorage } from '../../src/storage/azure/azure.ts';
import { openContainer } from '../../src/storage/azure/credentials.ts';
import { hashesOf, openAzureLakeAt, RECEIVED_AT_MS } from '../fixtures/azure-lake.ts';
import { messyLines } from '../fixtures/messy-lines.ts';
import { openTestLake } from '../pipeline/lake-support.ts';
import { describeStorageContract, type OpenedStorage } from './contract.ts';

const LAKE = process.env.AZURE_TEST_LAKE ?? '';

interface OpenedAccount extends OpenedStorage {
  address: string;
}

/** A new folder of the account, as a storage. */
async function open(): Promise<OpenedAccount> {
  const address = `${LAKE.replace(/\/+$/, '')}/test-${randomUUID()}`;
  const folder = await mkdtemp(join(tmpdir(), 'clicklake-azure-'));
  const storage = await openAzureStorage(address, {
    env: process.env,
    cache: { folder, maxBytes: 1e9 },
    ...{ maxTries: 6, retryDelayMs: 500, timeoutMs: 30_000 },
  });
  return {
    address,
    storage,
    async close() {
      await storage.close();
      await removeTree(address);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Everything the account lists below a lake's address, and whether it calls it a folder. */
async function listEverything(address: string): Promise<{ name: string; isFolder: boolean }[]> {
  const { folder } = parseAzureAddress(address);
  const container = await openContainer(parseAzureAddress(address), process.env);
  const found: { name: string; isFolder: boolean }[] = [];
  const prefix = `${folder}/`;
  for await (const blob of container.listBlobsFlat({ prefix, includeMetadata: true })) {
    found.push({ name: blob.name, isFolder: blob.metadata?.hdi_isfolder === 'true' });
  }
  return found;
}

/** Files first, then folders, the deepest first: a folder that holds something cannot be removed. */
async function removeTree(address: string): Promise<void> {
  const parsed = parseAzureAddress(address);
  const container = await openContainer(parsed, process.env);
  const found = await listEverything(address);
  const depth = (name: string) => name.split('/').length;
  const folders = found.filter(({ isFolder }) => isFolder).map(({ name }) => name);
  const files = found.filter(({ isFolder }) => !isFolder).map(({ name }) => name);
  await Promise.all(files.map((name) => container.getBlobClient(name).deleteIfExists()));
  folders.sort((a, b) => depth(b) - depth(a));
  for (const name of [...folders, parsed.folder]) {
    await container.getBlobClient(name).deleteIfExists();
  }
}

describe.skipIf(LAKE === '')('a real storage account (needs AZURE_TEST_LAKE)', () => {
  vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

  describeStorageContract('a real storage account', open);

  describe('with a hierarchical namespace', () => {
    let account: OpenedAccount;
    let isHierarchical = false;
    beforeAll(async () => {
      account = await open();
      await account.storage.write('a/b/file', Buffer.from('x'));
      isHierarchical = (await listEverything(account.address)).some(({ isFolder }) => isFolder);
    });
    afterAll(() => account?.close());

    const paths = async (prefix = '') => {
      const found: string[] = [];
      for await (const { path } of account.storage.list(prefix)) {
        found.push(path);
      }
      return found;
    };

    it('does not take the folders that it lists for files', async (test) => {
      test.skip(!isHierarchical, 'the account has no hierarchical namespace');
      expect(await paths()).toEqual(['a/b/file']);
      expect(await account.storage.stat('a/b')).toBeUndefined();
      await expect(account.storage.read('a/b')).rejects.toMatchObject({ code: 'not_found' });
      expect(await account.storage.putIfAbsent('a/b', Buffer.from('x'))).toEqual({
        kind: 'exists',
      });
    });

    it('forgets files, keeps what lies beside them, and takes new ones in their folders', async () => {
      await account.storage.write('a/c/one', Buffer.from('1'));
      await account.storage.write('a/c/two', Buffer.from('2'));
      await account.storage.delete('a/c/one');
      expect(await paths('a/c/')).toEqual(['a/c/two']);
      await account.storage.delete('a/c/two');
      expect(await paths('a/c/')).toEqual([]);
      const put = await account.storage.putIfAbsent('a/c/one', Buffer.from('3'));
      expect(put).toEqual({ kind: 'created' });
      // Whatever becomes of it, no file is lost by it.
      await account.storage.delete('a/c').catch(() => {});
      expect(await paths('a/c/')).toEqual(['a/c/one']);
    });

    it('is left empty, the deepest folders first', async () => {
      const other = await open();
      for (const path of ['x/y/z/file', 'x/file', 'y/file']) {
        await other.storage.write(path, Buffer.from('x'));
      }
      await other.close();
      expect(await listEverything(other.address)).toEqual([]);
    });
  });

  it('holds a whole lake, with the same rows as on a local disk', async () => {
    const { address, close } = await open();
    const azure = await openAzureLakeAt(address, process.env);
    await using local = await openTestLake({ now: () => RECEIVED_AT_MS });
    for (const file of [0, 1]) {
      const text = messyLines(file, 1_000);
      await azure.receive(`f${file}.ndjson`, text);
      await azure.lake.run({ fullRefresh: false });
      await local.receive(`f${file}.ndjson`, text);
      await local.lake.run({ fullRefresh: false });
    }
    expect(await azure.hashes()).toEqual(await hashesOf(local.lake));
    const { checks } = await azure.lake.verify();
    expect(checks.filter((check) => !check.isEqual)).toEqual([]);
    await azure.close();
    await close();
  });
});
