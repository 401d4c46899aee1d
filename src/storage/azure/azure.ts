import { randomUUID } from 'node:crypto';
import { mkdir, open, rm, stat, unlink } from 'node:fs/promises';
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { type CacheOptions, openFileCache } from '../file-cache.ts';
import { fileError } from '../file-errors.ts';
import type { FileInfo, PutResult, Storage } from '../storage.ts';
import { checkPath, compareBytes } from '../storage-path.ts';
import { parseAzureAddress } from './address.ts';
import { azureError, isBlobMissing, nameOfFailure, statusOf } from './azure-errors.ts';
import { type Environment, openContainer } from './credentials.ts';

export interface AzureOptions {
  /** Where credentials are looked for (see credentials.ts). */
  env: Environment;
  cache: CacheOptions;
  /** How often a request is sent before it counts as failed. */
  maxTries: number;
  /** The pause before the second try; it doubles up to `maxRetryDelayMs`. */
  retryDelayMs: number;
  maxRetryDelayMs: number;
}

const BLOCK_BYTES = 8 * 1024 * 1024;
const BLOCKS_AT_ONCE = 4;
const FILES_AT_ONCE = 4;
/** Names the write that made a blob, so that a writer whose answer was lost knows its own. */
const WRITE_ID = 'clicklake_write';

/** A lake in Azure Data Lake Storage Gen2, on the Blob endpoint of its account. */
export async function openAzureStorage(
  lake: string,
  options: AzureOptions,
): Promise<Storage & { close(): Promise<void> }> {
  const address = parseAzureAddress(lake);
  const container = await openContainer(address, options.env, {
    retryOptions: {
      maxTries: options.maxTries,
      retryDelayInMs: options.retryDelayMs,
      maxRetryDelayInMs: options.maxRetryDelayMs,
    },
  });
  const cache = openFileCache(options.cache);
  const inTurn = limitConcurrency(FILES_AT_ONCE);
  const base = address.folder === '' ? '' : `${address.folder}/`;
  const blobOf = (path: string) => {
    checkPath(path);
    return container.getBlockBlobClient(`${base}${path}`);
  };
  const attempt = <T>(action: string, path: string, run: () => Promise<T>) =>
    retryBusy(options, run).catch((error: unknown) => {
      throw azureError(action, path, address, error);
    });

  async function readAll(path: string, start = 0, length?: number): Promise<Buffer> {
    const blob = blobOf(path);
    return await attempt('read', path, async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of download(blob, start, length, options.maxTries)) chunks.push(chunk);
      return Buffer.concat(chunks);
    });
  }

  /** Writes by `send`, which must fail if the blob exists, and finds out whose the blob is then. */
  async function createOnce(
    path: string,
    send: (blob: BlockBlobClient, writeId: string) => Promise<unknown>,
  ): Promise<PutResult> {
    const blob = blobOf(path);
    const writeId = randomUUID();
    return await attempt('write', path, async (): Promise<PutResult> => {
      try {
        await send(blob, writeId);
        return { kind: 'created' };
      } catch (error) {
        if (!isTaken(error)) throw error;
        // The first answer may have been lost and the blob be this very write's.
        const { metadata } = await blob.getProperties();
        return { kind: metadata?.[WRITE_ID] === writeId ? 'created' : 'exists' };
      }
    });
  }

  return {
    url: address.url,

    async *list(prefix, { startAfter } = {}) {
      // The service's order is not that of the bytes on every kind of account.
      const found = await attempt('list', prefix, () => listBlobs(container, base, prefix));
      for (const file of found.sort((a, b) => compareBytes(a.path, b.path))) {
        if (startAfter === undefined || compareBytes(file.path, startAfter) > 0) yield file;
      }
    },

    async stat(path) {
      const blob = blobOf(path);
      return await attempt('look at', path, async () => {
        try {
          const found = await blob.getProperties();
          if (found.metadata?.hdi_isfolder === 'true') return undefined;
          const modifiedAtMs = found.lastModified?.getTime() ?? 0;
          return { path, sizeBytes: found.contentLength ?? 0, modifiedAtMs };
        } catch (error) {
          if (isBlobMissing(error)) return undefined;
          throw error;
        }
      });
    },

    async read(path) {
      return await readAll(path);
    },

    async readRange(path, start, length) {
      if (length > 0) return await readAll(path, start, length);
      await attempt('read', path, () => blobOf(path).getProperties());
      return Buffer.alloc(0);
    },

    async *readStream(path) {
      try {
        yield* download(blobOf(path), 0, undefined, options.maxTries);
      } catch (error) {
        throw azureError('read', path, address, error);
      }
    },

    async write(path, bytes) {
      const blob = blobOf(path);
      await attempt('write', path, () => blob.upload(Buffer.from(bytes), bytes.length));
    },

    async putIfAbsent(path, bytes) {
      // The commit point: one request that the service does whole or not at all.
      return await createOnce(path, (blob, writeId) =>
        blob.upload(Buffer.from(bytes), bytes.length, {
          conditions: { ifNoneMatch: '*' },
          metadata: { [WRITE_ID]: writeId },
        }),
      );
    },

    async adopt(localPath, path) {
      await stat(localPath).catch((error: unknown) => {
        throw fileError('read', localPath, error);
      });
      const result = await inTurn(() =>
        createOnce(path, (blob, writeId) =>
          blob.uploadFile(localPath, {
            blockSize: BLOCK_BYTES,
            maxSingleShotSize: BLOCK_BYTES,
            concurrency: BLOCKS_AT_ONCE,
            conditions: { ifNoneMatch: '*' },
            metadata: { [WRITE_ID]: writeId },
          }),
        ),
      );
      if (result.kind === 'created') await unlink(localPath);
      return result;
    },

    async localPath(path) {
      const blob = blobOf(path);
      return await inTurn(() =>
        attempt('read', path, async () => {
          const { etag = '', contentLength = 0 } = await blob.getProperties();
          return await cache.get(path, `${address.url}\0${etag}`, (file) =>
            fetchFile(blob, etag, contentLength, file, options.maxTries),
          );
        }),
      );
    },

    async workFolder(purpose) {
      const path = await cache.work.newEntry(purpose);
      await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
        throw fileError('create', path, error);
      });
      return { path, release: () => rm(path, { recursive: true, force: true }) };
    },

    removeAbandonedWork() {
      return cache.work.removeAbandoned();
    },

    async delete(path) {
      const blob = blobOf(path);
      await attempt('delete', path, async () => {
        try {
          await blob.delete();
        } catch (error) {
          if (!isBlobMissing(error)) throw error;
        }
      });
    },

    close: () => cache.close(),
  };
}

