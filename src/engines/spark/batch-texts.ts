/**
 * The files of a batch as Spark can read them line by line. Spark takes plain and .gz files of lines as
 * they are. Others, and files that begin with a byte-order mark, which Spark would drop without a word, are
 * copied to the work area as plain text first.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { compressionOf } from '../../bronze/decompress.ts';
import { startsWithByteOrderMark } from '../../bronze/scan-text.ts';
import type { BatchFile } from '../records.ts';
import type { SparkWork } from './work.ts';

export interface TextSource {
  /** The file's record lines. */
  openText(file: BatchFile): AsyncIterable<Buffer>;
  /** The file's address as Spark reads it. */
  url(file: BatchFile): string;
}

export interface BatchText {
  file: BatchFile;
  url: string;
  /** The first line, when it begins with a byte-order mark; it is not in the text at `url`. */
  markedLine: Buffer | undefined;
}

/** Endings by which Hadoop takes a file for a compressed one that ours does not, or for unfinished. */
const OTHER_ENDING = /\.(?:zst|bz2|deflate|lz4|snappy|zlib|br|xz|passthrough|_COPYING_)$/i;

/** Spark ignores some files by name, and parses a name with a colon, such as a time, as a URI. */
function canSparkRead({ path, format, compression }: BatchFile): boolean {
  const isAsNamed = format === 'json_lines' && compression === compressionOf(path);
  return isAsNamed && !OTHER_ENDING.test(path) && !path.includes(':');
}

export async function openBatchText(
  file: BatchFile,
  source: TextSource,
  work: SparkWork,
): Promise<BatchText> {
  const isMarked = file.needsExactRead && (await beginsWithMark(source.openText(file)));
  if (!isMarked && canSparkRead(file)) {
    return { file, url: source.url(file), markedLine: undefined };
  }
  const name = `text-${file.fileNumber}`;
  const folder = await mkdtemp(join(tmpdir(), 'clicklake-'));
  const lines = isMarked ? splitFirstLine(source.openText(file)) : undefined;
  try {
    const path = join(folder, name);
    const rest = lines?.rest ?? source.openText(file);
    await pipeline(Readable.from(rest, { objectMode: false }), createWriteStream(path));
    await work.adopt(path, name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { file, url: work.url(name), markedLine: lines?.first() };
}

async function beginsWithMark(text: AsyncIterable<Buffer>): Promise<boolean> {
  let start = Buffer.alloc(0);
  for await (const chunk of text) {
    start = Buffer.concat([start, chunk]);
    if (start.length >= 3) {
      break;
    }
  }
  return startsWithByteOrderMark(start);
}

/** `first` may be asked for when `rest` has been read. */
function splitFirstLine(text: AsyncIterable<Buffer>) {
  const head: Buffer[] = [];
  return {
    first: () => Buffer.concat(head),
    rest: (async function* () {
      let isInFirst = true;
      for await (const chunk of text) {
        const end = isInFirst ? chunk.indexOf(0x0a) : -1;
        if (!isInFirst) {
          yield chunk;
        } else if (end === -1) {
          head.push(Buffer.from(chunk));
        } else {
          head.push(Buffer.from(chunk.subarray(0, end)));
          isInFirst = false;
          yield chunk.subarray(end + 1);
        }
      }
    })(),
  };
}

/** A path as Spark's `_metadata.file_path` writes it. */
export function fileAddress(url: string): string {
  const address = url.startsWith('/') ? `file:${url}` : url;
  return address.replace(/[^\w\-.!~'()*:@&=+$,;/\u0080-\u{10ffff}]/gu, (character) =>
    encodeURIComponent(character),
  );
}
