/** The text of a Bronze file: its bytes, decompressed. */

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ClicklakeError } from '../errors.ts';
import { decompressZstd, ZstdError } from './zstd.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

export function isCompression(text: unknown): text is Compression {
  return typeof text === 'string' && Object.hasOwn(ENDING_OF, text);
}

/** How the name of such a file ends. */
export const ENDING_OF = { none: '', gzip: '.gz', zstd: '.zst' } as const;

/** How a name ends before that of a compression, in lower case; '': it has no ending. */
export function endingOf(name: string): string {
  return /(\.[^./]*)(?:\.gz|\.zst)?$/i.exec(name)?.[1]?.toLowerCase() ?? '';
}

/** What the name says, where the bytes do not. */
export function compressionOf(path: string): Compression {
  if (path.endsWith('.gz')) {
    return 'gzip';
  }
  return path.endsWith('.zst') ? 'zstd' : 'none';
}

const LONGEST_MAGIC_BYTES = 4;

/** What the first bytes say; no JSON begins like a compressed file. */
function detectCompression(start: Buffer): Compression {
  if (start.subarray(0, 2).equals(Buffer.of(0x1f, 0x8b))) {
    return 'gzip';
  }
  return start.equals(Buffer.of(0x28, 0xb5, 0x2f, 0xfd)) ? 'zstd' : 'none';
}

/**
 * Looks at the start of the bytes; `bytes` are all of them again. Here and below the memory of a chunk
 * may be used again when the next is asked for.
 */
export async function peekCompression(bytes: AsyncIterable<Buffer>): Promise<{
  compression: Compression;
  isEmpty: boolean;
  bytes: AsyncIterable<Buffer>;
  /** Closes what is read, for who does not take `bytes`. */
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
    // Reading on may use its memory again.
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
 * The decompressed bytes in order, in bounded memory. Throws `input_refused` when the stream is
 * damaged or ends too early; what came before was then already handed out.
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

/** A stream reads ahead, while the bytes of a chunk are only valid until the next is asked for. */
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
    hint: 'get the file again from its sender; nothing of it was taken',
    cause,
  });
}
