import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClicklakeError } from '../../errors.ts';
import { type CacheOptions, openFileCache } from '../file-cache.ts';
import { fileError, systemCode } from '../file-errors.ts';
import { makeFolders } from '../make-folders.ts';
import type { Adoption, FixedFile, ListOptions, Storage } from '../storage.ts';
import { checkPath, compareBytes, WORK_FOLDER } from '../storage-path.ts';
import { parseAzureAddress } from './address.ts';
import { isBlobMissing } from './azure-errors.ts';
import { openBlockBuffers } from './block-buffers.ts';
import { openByteBudget } from './byte-budget.ts';
import { openContainer } from './credentials.ts';
import { BLOCK_BYTES, fetchFile, readBlob, type Source, streamBlob } from './downloads.ts';
import type { Environment } from './find-credentials.ts';
import { listBlobs } from './listing.ts';
import type { ListedBlob } from './listing-page.ts';
import { openRequests, type RequestOptions } from './requests.ts';
import { openTransferMeter, type TransferListener } from './transfer-meter.ts';
import { beginUpload, createOnce, sending } from './uploads.ts';

export interface AzureOptions extends RequestOptions {
  /** The environment that contains the credentials (see find-credentials.ts). */
  env: Environment;
  cache: CacheOptions;
  /** Called for every block of a file that is transferred. */
  onTransfer?: TransferListener;
}

/** The maximum memory for blocks in transfer, in bytes, per direction. */
const TRANSFER_BYTES = 8 * BLOCK_BYTES;
const PARALLEL_DELETES = 16;