async function listBlobs(
  container: ContainerClient,
  base: string,
  prefix: string,
): Promise<FileInfo[]> {
  const files: FileInfo[] = [];
  const blobs = container.listBlobsFlat({ prefix: `${base}${prefix}`, includeMetadata: true });
  for await (const { name, properties, metadata } of blobs) {
    // Folders of a hierarchical account are listed too.
    if (metadata?.hdi_isfolder === 'true') continue;
    files.push({
      path: name.slice(base.length),
      sizeBytes: properties.contentLength ?? 0,
      modifiedAtMs: properties.lastModified.getTime(),
    });
  }
  return files;
}

/**
 * The blob's bytes in order. A cut transfer goes on where it stopped, if the blob is still the same:
 * the SDK takes a connection that the other side closes for an abort and would give up.
 */
async function* download(
  blob: BlockBlobClient,
  start: number,
  length: number | undefined,
  maxTries: number,
  knownEtag?: string,
): AsyncGenerator<Buffer> {
  let received = 0;
  let etag = knownEtag;
  for (let tryCount = 1; ; tryCount += 1) {
    try {
      const rest = length === undefined ? undefined : length - received;
      if (rest === 0) return;
      const conditions = etag === undefined ? {} : { ifMatch: etag };
      const response = await blob.download(start + received, rest, { conditions });
      etag = response.etag;
      for await (const chunk of response.readableStreamBody ?? []) {
        received += chunk.length;
        yield Buffer.from(chunk);
      }
      return;
    } catch (error) {
      // A range that begins at or after the end is empty.
      if (statusOf(error) === 416) return;
      if (statusOf(error) !== undefined || tryCount >= maxTries) throw error;
    }
  }
}

/** Brings the blob, as it is under this ETag, to a local file: several blocks at once. */
async function fetchFile(
  blob: BlockBlobClient,
  etag: string,
  sizeBytes: number,
  file: string,
  maxTries: number,
): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    let next = 0;
    const fetchBlocks = async () => {
      while (next < sizeBytes) {
        const start = next;
        const length = Math.min(BLOCK_BYTES, sizeBytes - start);
        next += length;
        let position = start;
        for await (const chunk of download(blob, start, length, maxTries, etag)) {
          for (let written = 0; written < chunk.length; ) {
            const { bytesWritten } = await handle.write(chunk, written, undefined, position);
            written += bytesWritten;
            position += bytesWritten;
          }
        }
        if (position !== start + length) throw new Error('the storage sent too few bytes');
      }
    };
    await Promise.all(Array.from({ length: BLOCKS_AT_ONCE }, fetchBlocks));
    // A copy that a power cut left short would be taken for the whole file later.
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether a write that asked for an absent blob found one. */
function isTaken(error: unknown): boolean {
  const name = nameOfFailure(error);
  return (
    name === 'BlobAlreadyExists' ||
    name === 'PathAlreadyExists' ||
    name === 'InvalidBlockList' ||
    statusOf(error) === 412
  );
}

/** Repeats what was refused for being too much at once, which the SDK does not. */
async function retryBusy<T>(options: AzureOptions, run: () => Promise<T>): Promise<T> {
  let delayMs = options.retryDelayMs;
  for (let tryCount = 1; ; tryCount += 1) {
    try {
      return await run();
    } catch (error) {
      if (statusOf(error) !== 429 || tryCount >= options.maxTries) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    delayMs = Math.min(delayMs * 2, options.maxRetryDelayMs);
  }
}

/** Runs what it is given, so many at a time, in the order given. */
function limitConcurrency(maxRunning: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running >= maxRunning) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await run();
    } finally {
      // The place goes straight to the next in line.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
