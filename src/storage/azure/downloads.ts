/** Downloads blobs in blocks, several at a time. */
import { type FileHandle, open } from 'node:fs/promises';
import type { BlockBlobClient } from '@azure/storage-blob';
import { fileError, otherFile } from '../file-errors.ts';
import { statusOf } from './azure-errors.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Requests, Try } from './requests.ts';
import type { TransferMeter } from './transfer-meter.ts';

export const BLOCK_BYTES = 8 * 1024 * 1024;
/** Chunks are collected and written when they reach this many bytes. */
const WRITE_BYTES = 256 * 1024;
/** Number of blocks that a stream downloads ahead of its reader. */
const BLOCKS_AHEAD = 4;

export interface Source {
  blob: BlockBlobClient;
  /** Path in the lake, for messages. */
  path: string;
  requests: Requests;
}

/** What is known about a blob after a part of it was received. */
interface Part {
  etag: string | undefined;
  /** Size of the whole blob. */
  totalBytes: number;
}

interface Block extends Part {
  bytes: Buffer;
}

/** The blob's bytes from `start`, at most `length`. */
export async function readBlob(source: Source, start: number, length: number): Promise<Buffer> {
  const blocks = [await fetchBlock(source, start, Math.min(length, BLOCK_BYTES))];
  const { totalBytes, etag } = blocks[0] as Block;
  const end = Math.min(start + length, totalBytes);
  for (let next = start + BLOCK_BYTES; next < end; next += BLOCK_BYTES) {
    blocks.push(await fetchBlock(source, next, Math.min(BLOCK_BYTES, end - next), etag));
  }
  return blocks.length === 1 && blocks[0]
    ? blocks[0].bytes
    : Buffer.concat(blocks.map(({ bytes }) => bytes));
}

/** The blob's bytes in order. Some blocks are downloaded ahead of the reader. */
export async function* streamBlob(source: Source): AsyncGenerator<Buffer> {
  const { bytes, etag, totalBytes } = await fetchBlock(source, 0, BLOCK_BYTES);
  if (bytes.length > 0) {
    yield bytes;
  }
  const ahead: Promise<Block>[] = [];
  for (let next = BLOCK_BYTES; next < totalBytes || ahead.length > 0; ) {
    while (next < totalBytes && ahead.length < BLOCKS_AHEAD) {
      const block = fetchBlock(source, next, BLOCK_BYTES, etag);
      // The error is thrown when this block is awaited.
      block.catch(() => {});
      ahead.push(block);
      next += BLOCK_BYTES;
    }
    yield (await (ahead.shift() as Promise<Block>)).bytes;
  }
}

/** What is known about a blob before it is downloaded. */
export interface Expected {
  sizeBytes: number;
  /** Undefined: the blob never changes. */
  etag: string | undefined;
}

/**
 * Downloads a blob completely to a new local file, which is not durable yet. Throws
 * `storage_failed` if its size is not the expected one, or if it changes meanwhile.
 */
export async function fetchFile(
  source: Source,
  { sizeBytes, etag }: Expected,
  file: string,
  room: { budget: ByteBudget; isUrgent(): boolean; meter: TransferMeter },
): Promise<void> {
  const handle = await open(file, 'wx', 0o600).catch((error: unknown) => {
    throw fileError('create', file, error);
  });
  const progress = room.meter.begin('download', sizeBytes);
  let seenEtag = etag;
  let failure: unknown;
  const bring = async (start: number): Promise<void> => {
    if (failure !== undefined) {
      return;
    }
    const length = Math.min(BLOCK_BYTES, sizeBytes - start);
    const writer = openPartWriter(handle, file, start);
    const part = await receive(source, { start, length, etag: seenEtag }, writer.take);
    await writer.end();
    seenEtag ??= part.etag;
    if (part.totalBytes !== sizeBytes || part.etag !== seenEtag) {
      throw otherFile(source.path);
    }
    progress.add(length);
  };
  try {
    const starts = Array.from(
      { length: Math.ceil(sizeBytes / BLOCK_BYTES) },
      (_, index) => index * BLOCK_BYTES,
    );
    await Promise.all(
      starts.map((start) =>
        room.budget
          .with(Math.min(BLOCK_BYTES, sizeBytes - start), room.isUrgent, () => bring(start))
          .catch((error: unknown) => {
            failure ??= error;
          }),
      ),
    );
    if (failure !== undefined) {
      throw failure;
    }
  } finally {
    progress.end();
    await handle.close();
  }
}

/**
 * Writes the chunks of a part while the next ones arrive, several per write: writing early finds
 * them still in the processor's cache.
 */
