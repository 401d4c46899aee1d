/**
 * Converts the records of any file to lines, each a JSON object and an LF. All later steps
 * (counting, reading, typing, quarantine, recount) see only lines. The position of a record is that
 * of its line in this text.
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
  /** The decompressed bytes. A chunk's memory may be reused once the next is requested. */
  text: AsyncIterable<Buffer>;
  /**
   * A local path of the stored file, for random access. Available once `text` was read to its end.
   */
  localPath: (() => string | Promise<string>) | undefined;
}

/**
 * The lines in order, in bounded memory. A chunk's memory may be reused once the next is requested.
 * Throws `input_refused` if the file is damaged, truncated or not of this format, after earlier
 * lines were already returned.
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

/** Parquet files are read from the end, so the bytes are read through first. */
async function* readParquet(file: RecordFile): AsyncGenerator<Buffer> {
  const { parquetRecordLines } = await import('./parquet.ts');
  const { name, text, localPath, compression } = file;
  if (localPath !== undefined && compression === 'none') {
    for await (const _chunk of text) {
      // The caller's stream verifies the bytes.
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

/** Copies each chunk, because a stream reads ahead. */
async function* copyEach(text: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of text) {
    yield Buffer.from(chunk);
  }
}
