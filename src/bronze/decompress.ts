/** Decompresses the files of Bronze. */

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ClicklakeError } from '../errors.ts';
import { decompressZstd, ZstdError } from './zstd.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

export function isCompression(text: unknown): text is Compression {
  return typeof text === 'string' && Object.hasOwn(ENDING_OF, text);
}

/** The file name extension of each compression. */
export const ENDING_OF = { none: '', gzip: '.gz', zstd: '.zst' } as const;

/** The extension of a name, without that of a compression, in lower case; '': none. */
export function endingOf(name: string): string {
  return /(\.[^./]*)(?:\.gz|\.zst)?$/i.exec(name)?.[1]?.toLowerCase() ?? '';
}

/** The compression according to the name, used if the bytes do not tell. */
export function compressionOf(path: string): Compression {
  if (path.endsWith('.gz')) {
    return 'gzip';
  }
  return path.endsWith('.zst') ? 'zstd' : 'none';
}

const LONGEST_MAGIC_BYTES = 4;

/** The compression according to the first bytes. No JSON text begins like a compressed file. */
function detectCompression(start: Buffer): Compression {
  if (start.subarray(0, 2).equals(Buffer.of(0x1f, 0x8b))) {
    return 'gzip';
  }
  return start.equals(Buffer.of(0x28, 0xb5, 0x2f, 0xfd)) ? 'zstd' : 'none';
}

/**
 * Detects the compression from the first bytes. The returned `bytes` contain all bytes again. Here
 * and below, the memory of a chunk may be reused once the next is requested.
 */
export async function peekCompression(bytes: AsyncIterable<Buffer>): Promise<{
  compression: Compression;
  isEmpty: boolean;
  bytes: AsyncIterable<Buffer>;
  /** Closes the input, for callers that do not read `bytes`. */
  close(): Promise<void>;
}> {
  const iterator = bytes[Symbol.asyncIterator]();
  const seen: Buffer[] = [];
  let seenBytes = 0;
  while (seenBytes < LONGEST_MAGIC_BYTES) {
    const next = await iterator.next();
    if (next.done === true) {
      break;
    }
    // The next read may reuse its memory.
    seen.push(Buffer.from(next.value));
    seenBytes += next.value.length;
  }
  const again = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* seen;
      yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      await iterator.return?.();
    }
  };
  const start = Buffer.concat(seen).subarray(0, LONGEST_MAGIC_BYTES);
  return {
    compression: detectCompression(start),
    isEmpty: start.length === 0,
    bytes: again(),
    close: async () => {
      await iterator.return?.();
    },
  };
}

/**
 * The decompressed bytes in order, in bounded memory. Throws `input_refused` if the stream is
 * damaged or truncated, after earlier bytes were already returned.
 */
export function decompress(
  bytes: AsyncIterable<Buffer>,
  compression: Compression,
  name: string,
): AsyncIterable<Buffer> {
  if (compression === 'gzip') {
    return gunzip(bytes, name);
  }
  if (compression === 'zstd') {
    return unzstd(bytes, name);
  }
  return bytes;
}

async function* gunzip(bytes: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const source = Readable.from(copyEach(bytes), { objectMode: false });
  const gunzipped = createGunzip({ chunkSize: 256 * 1024 });
  source.on('error', (error) => gunzipped.destroy(error));
  source.pipe(gunzipped);
  try {
    for await (const chunk of gunzipped) {
      yield chunk as Buffer;
    }
  } catch (error) {
    throw isZlibError(error) ? damaged(name, error) : error;
  } finally {
    source.destroy();
  }
}

/**
 * Copies each chunk, because a stream reads ahead, and a chunk is valid only until the next is
 * requested.
 */
async function* copyEach(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    yield Buffer.from(chunk);
  }
}

async function* unzstd(bytes: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  try {
    yield* decompressZstd(bytes);
  } catch (error) {
    throw error instanceof ZstdError ? damaged(name, error) : error;
  }
}

function isZlibError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'errno' in error &&
    String((error as NodeJS.ErrnoException).code).startsWith('Z_')
  );
}

function damaged(name: string, cause: unknown): ClicklakeError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ClicklakeError('input_refused', `${name} is damaged or truncated (${why})`, {
    hint: 'get the file again from its sender; nothing of it was ingested',
    cause,
  });
}