function openPartWriter(
  handle: FileHandle,
  file: string,
  start: number,
): { take: TakeChunk; end(): Promise<void> } {
  let chunks: Buffer[] = [];
  let [from, to] = [0, 0];
  let writing = Promise.resolve();
  const writeChunks = async (): Promise<void> => {
    await writing;
    if (chunks.length === 0) {
      return;
    }
    const all = chunks;
    chunks = [];
    writing = writeAll(handle, all, start + from).catch((error: unknown) => {
      throw fileError('write', file, error);
    });
    // The error is thrown at the next write, or at the end.
    writing.catch(() => {});
  };
  return {
    async take(chunk, at) {
      if (at !== to) {
        await writeChunks();
      }
      if (chunks.length === 0) {
        from = at;
      }
      chunks.push(chunk);
      to = at + chunk.length;
      if (to - from >= WRITE_BYTES) {
        await writeChunks();
      }
    },
    async end() {
      await writeChunks();
      await writing;
    },
  };
}

async function writeAll(handle: FileHandle, chunks: Buffer[], position: number): Promise<void> {
  let { bytesWritten } = await handle.writev(chunks, position);
  const totalBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (bytesWritten === totalBytes) {
    return;
  }
  // A write may be partial, for example if the disk is nearly full.
  const bytes = Buffer.concat(chunks);
  while (bytesWritten < totalBytes) {
    const rest = bytes.subarray(bytesWritten);
    bytesWritten += (await handle.write(rest, 0, rest.length, position + bytesWritten))
      .bytesWritten;
  }
}

async function fetchBlock(
  source: Source,
  start: number,
  length: number,
  etag?: string,
): Promise<Block> {
  let bytes = Buffer.alloc(0);
  const part = await receive(source, { start, length, etag }, (chunk, at, count) => {
    if (at === 0) {
      bytes = Buffer.allocUnsafe(count);
    }
    chunk.copy(bytes, at);
  });
  return { ...part, bytes };
}

/**
 * Receives a chunk that begins `at` bytes after the start of the part; `count` is the length of the
 * part. After a retry, chunks may start again at the beginning.
 */
type TakeChunk = (chunk: Buffer, at: number, count: number) => void | Promise<void>;

/** After an interruption a transfer continues where it stopped, if the blob is unchanged. */
async function receive(
  { blob, path, requests }: Source,
  { start, length, etag }: { start: number; length: number; etag: string | undefined },
  take: TakeChunk,
): Promise<Part> {
  let begun: (Part & { count: number }) | undefined;
  let filled = 0;
  return await requests.transfer('read', path, async (attempt) => {
    const ifMatch = begun?.etag ?? etag;
    const response = await blob
      .download(start + filled, length - filled, {
        abortSignal: attempt.signal,
        maxRetryRequests: 0,
        conditions: ifMatch === undefined ? {} : { ifMatch },
      })
      .catch((error: unknown) => {
        // A range at or beyond the end of the blob is empty.
        if (statusOf(error) === 416) {
          return undefined;
        }
        // The blob was replaced between two tries, so the part received first is useless.
        if (statusOf(error) === 412 && etag === undefined && begun !== undefined) {
          begun = undefined;
          filled = 0;
          throw new Error('the file was replaced');
        }
        throw error;
      });
    if (response === undefined) {
      if (start === 0) {
        await refuseFolder(blob, attempt);
      }
      return { etag, totalBytes: start };
    }
    if (beginOf(response.contentRange) !== start + filled) {
      throw new Error('the storage sent other bytes than requested');
    }
    if (begun === undefined) {
      const totalBytes = totalOf(response.contentRange) ?? response.contentLength ?? 0;
      const count = Math.max(0, Math.min(length, totalBytes - start));
      begun = { etag: response.etag, totalBytes, count };
    }
    const { count, totalBytes } = begun;
    for await (const chunk of response.readableStreamBody ?? []) {
      attempt.alive();
      const wanted = (chunk as Buffer).subarray(0, count - filled);
      await take(wanted, filled, count);
      filled += wanted.length;
    }
    if (filled < count) {
      throw new Error('the storage sent too few bytes');
    }
    return { etag: begun.etag, totalBytes };
  });
}

/**
 * The first position in `bytes 5-9/20`; 0 without a header, because then the whole blob is sent.
 */
function beginOf(contentRange: string | undefined): number {
  return Number(/^bytes (\d+)-/.exec(contentRange ?? '')?.[1] ?? 0);
}

/** The total size in `bytes 0-9/20`. */
function totalOf(contentRange: string | undefined): number | undefined {
  const [, total] = /\/(\d+)$/.exec(contentRange ?? '') ?? [];
  return total === undefined ? undefined : Number(total);
}

/** Hierarchical accounts return a folder as an empty blob. It is not a file. */
async function refuseFolder(blob: BlockBlobClient, { signal }: Try): Promise<void> {
  const { metadata } = await blob.getProperties({ abortSignal: signal });
  if (metadata?.hdi_isfolder !== 'true') {
    return;
  }
  throw Object.assign(new Error('a folder'), { statusCode: 404, code: 'BlobNotFound' });
}
