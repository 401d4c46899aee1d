/** Takes one file's bytes into a local work folder: hashed, counted, checked; not yet in the lake. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { compressionOf, decompress, ENDING_OF, peekCompression } from '../bronze/decompress.ts';
import { scanText, type TextScan } from '../bronze/scan-text.ts';
import { ClicklakeError } from '../errors.ts';
import { fileError } from '../storage/file-errors.ts';

export interface CheckedFile extends TextScan {
  sizeBytes: number;
  sha256: string;
}

/**
 * Reads the bytes once, copies them to `copyTo` when given, and looks at the text. `onBytes` hears how
 * many bytes have been read. Throws `input_refused` for a damaged file.
 */
export async function checkFile(
  bytes: AsyncIterable<Buffer>,
  name: string,
  options: {
    copyTo?: string;
    onBytes?: (count: number) => void;
    /** Hears how many bytes of the copy are written. */
    onCopied?: (sizeBytes: number) => void;
  },
): Promise<CheckedFile> {
  const compression = compressionOf(name);
  const peeked = await peekCompression(bytes);
  const copy = options.copyTo === undefined ? undefined : await open(options.copyTo, 'wx');
  try {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const passing = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of peeked.bytes) {
        if (compression === 'none' && peeked.compression !== 'none') {
          throw misnamed(name, peeked.compression);
        }
        hash.update(chunk);
        sizeBytes += chunk.length;
        await writeAll(copy, chunk, options.copyTo);
        options.onCopied?.(sizeBytes);
        options.onBytes?.(chunk.length);
        yield chunk;
      }
    };
    const scan = await scanText(decompress(passing(), compression, name), name);
    return { ...scan, sizeBytes, sha256: hash.digest('hex') };
  } finally {
    await copy?.close();
  }
}

/** Its lines would all go to quarantine: nobody means that. */
function misnamed(name: string, compression: 'gzip' | 'zstd'): ClicklakeError {
  const ending = ENDING_OF[compression];
  return new ClicklakeError(
    'input_refused',
    `${name} holds ${compression} data, but its name does not end in ${ending}`,
    { hint: `give its name the ending ${ending}, or decompress it` },
  );
}

/** A local file in large pieces. */
export function readLocalFile(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: 1024 * 1024 });
}

async function writeAll(
  file: FileHandle | undefined,
  chunk: Buffer,
  path: string | undefined,
): Promise<void> {
  let offset = 0;
  while (file !== undefined && offset < chunk.length) {
    const written = await file.write(chunk, offset).catch((error: unknown) => {
      throw fileError('write', path ?? '', error);
    });
    offset += written.bytesWritten;
  }
}
