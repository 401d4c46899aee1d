/**
 * The records of any file as lines, each a JSON object and an LF. Everything behind it (counting, reading,
 * typing, quarantine, the recount) knows lines only; a record's place is that of its line in this text.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { avroRecordLines } from './avro.ts';
import { csvRecordLines } from './csv.ts';
import { jsonRecordLines } from './json-records.ts';
import type { FileLayout } from './record-format.ts';
import { snowplowRecordLines } from './snowplow-tsv.ts';

export interface RecordFile extends FileLayout {
  /** For messages. */
  name: string;
  /** The bytes, decompressed. The memory of a chunk may be used again when the next is asked for. */
  text: AsyncIterable<Buffer>;
  /** Where the file's bytes, as stored, can be read in any order once `text` was read to its end. */
  localPath: (() => string | Promise<string>) | undefined;
}

/**
 * The lines in order, in bounded memory; the memory of a chunk may be used again when the next is asked
 * for. Throws `input_refused` for a file that is damaged, truncated or not of the format; what came before
 * was then already handed out.
 */
export function recordLines(file: RecordFile): AsyncIterable<Buffer> {
  const { format, name, text } = file;
  switch (format) {
    case 'json_lines':
      return text;
    case 'json_array':
    case 'json_values':
      return jsonRecordLines(text, format, name);
    case 'csv':
      return csvRecordLines(text, name);
    case 'snowplow_tsv':
      return snowplowRecordLines(text, name);
    case 'avro':
      return avroRecordLines(text, 'records', name);
    case 'event_hubs_capture':
      return avroRecordLines(text, 'bodies', name);
    case 'parquet':
      return readParquet(file);
  }
}

/** Parquet begins at its end. */
async function* readParquet(file: RecordFile): AsyncGenerator<Buffer> {
  const { parquetRecordLines } = await import('./parquet.ts');
  const { name, text, localPath, compression } = file;
  if (localPath !== undefined && compression === 'none') {
    for await (const _chunk of text) {
      // It is checked by whoever hands it out.
    }
    yield* parquetRecordLines(await localPath(), name);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'clicklake-'));
  try {
    const path = join(folder, 'file.parquet');
    await pipeline(Readable.from(copyEach(text), { objectMode: false }), createWriteStream(path));
    yield* parquetRecordLines(path, name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A stream reads ahead. */
async function* copyEach(text: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of text) {
    yield Buffer.from(chunk);
  }
}
