/**
 * The lines of a batch as `bronze_lines`, read by our own reader (read-lines.ts). It writes the
 * fields' texts to files that DuckDB reads as a table. The text of a line stays in Bronze and is
 * fetched only for the few lines that need it.
 */

import { isUtf8 } from 'node:buffer';
import type { DuckDBAppender } from '@duckdb/node-api';
import { localCopy } from '../../bronze/received-files.ts';
import { NUMBER_FIELDS } from '../../contract/fields.ts';
import { ClicklakeError } from '../../errors.ts';
import type { Mapping } from '../../mapping/mapping.ts';
import type { Storage } from '../../storage/storage.ts';
import { declaredColumn, unreadableBits, unreadableFlag } from '../lines/line-layout.ts';
import type { BatchLines, LineFile, LineReaders } from '../lines/line-readers.ts';
import { PLACE_COLUMNS } from '../lines/lines-file.ts';
import { fetchLines, placeOfLines } from '../lines/raw-lines.ts';
import { type BatchFile, type DeclaredField, IS_REJECTED } from '../records.ts';
import { urlFields } from '../url-fields.ts';
import { createTable, nameQuery, withQueries } from './relations.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier, listLiteral, literal, pathLiteral } from './sql-text.ts';

export interface BatchSource {
  storage: Storage;
  /** Local folder for the files of the batch; deleted with it. */
  folder: string;
  readers: LineReaders;
  /** Indexed by mapping number. */
  mappings: readonly Mapping[];
}

export interface OpenBatch {
  files: readonly BatchFile[];
  source: BatchSource;
  lines: BatchLines;
}

/** Reads the files; defines `batch_files` and `bronze_lines`. */
export async function openBatch(
  connection: SqlConnection,
  files: readonly BatchFile[],
  declared: readonly DeclaredField[],
  source: BatchSource,
): Promise<OpenBatch> {
  await connection.expectBytes(files.reduce((sum, { textBytes }) => sum + textBytes, 0));
  await createBatchFiles(connection, files);
  const names = declared.map(({ name }) => name);
  const rules = { mappings: source.mappings, declared: names };
  const lines = await source.readers.read(await toLineFiles(files, source), source.folder, rules);
  const wrong = files.find(
    (file) => (lines.lineCounts.get(file.fileNumber) ?? 0) !== file.lineCount,
  );
  if (wrong !== undefined) {
    throw lineCountMismatch(wrong);
  }
  await nameQuery(connection, 'bronze_lines', readLines(lines.paths, names));
  return { files, source, lines };
}

/**
 * Stages the result of the parsing model over all lines of the batch; see `Batch.stageLines`. The
 * model does not see the text of lines. The text of rejected lines is added afterwards.
 */
export async function stageLines(
  connection: SqlConnection,
  batch: OpenBatch,
  name: string,
  model: string,
): Promise<void> {
  const staged = identifier(name);
  const columns = '* EXCLUDE (problem, sent_type, is_timestamp_sent, received_at)';
  await createTable(connection, name, { select: `SELECT ${columns} FROM (${model}\n)` });
  await stageRawLines(connection, batch, 'rejected_texts', `${staged} WHERE ${IS_REJECTED}`);
  const rejected = `SELECT p.file_number, p.reason, t.raw_text, t.raw_base64
    FROM ${staged} AS p
    JOIN rejected_texts AS t ON t.file_number = p.file_number AND t.line_key = p.line_key
    WHERE p.${IS_REJECTED}`;
  await nameQuery(connection, 'rejected_lines', rejected);
}

/** How much text of lines is passed to DuckDB at a time. */
const PORTION_BYTES = 16 * 1024 * 1024;

/**
 * Stages the text of the lines in `keys`; see `Batch.stageRawLines`. Lines that are not UTF-8 get
 * `raw_base64` instead of the text.
 */
export async function stageRawLines(
  connection: SqlConnection,
  batch: OpenBatch,
  name: string,
  keys: string,
): Promise<void> {
  const columns = 'file_number BIGINT, line_key BIGINT, raw_text VARCHAR, raw_base64 VARCHAR';
  await createTable(connection, name, { columns });
  const wanted = await startsByFile(connection, keys);
  if (wanted.size === 0) {
    return;
  }
  const appender = await connection.driver.createAppender(name, 'main', 'memory');
  try {
    for (const file of batch.files) {
      const starts = wanted.get(file.fileNumber);
      if (starts === undefined) {
        continue;
      }
      const count = await appendLines(appender, batch, file, starts);
      if (count !== starts.length) {
        throw lineCountMismatch(file);
      }
    }
  } finally {
    appender.closeSync();
  }
}

