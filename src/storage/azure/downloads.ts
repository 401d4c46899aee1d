/** Reads blobs in blocks, several at once. */
import { open } from 'node:fs/promises';
import type { BlockBlobClient } from '@azure/storage-blob';
import { fileError, otherFile } from '../file-errors.ts';
import { statusOf } from './azure-errors.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Requests, Try } from './requests.ts';
import type { TransferMeter } from './transfer-meter.ts';

export const BLOCK_BYTES = 8 * 1024 * 1024;
/** Blocks a stream fetches beyond the one that is being read. */
const BLOCKS_AHEAD = 4;

export interface Source {
  blob: BlockBlobClient;
  /** For messages: the path in the lake. */
  path: string;
  requests: Requests;
}

interface Block {
  bytes: Buffer;
  etag: string | undefined;
  /** Of the whole blob. */
  totalBytes: number;
}

/** The blob's bytes from `start`, up to `length` of them. */
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

/** The blob's bytes in order, some blocks ahead of the reader. */
export async function* streamBlob(source: Source): AsyncGenerator<Buffer> {
  const { bytes, etag, totalBytes } = await fetchBlock(source, 0, BLOCK_BYTES);
  if (bytes.length > 0) yield bytes;
  const ahead: Promise<Block>[] = [];
  for (let next = BLOCK_BYTES; next < totalBytes || ahead.length > 0; ) {
    while (next < totalBytes && ahead.length < BLOCKS_AHEAD) {
      const block = fetchBlock(source, next, BLOCK_BYTES, etag);
      // A failure is met when its turn comes.
      block.catch(() => {});
      ahead.push(block);
      next += BLOCK_BYTES;
    }
    yield (await (ahead.shift() as Promise<Block>)).bytes;
  }
}

/** What is known of a blob before it is fetched. */
export interface Expected {
  sizeBytes: number;
  /** Undefined: nobody ever changes it. */
  etag: string | undefined;
}

/**
 * Brings a blob to a new local file, whole, but not yet durable. Throws `storage_failed` when it is not as
 * large as expected, or changes meanwhile.
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
    if (failure !== undefined) return;
    const length = Math.min(BLOCK_BYTES, sizeBytes - start);
    const block = await fetchBlock(source, start, length, seenEtag);
    seenEtag ??= block.etag;
    if (block.totalBytes !== sizeBytes || block.etag !== seenEtag) throw otherFile(source.path);
    await handle.write(block.bytes, 0, length, start).catch((error: unknown) => {
      throw fileError('write', file, error);
    });
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
          .with(BLOCK_BYTES, room.isUrgent, () => bring(start))
          .catch((error: unknown) => {
            failure ??= error;
          }),
      ),
    );
    if (failure !== undefined) throw failure;
  } finally {
    progress.end();
    await handle.close();
  }
}

/** A cut transfer goes on where it stopped, if the blob is still the same. */
async function fetchBlock(
  { blob, path, requests }: Source,
  start: number,
  length: number,
  etag?: string,
): Promise<Block> {
  let begun: { bytes: Buffer; etag: string | undefined; totalBytes: number } | undefined;
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
        // A range that begins at or after the end is empty.
        if (statusOf(error) === 416) return undefined;
        // Replaced between two tries: then its beginning is of no use.
        if (statusOf(error) === 412 && etag === undefined && begun !== undefined) {
          begun = undefined;
          filled = 0;
          throw new Error('the file was replaced');
        }
        throw error;
      });
    if (response === undefined) {
      if (start === 0) await refuseFolder(blob, attempt);
      return { bytes: Buffer.alloc(0), etag, totalBytes: start };
    }
    if (beginOf(response.contentRange) !== start + filled) {
      throw new Error('the storage sent other bytes than were asked for');
    }
    if (begun === undefined) {
      const totalBytes = totalOf(response.contentRange) ?? response.contentLength ?? 0;
      const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, totalBytes - start)));
      begun = { bytes, etag: response.etag, totalBytes };
    }
    const { bytes } = begun;
    for await (const chunk of response.readableStreamBody ?? []) {
      attempt.alive();
      filled += (chunk as Buffer).copy(bytes, filled);
    }
    if (filled < bytes.length) throw new Error('the storage sent too few bytes');
    return begun;
  });
}

/** The first in `bytes 5-9/20`; without it everything is sent. */
function beginOf(contentRange: string | undefined): number {
  return Number(/^bytes (\d+)-/.exec(contentRange ?? '')?.[1] ?? 0);
}

/** The whole in `bytes 0-9/20`. */
function totalOf(contentRange: string | undefined): number | undefined {
  const [, total] = /\/(\d+)$/.exec(contentRange ?? '') ?? [];
  return total === undefined ? undefined : Number(total);
}

/** Hierarchical accounts give a folder to who reads it as an empty file: that is no file. */
async function refuseFolder(blob: BlockBlobClient, { signal }: Try): Promise<void> {
  const { metadata } = await blob.getProperties({ abortSignal: signal });
  if (metadata?.hdi_isfolder !== 'true') return;
  throw Object.assign(new Error('a folder'), { statusCode: 404, code: 'BlobNotFound' });
}
