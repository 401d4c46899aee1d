/**
 * Copies one file into a local work folder and hashes, counts and checks it. The file is not in the
 * lake yet.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import {
  type Compression,
  compressionOf,
  decompress,
  peekCompression,
} from '../bronze/decompress.ts';
import type { DeclaredFormat, FileLayout } from '../bronze/formats/record-format.ts';
import { recordLines } from '../bronze/formats/record-lines.ts';
import { requireRecordFormat } from '../bronze/other-formats.ts';
import { peekText, scanText, type TextScan } from '../bronze/scan-text.ts';
import { ClicklakeError } from '../errors.ts';
import { fileError } from '../storage/file-errors.ts';

/** A flush to disk is started after each of these many bytes, while the copy continues. */
const FLUSH_BYTES = 16 * 1024 * 1024;
/**
 * Only one flush at a time: Node has four threads for files, and a thread that waits for the disk
 * cannot copy.
 */
let isFlushing = false;

export interface CheckedFile extends TextScan, FileLayout {
  sizeBytes: number;
  sha256: string;
}

/**
 * Reads the bytes once, copies them to `copyTo` if given, and detects format and compression.
 * `onBytes` receives the number of bytes of each chunk. A chunk's memory may be reused once the
 * next is requested. Throws `input_refused` for a damaged file.
 */
export async function checkFile(
  bytes: AsyncIterable<Buffer>,
  name: string,
  options: {
    copyTo?: string;
    /** A local path that already has the bytes. */
    localPath?: string;
    /** The format, instead of detecting it from the content. */
    format?: DeclaredFormat | undefined;
    onBytes?: (count: number) => void;
    /** Flush the copy to disk while it is written, because it will be synced. */
    flushes?: boolean;
    /** Receives the number of bytes written so far. */
    onCopied?: (sizeBytes: number) => void;
  },
): Promise<CheckedFile> {
  const peeked = await peekCompression(bytes);
  let compression: Compression;
  try {
    compression = tellCompression(name, peeked);
  } catch (error) {
    await peeked.close();
    throw error;
  }
  const copy =
    options.copyTo === undefined ? undefined : await openCopy(options.copyTo, options.flushes);
  try {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const passing = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of peeked.bytes) {
        const written = copy?.write(chunk);
        hash.update(chunk);
        sizeBytes += chunk.length;
        await written;
        options.onCopied?.(sizeBytes);
        options.onBytes?.(chunk.length);
        yield chunk;
      }
    };
    const { start, text } = await peekText(decompress(passing(), compression, name));
    const format = requireRecordFormat(start, name, options.format);
    const local = options.copyTo ?? options.localPath;
    const localPath = local === undefined ? undefined : () => local;
    const lines = recordLines({ name, format, compression, text, localPath });
    const scan = await scanText(lines, name);
    await copy?.flushed();
    return { ...scan, format, compression, sizeBytes, sha256: hash.digest('hex') };
  } finally {
    await copy?.close();
  }
}

/**
 * Detects the compression from the first bytes, then from the name. A Zstandard file may begin with
 * unusual bytes that only its decoder recognizes.
 */
export function tellCompression(
  name: string,
  { compression, isEmpty }: { compression: Compression; isEmpty: boolean },
): Compression {
  const named = compressionOf(name);
  if (named !== 'none' && isEmpty) {
    throw new ClicklakeError(
      'input_refused',
      `${name} is 0 bytes, so not valid ${named}; probably truncated`,
      {
        hint: 'get the file again from its sender',
      },
    );
  }
  if (named === 'gzip' && compression === 'none') {
    throw new ClicklakeError(
      'input_refused',
      `${name} is not a gzip file, although its name ends in .gz`,
      {
        hint: 'remove .gz from its name if it is plain text, or get it again from its sender',
      },
    );
  }
  return compression === 'none' ? named : compression;
}

/** The reason of a refusal, for reports that list several files. */
export function reasonOf(error: ClicklakeError): { reason: string; hint?: string } {
  const { message: reason, hint } = error;
  return hint === undefined ? { reason } : { reason, hint };
}

/**
 * Opens a file for writing in chunks. A write error is thrown by `flushed`: the system reports it
 * only once, so a later sync would succeed in spite of it.
 */
async function openCopy(path: string, flushes = false) {
  const file = await open(path, 'wx');
  const failed = (error: unknown): never => {
    throw fileError('write', path, error);
  };
  let unflushedBytes = 0;
  let flushed = Promise.resolve();
  const flush = (): void => {
    isFlushing = true;
    unflushedBytes = 0;
    flushed = flushed
      .then(() => file.datasync().catch(failed))
      .finally(() => {
        isFlushing = false;
      });
    // Handled where `flushed` is awaited; this only avoids an unhandled rejection.
    flushed.catch(() => {});
  };
  return {
    async write(chunk: Buffer): Promise<void> {
      await writeAll(file, chunk).catch(failed);
      unflushedBytes += chunk.length;
      if (flushes && !isFlushing && unflushedBytes >= FLUSH_BYTES) {
        flush();
      }
    },
    flushed: () => flushed,
    close: () => file.close(),
  };
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  let offset = 0;
  while (offset < chunk.length) {
    offset += (await file.write(chunk, offset)).bytesWritten;
  }
}