async function createBatchFiles(
  connection: SqlConnection,
  files: readonly BatchFile[],
): Promise<void> {
  const columns = 'file_number BIGINT, bronze_path VARCHAR, received_at TIMESTAMPTZ';
  await createTable(connection, 'batch_files', { columns });
  const rows = files.map(
    (file) =>
      `(${file.fileNumber}, ${literal(file.path)}, make_timestamp(${file.receivedAtMicros}::BIGINT)::TIMESTAMPTZ)`,
  );
  for (let start = 0; start < rows.length; start += 1000) {
    await connection.run(
      `INSERT INTO batch_files VALUES ${rows.slice(start, start + 1000).join(', ')}`,
    );
  }
}

/** In parallel: on a remote lake several files are downloaded at a time. */
function toLineFiles(files: readonly BatchFile[], source: BatchSource): Promise<LineFile[]> {
  return Promise.all(
    files.map(async (file) => {
      const { fileNumber, receivedAtMicros, mapping, path, sizeBytes, textBytes } = file;
      const { format, compression } = file;
      const localPath = await localCopy(source.storage, file);
      return {
        ...{ fileNumber, receivedAtMicros, mapping, path, sizeBytes, textBytes },
        ...{ format, compression, localPath },
      };
    }),
  );
}

/**
 * SQL that reads the columns for the models from files of lines. The key of a line is its start
 * offset in its file.
 */
function readLines(paths: readonly string[], declared: readonly string[]): string {
  const { fileNumber, lineStart } = PLACE_COLUMNS;
  const members = declared.map((name, index) => `${literal(name)}: ${declaredColumn(index)}`);
  const flags = NUMBER_FIELDS.map(unreadableFlag);
  return `SELECT * EXCLUDE (${fileNumber}, ${lineStart}, ${flags.join(', ')})
      REPLACE (${urlFields()
        .map(({ name, sql }) => `${sql} AS ${name}`)
        .join(', ')}),
    CAST(${fileNumber} AS BIGINT) AS file_number, ${lineStart} AS line_key,
    ${unreadableBits()} AS unreadable_numbers,
    ${members.length === 0 ? 'CAST(NULL AS BOOLEAN)' : `{${members.join(', ')}}`} AS declared
    FROM read_parquet(${listLiteral(paths.map(pathLiteral))}, hive_partitioning = false)`;
}

/** Start offsets of the lines in `keys`, ascending, by file number. */
async function startsByFile(
  connection: SqlConnection,
  keys: string,
): Promise<Map<number, number[]>> {
  const starts = new Map<number, number[]>();
  const select = `SELECT DISTINCT file_number, line_key FROM ${keys} ORDER BY file_number, line_key`;
  const rows = connection.rowBatches(withQueries(connection, select));
  for await (const batch of rows) {
    for (const [fileNumber, lineKey] of batch) {
      const known = starts.get(Number(fileNumber));
      if (known === undefined) {
        starts.set(Number(fileNumber), [Number(lineKey)]);
      } else {
        known.push(Number(lineKey));
      }
    }
  }
  return starts;
}

/** Returns the number of lines. */
async function appendLines(
  appender: DuckDBAppender,
  { source }: OpenBatch,
  file: BatchFile,
  starts: readonly number[],
): Promise<number> {
  const place = await placeOfLines(source.storage, file);
  let lineCount = 0;
  let pendingBytes = 0;
  await fetchLines(place, starts, (start, line) => {
    appender.appendBigInt(BigInt(file.fileNumber));
    appender.appendBigInt(BigInt(start));
    if (isUtf8(line)) {
      appender.appendVarchar(line.toString('utf8'));
      appender.appendNull();
    } else {
      appender.appendNull();
      appender.appendVarchar(line.toString('base64'));
    }
    appender.endRow();
    lineCount += 1;
    pendingBytes += line.length;
    if (pendingBytes > PORTION_BYTES) {
      appender.flushSync();
      pendingBytes = 0;
    }
  });
  return lineCount;
}

function lineCountMismatch(file: BatchFile): ClicklakeError {
  return new ClicklakeError(
    'conservation_violated',
    `${file.path} does not hold the ${file.lineCount} lines it had when it was received`,
    { hint: 'files in Bronze must never change: restore the file as it was, then run again' },
  );
}