/** Opens a lake in Azure Data Lake Storage Gen2 through the Blob endpoint of its account. */
export async function openAzureStorage(
  lake: string,
  options: AzureOptions,
): Promise<Storage & { close(): Promise<void> }> {
  const address = parseAzureAddress(lake);
  const container = await openContainer(address, options.env);
  await makeCacheFolder(options.cache.folder);
  const requests = openRequests(address, options);
  const cache = openFileCache(options.cache);
  const meter = openTransferMeter(options.onTransfer ?? (() => {}));
  const downloads = openByteBudget(TRANSFER_BYTES);
  const uploads = openByteBudget(TRANSFER_BYTES);
  const buffers = openBlockBuffers(BLOCK_BYTES);
  const base = address.folder === '' ? '' : `${address.folder}/`;
  /** Paths of files that are being downloaded in advance and not requested yet. */
  const ahead = new Set<string>();
  /** By path: size and local copy of files that were requested without `fixed`. */
  const asFound = new Map<string, { sizeBytes: number; local: string; name: string }>();

  const blobOf = (path: string) => {
    checkPath(path);
    return container.getBlockBlobClient(`${base}${path}`);
  };
  const cacheName = (content: string): string => `${address.url}\0${content}`;
  const sourceOf = (path: string): Source => ({ blob: blobOf(path), path, requests });

  async function bring(path: string, fixed: FixedFile | undefined): Promise<string> {
    const source = sourceOf(path);
    const found = asFound.get(path);
    if (fixed !== undefined && found?.sizeBytes === fixed.sizeBytes) {
      return found.local;
    }
    const isUrgent = (): boolean => !ahead.has(path);
    const expected = fixed
      ? { sizeBytes: fixed.sizeBytes, etag: undefined }
      : await requests.run('read', path, async ({ signal }) => {
          const found = await source.blob.getProperties({ abortSignal: signal });
          return { sizeBytes: found.contentLength ?? 0, etag: found.etag };
        });
    const content = fixed ? contentNameOf(fixed) : (expected.etag ?? '');
    const name = cacheName(content);
    const local = await cache.get(path, name, expected.sizeBytes, (file) =>
      fetchFile(source, expected, file, { budget: downloads, isUrgent, meter }),
    );
    if (fixed === undefined) {
      asFound.set(path, { sizeBytes: expected.sizeBytes, local, name });
    }
    return local;
  }

  function beginAdoption(localPath: string, path: string): Adoption {
    const upload = beginUpload(sourceOf(path), localPath, { budget: uploads, buffers, meter });
    return {
      syncsFile: false,
      advance: upload.advance,
      cancel: upload.cancel,
      async finish(fixed) {
        const found = await stat(localPath).catch(async (error: unknown) => {
          await upload.cancel();
          throw fileError('read', localPath, error);
        });
        const result = await upload.finish(found.size);
        if (result.kind === 'exists') {
          return result;
        }
        if (fixed === undefined) {
          await rm(localPath);
        } else {
          await cache.put(path, cacheName(contentNameOf(fixed)), localPath);
        }
        return result;
      },
    };
  }

  async function listAll(prefix: string, options: ListOptions = {}): Promise<ListedBlob[]> {
    const found: ListedBlob[] = [];
    const { startAfter, leaveOut = [] } = options;
    const blobs = listBlobs(container, `${base}${prefix}`, requests, {
      ...(startAfter === undefined ? {} : startFrom(prefix, startAfter)),
      leaveOut: leaveOut.map(({ from, to }) => ({ from: `${base}${from}`, to: `${base}${to}` })),
    });
    for await (const blob of blobs) {
      found.push({ ...blob, path: blob.path.slice(base.length) });
    }
    return found;
  }

  /**
   * Services differ in their order: a hierarchical account lists folder by folder, the emulator by
   * UTF-16. All agree about ASCII characters from `/` on.
   */
  function startFrom(prefix: string, startAfter: string): { startFrom?: string } {
    const isAgreed =
      startAfter.startsWith(prefix) && /^[/-~]*$/.test(startAfter.slice(prefix.length));
    return isAgreed ? { startFrom: `${base}${startAfter}` } : {};
  }

  async function deleteBlob(path: string, blob = blobOf(path)): Promise<void> {
    await requests.run('delete', path, async ({ signal }) => {
      try {
        await blob.delete({ abortSignal: signal });
      } catch (error) {
        if (!isBlobMissing(error)) {
          throw error;
        }
      }
    });
  }

  /** On a hierarchical account a folder is an object and can be deleted only when it is empty. */
  async function deleteFolder(path: string): Promise<void> {
    checkPath(path);
    const found = await listAll(`${path}/`);
    const files = found.filter(({ isFolder }) => !isFolder).map((file) => file.path);
    for (let from = 0; from < files.length; from += PARALLEL_DELETES) {
      const some = files.slice(from, from + PARALLEL_DELETES);
      await Promise.all(some.map((file) => deleteBlob(file)));
    }
    const folders = found.filter(({ isFolder }) => isFolder).map((folder) => folder.path);
    for (const folder of folders.sort((a, b) => b.length - a.length)) {
      checkPath(folder.replace(/\/$/, ''));
      await deleteBlob(folder, container.getBlockBlobClient(`${base}${folder}`));
    }
    await deleteBlob(path);
  }

  return {
    url: address.url,
    isRemote: true,
    beginAdoption,
    adopt: (localPath, path, fixed) => beginAdoption(localPath, path).finish(fixed),

    async *list(prefix, options = {}) {
      const { startAfter } = options;
      // Some kinds of account do not list in byte order.
      const found = await listAll(prefix, options);
      found.sort((a, b) => compareBytes(a.path, b.path));
      for (const [index, { path, sizeBytes, modifiedAtMs, isFolder }] of found.entries()) {
        // A jump may go back where the service has another order.
        const isRepeated = path === found[index - 1]?.path;
        const isAfter = startAfter === undefined || compareBytes(path, startAfter) > 0;
        if (!isFolder && !isRepeated && isAfter) {
          yield { path, sizeBytes, modifiedAtMs };
        }
      }
    },

    async stat(path) {
      const blob = blobOf(path);
      return await requests.run('look at', path, async ({ signal }) => {
        try {
          const found = await blob.getProperties({ abortSignal: signal });
          if (found.metadata?.hdi_isfolder === 'true') {
            return undefined;
          }
          const modifiedAtMs = found.lastModified?.getTime() ?? 0;
          return { path, sizeBytes: found.contentLength ?? 0, modifiedAtMs };
        } catch (error) {
          if (isBlobMissing(error)) {
            return undefined;
          }
          throw error;
        }
      });
    },

    async read(path) {
      return await readBlob(sourceOf(path), 0, Number.POSITIVE_INFINITY);
    },

    async readRange(path, start, length) {
      if (length > 0) {
        return await readBlob(sourceOf(path), start, length);
      }
      const { blob } = sourceOf(path);
      await requests.run('read', path, ({ signal }) => blob.getProperties({ abortSignal: signal }));
      return Buffer.alloc(0);
    },

    readStream(path) {
      return streamBlob(sourceOf(path));
    },

    async write(path, bytes) {
      const blob = blobOf(path);
      await requests.run('write', path, (attempt) =>
        blob.upload(bytes, bytes.length, sending(attempt)),
      );
    },

    putIfAbsent: async (path, bytes) => await createOnce(sourceOf(path), bytes),

    async localPath(path, fixed) {
      ahead.delete(path);
      return await bring(path, fixed);
    },

    prefetch(path, fixed) {
      ahead.add(path);
      // If this fails, the download is repeated when the file is requested, and the error is thrown
      // then.
      bring(path, fixed)
        .catch(() => {})
        .finally(() => ahead.delete(path));
    },

    async release(path, fixed) {
      const found = asFound.get(path);
      asFound.delete(path);
      if (found !== undefined) {
        await cache.release(path, found.name);
      }
      await cache.release(path, cacheName(contentNameOf(fixed)));
    },

    async workFolder(purpose) {
      const path = await cache.work.newEntry(purpose);
      await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
        throw fileError('create', path, error);
      });
      return { path, release: () => rm(path, { recursive: true, force: true }) };
    },

    async removeAbandonedWork({ untouchedMs } = { untouchedMs: Number.POSITIVE_INFINITY }) {
      const abandoned = abandonedWork(await listAll(`${WORK_FOLDER}/`), Date.now() - untouchedMs);
      for (const folder of abandoned) {
        await deleteFolder(folder);
      }
      return abandoned.length + (await cache.work.removeAbandoned());
    },

    delete: deleteBlob,
    deleteFolder,

    async close() {
      requests.stop();
      await cache.close();
    },
  };
}

/** Only the owner may read the folder, because the lake may be private. */
async function makeCacheFolder(folder: string): Promise<void> {
  try {
    await makeFolders(dirname(folder));
    await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') {
        throw error;
      }
    });
    await makeFolders(join(folder, 'work'));
  } catch (error) {
    const { code, message, cause } = fileError('use the cache folder', folder, error);
    throw new ClicklakeError(code === 'not_found' ? 'storage_failed' : code, message, {
      hint: 'name a folder that can be made and written to in cache.dir or CLICKLAKE_CACHE_DIR',
      cause,
    });
  }
}

function contentNameOf({ sizeBytes, contentName }: FixedFile): string {
  return contentName ?? `${sizeBytes} bytes`;
}

/** Folders in the work folder in which nothing was written since `untilMs`. */
function abandonedWork(found: readonly ListedBlob[], untilMs: number): string[] {
  const writtenAtMs = new Map<string, number>();
  for (const { path, modifiedAtMs } of found) {
    const folder = path.split('/', 2).join('/');
    writtenAtMs.set(folder, Math.max(modifiedAtMs, writtenAtMs.get(folder) ?? 0));
  }
  return [...writtenAtMs].flatMap(([folder, atMs]) => (atMs < untilMs ? [folder] : []));
}
