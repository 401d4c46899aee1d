/** Reads the first records of files that are not in the lake yet. */
import { basename } from 'node:path';
import { decompress, peekCompression } from '../bronze/decompress.ts';
import type { DeclaredFormat } from '../bronze/formats/record-format.ts';
import { recordLines } from '../bronze/formats/record-lines.ts';
import { isBlank } from '../bronze/lines.ts';
import { requireRecordFormat } from '../bronze/other-formats.ts';
import { peekText, startsWithByteOrderMark } from '../bronze/scan-text.ts';
import { ClicklakeError } from '../errors.ts';
import { readLocalFile } from '../storage/read-local-file.ts';
import type { IngestInput } from './ingest.ts';
import { tellCompression } from './receive-file.ts';

/** The number of records to read. */
export const SAMPLE_RECORDS = 10_000;

const LF = 0x0a;
/** The largest text to read of one file, as single records can be large. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/**
 * Samples by file, as lines including their LF: about the same number of each file, at most `limit`
 * in total. `format`: instead of detecting it from the content. Throws `input_refused` for a file
 * that cannot be ingested.
 */
export async function sampleRecords(
  inputs: readonly IngestInput[],
  limit: number,
  format?: DeclaredFormat,
): Promise<Buffer[][]> {
  const perFile = Math.max(1, Math.ceil(limit / inputs.length));
  const files: Buffer[][] = [];
  let left = limit;
  for (const input of inputs) {
    const lines = await firstLines(input, Math.min(perFile, left), format);
    files.push(lines);
    left -= lines.length;
  }
  return files;
}

async function firstLines(
  input: IngestInput,
  count: number,
  declared: DeclaredFormat | undefined,
): Promise<Buffer[]> {
  const lines: Buffer[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let textBytes = 0;
  for await (const chunk of await openRecords(input, declared)) {
    rest = Buffer.concat([rest, chunk]);
    if (textBytes === 0 && startsWithByteOrderMark(rest)) {
      rest = rest.subarray(3);
    }
    textBytes += chunk.length;
    rest = takeLines(rest, lines, count);
    if (lines.length >= count || textBytes > MAX_TEXT_BYTES) {
      return lines;
    }
  }
  takeLines(Buffer.concat([rest, Buffer.of(LF)]), lines, count);
  return lines;
}

async function openRecords(
  input: IngestInput,
  declared: DeclaredFormat | undefined,
): Promise<AsyncIterable<Buffer>> {
  const path = input.kind === 'file' ? input.path : undefined;
  const name = input.kind === 'file' ? basename(input.path) : input.name;
  const peeked = await peekCompression(
    input.kind === 'file' ? readInput(input.path) : input.stream,
  );
  const compression = tellCompression(name, peeked);
  const { start, text } = await peekText(decompress(peeked.bytes, compression, name));
  const format = requireRecordFormat(start, name, declared);
  const localPath = path === undefined ? undefined : () => path;
  return recordLines({ name, format, compression, text, localPath });
}

/** Adds the first lines of a chunk to `lines`. Returns the bytes after the last of them. */
function takeLines(text: Buffer, lines: Buffer[], count: number): Buffer {
  let start = 0;
  while (lines.length < count) {
    const end = text.indexOf(LF, start);
    if (end === -1) {
      break;
    }
    const line = text.subarray(start, end + 1);
    if (!isBlank(line)) {
      lines.push(line);
    }
    start = end + 1;
  }
  return text.subarray(start);
}

/** Copies each chunk, because the reader reuses its memory. */
async function* readInput(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of readLocalFile(path)) {
      yield Buffer.from(chunk);
    }
  } catch (error) {
    const { message } = error as Error;
    throw new ClicklakeError('input_refused', message, { cause: error });
  }
}
