/**
 * The lines of a batch as `bronze_lines`, every one read exactly.
 *
 * Files go through DuckDB's text reader and JSON functions. What those cannot be trusted with goes
 * through our own reader, line by line: files whose bytes the text reader would change, lines that
 * models/bronze/duckdb.sql marks `needs_exact_read`, and, as a last resort, a file in which the
 * reader found another number of lines than were counted when the file was received.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBBlobValue, DuckDBListValue } from '@duckdb/node-api';
import { isBlank } from '../../bronze/lines.ts';
import { COLUMN_SEPARATOR, MAX_QUICK_LINE_BYTES } from '../../bronze/scan-text.ts';
import { separateLines } from '../../bronze/separate-lines.ts';
import { ClicklakeError } from '../../errors.ts';
import type { BatchFile, DeclaredField } from '../engine.ts';
import { CONTRACT_FIELDS, NUMERIC_FIELDS, readExactly } from '../exact-lines.ts';
import { dropRelation, type Session } from './session.ts';
import { identifier, listLiteral, literal, pathLiteral } from './sql-text.ts';

export interface BatchSource {
  /** A local path with the file's bytes as received. */
  localPath(file: BatchFile): Promise<string>;
  /** The file's text, decompressed. */
  openText(file: BatchFile): AsyncIterable<Buffer>;
  /** Local folder for files that live as long as the batch. */
  folder: string;
  /** The text of models/bronze/duckdb.sql. */
  bronzeModel: string;
}

export interface OpenBatch {
  files: readonly BatchFile[];
  source: BatchSource;
  declared: readonly DeclaredField[];
  /** Text files with LF-separated lines that the text reader can take, and what ended each line. */
  quick: QuickText[];
  /** Undeclared fields of the lines read exactly. */
  unknownFields: Map<string, number>;
}

interface QuickText {
  path: string;
  file: BatchFile;
  lineEnd: '' | '\r';
}

/** Defines `batch_files`, `batch_lines` and `bronze_lines` for the given files. */
export async function openBatch(
  session: Session,
  files: readonly BatchFile[],
  declared: readonly DeclaredField[],
  source: BatchSource,
): Promise<OpenBatch> {
  const batch: OpenBatch = { files, source, declared, quick: [], unknownFields: new Map() };
  await createBatchFiles(session, files);
  await createExactLines(session);
  for (const macro of fieldMacros(declared)) await session.run(macro);
  // All at once: a remote lake brings several files at a time.
  const paths = await Promise.all(
    files.map((file) => (file.needsExactRead ? undefined : source.localPath(file))),
  );
  for (const [index, file] of files.entries()) {
    const path = paths[index];
    if (path === undefined) await readFileExactly(session, batch, file);
    else batch.quick.push({ path, file, lineEnd: '' });
  }
  await session.run(`CREATE OR REPLACE TEMP VIEW batch_lines AS ${quickLines(batch.quick)}`);
  return batch;
}

/** Stages the result of the parsing model over every line of the batch; see `Engine.stageLines`. */
export async function stageLines(
  session: Session,
  batch: OpenBatch,
  name: string,
  model: string,
): Promise<void> {
  await session.run(`CREATE OR REPLACE TEMP VIEW bronze_lines AS ${batch.source.bronzeModel}`);
  await session.run(`CREATE OR REPLACE TEMP TABLE ${identifier(name)} AS ${model}`);
  await rereadMarkedLines(session, batch, name);
  const wrong = await filesWithOtherCount(session, batch, name);
  if (wrong.length > 0) await rereadFiles(session, batch, wrong, name, model);
  await insertExactLines(session, name, model);
  const still = await filesWithOtherCount(session, batch, name, true);
  if (still[0] !== undefined) throw lineCountMismatch(still[0]);
}

/** Stages the text of the lines that `keys` names; see `Engine.stageRawLines`. */
export async function stageRawLines(
  session: Session,
  batch: OpenBatch,
  name: string,
  keys: string,
): Promise<void> {
  const wanted = await session.rows(`SELECT DISTINCT file_number FROM ${identifier(keys)}`);
  const numbers = new Set(wanted.map(([number]) => Number(number)));
  const quick = batch.quick.filter((text) => numbers.has(text.file.fileNumber));
  await session.run(`CREATE OR REPLACE TEMP TABLE ${identifier(name)} AS
    SELECT DISTINCT l.file_number, k.line_key, concat(l.line, l.line_end) AS raw_text
    FROM (${quickLines(quick)}) AS l
    JOIN ${identifier(keys)} AS k ON k.line_key = hash(l.line, l.line_end) AND k.file_number = l.file_number
    UNION
    SELECT l.file_number, k.line_key, l.raw_text
    FROM exact_lines AS l
    JOIN ${identifier(keys)} AS k ON k.line_key = hash(l.raw_text) AND k.file_number = l.file_number`);
}

/** Undeclared fields and how many of the staged lines have each. */
export async function countUnknownFields(
  session: Session,
  batch: OpenBatch,
  stagedLines: string,
): Promise<Record<string, number>> {
  const counts = new Map(batch.unknownFields);
  const known = new Set<string>([...CONTRACT_FIELDS, ...batch.declared.map((field) => field.name)]);
  // Lines of one producer share few shapes: one line of each tells the names. From the first file that
  // has it, so that few files are read again.
  await session.run(`CREATE OR REPLACE TEMP TABLE line_shapes AS
    SELECT shape_key, count(*) AS line_count, min(file_number) AS file_number,
      min_by(line_key, file_number) AS line_key
    FROM ${identifier(stagedLines)} WHERE shape_key IS NOT NULL GROUP BY shape_key`);
  await stageRawLines(session, batch, 'line_shape_texts', 'line_shapes');
  const shapes = await session.rows(`SELECT json_keys(rtrim(t.raw_text, e'\\r')), s.line_count
    FROM line_shapes AS s
    JOIN line_shape_texts AS t ON t.file_number = s.file_number AND t.line_key = s.line_key`);
  for (const [keys, lineCount] of shapes) {
    for (const key of new Set((keys as DuckDBListValue).items as string[])) {
      if (!known.has(key)) counts.set(key, (counts.get(key) ?? 0) + Number(lineCount));
    }
  }
  for (const name of ['line_shapes', 'line_shape_texts']) {
    await dropRelation(session, name);
  }
  return Object.fromEntries(counts);
}

async function createBatchFiles(session: Session, files: readonly BatchFile[]): Promise<void> {
  await session.run(
    'CREATE OR REPLACE TEMP TABLE batch_files (file_number BIGINT, bronze_path VARCHAR, received_at TIMESTAMPTZ)',
  );
  const rows = files.map(
    (file) =>
      `(${file.fileNumber}, ${literal(file.path)}, make_timestamp(${file.receivedAtMicros}::BIGINT)::TIMESTAMPTZ)`,
  );
  for (let start = 0; start < rows.length; start += 1000) {
    await session.run(
      `INSERT INTO batch_files VALUES ${rows.slice(start, start + 1000).join(', ')}`,
    );
  }
}

/** Same columns as models/bronze/duckdb.sql, filled by our own reader. */
async function createExactLines(session: Session): Promise<void> {
  const fields = CONTRACT_FIELDS.map((name) => `${name} VARCHAR`).join(', ');
  await session.run(
    `CREATE OR REPLACE TEMP TABLE exact_lines
     (file_number BIGINT, raw_text VARCHAR, raw_base64 VARCHAR, problem VARCHAR, declared VARCHAR, ${fields})`,
  );
}

/** What the bronze model needs to know of the fields, the declared ones included. */
function fieldMacros(declared: readonly DeclaredField[]): string[] {
  const structure = JSON.stringify(
    Object.fromEntries(declared.map((field) => [field.name, 'VARCHAR'])),
  );
  const read =
    declared.length === 0 ? 'CAST(NULL AS BOOLEAN)' : `json_transform(line, ${literal(structure)})`;
  // The configuration allows letters, digits and underscores only: nothing to escape in a pattern.
  const declaredNames = declared.map((field) => field.name);
  const texts = CONTRACT_FIELDS.filter((name) => !NUMERIC_FIELDS.has(name));
  const decimals = declared.filter(({ type }) => /^(decimal|double)/.test(type));
  return [
    `CREATE OR REPLACE TEMP MACRO decimal_field_names() AS ${literal(['quantity', 'price', ...decimals.map(({ name }) => name)].join('|'))}`,
    `CREATE OR REPLACE TEMP MACRO read_declared(line) AS ${read}`,
    `CREATE OR REPLACE TEMP MACRO text_field_names() AS ${literal([...texts, ...declaredNames].join('|'))}`,
    `CREATE OR REPLACE TEMP MACRO field_names() AS ${literal([...CONTRACT_FIELDS, ...declaredNames].join('|'))}`,
  ];
}

function quickLines(texts: readonly QuickText[]): string {
  const branches = (['', '\r'] as const).flatMap((lineEnd) => {
    const chosen = texts.filter((text) => text.lineEnd === lineEnd);
    return chosen.length === 0 ? [] : [readTexts(chosen, lineEnd)];
  });
  if (branches.length > 0) return branches.join('\nUNION ALL\n');
  return `SELECT NULL::BIGINT AS file_number, NULL::VARCHAR AS line, NULL::VARCHAR AS line_end WHERE false`;
}

/** Left to itself, DuckDB takes 16 times `max_line_size` for a buffer, however small the files are. */
const READ_BUFFER_BYTES = MAX_QUICK_LINE_BYTES * 4;

function readTexts(texts: readonly QuickText[], lineEnd: string): string {
  const separator = [...COLUMN_SEPARATOR]
    .map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
    .join('');
  const numbers = texts
    .map((text) => `(${literal(text.path)}, ${text.file.fileNumber}::BIGINT)`)
    .join(', ');
  return `SELECT f.file_number, l.line, ${lineEnd === '' ? "''" : "e'\\r'"} AS line_end
    FROM read_csv(${listLiteral(texts.map((text) => pathLiteral(text.path)))},
      columns = {line: 'VARCHAR'}, delim = e'${separator}', quote = '', escape = '', header = false,
      auto_detect = false, strict_mode = false, ignore_errors = true, filename = true,
      max_line_size = ${MAX_QUICK_LINE_BYTES * 2}, buffer_size = ${READ_BUFFER_BYTES}) AS l
    JOIN (VALUES ${numbers}) AS f(filename, file_number) ON f.filename = l.filename`;
}

/** Takes a whole file through our own reader: ordinary lines into quick texts, odd ones one by one. */
async function readFileExactly(session: Session, batch: OpenBatch, file: BatchFile): Promise<void> {
  const folder = join(batch.source.folder, `file-${file.fileNumber}`);
  await mkdir(folder, { recursive: true });
  const exact = await openExactAppender(session, batch);
  const separated = await separateLines(
    batch.source.openText(file),
    file.path,
    folder,
    (line, hasMark) => exact.add(file.fileNumber, line, hasMark),
  );
  exact.close();
  if (separated.lfPath !== undefined)
    batch.quick.push({ path: separated.lfPath, file, lineEnd: '' });
  if (separated.crlfPath !== undefined)
    batch.quick.push({ path: separated.crlfPath, file, lineEnd: '\r' });
}

/** Text of lines that is held at a time. */
const REREAD_BYTES = 32 * 1024 * 1024;

/**
 * Moves the lines that the bronze model did not dare to read from the staged result to ours. In
 * parts that are read to their end: an appender that flushes ends a query that is still being read.
 */
async function rereadMarkedLines(session: Session, batch: OpenBatch, name: string): Promise<void> {
  const marked = `${identifier(name)} WHERE reason = 'needs_exact_read'`;
  const [size] = await session.rows(
    `SELECT count(*), CAST(COALESCE(sum(strlen(raw_text)), 0) AS BIGINT) FROM ${marked}`,
  );
  const [count, sizeBytes] = [Number(size?.[0]), Number(size?.[1])];
  if (count === 0) return;
  const exact = await openExactAppender(session, batch);
  const partCount = Math.ceil((sizeBytes + 1) / REREAD_BYTES);
  let movedCount = 0;
  for (let part = 0; part < partCount; part += 1) {
    // As bytes, which is what our reader takes.
    const rows = await session.rows(
      `SELECT file_number, encode(raw_text) FROM ${marked} AND rowid % ${partCount} = ${part}`,
    );
    for (const [fileNumber, text] of rows) {
      exact.add(Number(fileNumber), Buffer.from((text as DuckDBBlobValue).bytes), false);
    }
    movedCount += rows.length;
  }
  exact.close();
  if (movedCount !== count) throw new Error(`${movedCount} of ${count} lines were read again`);
  await session.run(`DELETE FROM ${marked}`);
}

/** Reads whole files again that lost or gained lines in the text reader. */
async function rereadFiles(
  session: Session,
  batch: OpenBatch,
  files: readonly BatchFile[],
  name: string,
  model: string,
): Promise<void> {
  const numbers = files.map((file) => file.fileNumber).join(', ');
  await session.run(`DELETE FROM ${identifier(name)} WHERE file_number IN (${numbers})`);
  await session.run(`DELETE FROM exact_lines WHERE file_number IN (${numbers})`);
  const others = batch.quick.filter((text) => !files.includes(text.file));
  batch.quick = [];
  for (const file of files) await readFileExactly(session, batch, file);
  await session.run(`CREATE OR REPLACE TEMP VIEW batch_lines AS ${quickLines(batch.quick)}`);
  await session.run(`INSERT INTO ${identifier(name)} BY NAME ${model}`);
  await rereadMarkedLines(session, batch, name);
  batch.quick.push(...others);
}

async function insertExactLines(session: Session, name: string, model: string): Promise<void> {
  const fields = CONTRACT_FIELDS.join(', ');
  await session.run(`CREATE OR REPLACE TEMP VIEW bronze_lines AS
    SELECT file_number, raw_text, '' AS line_end, raw_base64, hash(raw_text) AS line_key,
      CAST(NULL AS UBIGINT) AS shape_key, problem, read_declared(declared) AS declared, ${fields}
    FROM exact_lines`);
  await session.run(`INSERT INTO ${identifier(name)} BY NAME ${model}`);
}

/** Files whose staged lines are not as many as were counted when the file was received. */
async function filesWithOtherCount(
  session: Session,
  batch: OpenBatch,
  name: string,
  isComplete = false,
): Promise<BatchFile[]> {
  const counted = await session.rows(
    `SELECT file_number, count(*) FROM (
       SELECT file_number FROM ${identifier(name)}
       ${isComplete ? '' : 'UNION ALL SELECT file_number FROM exact_lines'}
     ) GROUP BY file_number`,
  );
  const counts = new Map(counted.map(([number, count]) => [Number(number), Number(count)]));
  return batch.files.filter((file) => (counts.get(file.fileNumber) ?? 0) !== file.lineCount);
}

async function openExactAppender(session: Session, batch: OpenBatch) {
  const appender = await session.connection.createAppender('exact_lines', 'main', 'temp');
  const declared = new Set(batch.declared.map((field) => field.name));
  const appendText = (text: string | null): void => {
    if (text === null) appender.appendNull();
    else appender.appendVarchar(text);
  };
  let pending = 0;
  return {
    add(fileNumber: number, line: Buffer, hasByteOrderMark: boolean): void {
      // DuckDB hands lines of white space on; they are not received lines.
      if (isBlank(line)) return;
      const exact = readExactly(line, hasByteOrderMark, declared);
      for (const name of exact.unknownFields) {
        batch.unknownFields.set(name, (batch.unknownFields.get(name) ?? 0) + 1);
      }
      const isUtf8 = exact.problem !== 'not_utf8';
      appender.appendBigInt(BigInt(fileNumber));
      appendText(isUtf8 ? line.toString('utf8') : null);
      appendText(isUtf8 ? null : line.toString('base64'));
      appendText(exact.problem);
      appendText(exact.declared);
      for (const text of exact.fields) appendText(text);
      appender.endRow();
      pending += line.length;
      if (pending > 32 * 1024 * 1024) {
        appender.flushSync();
        pending = 0;
      }
    },
    close: () => appender.closeSync(),
  };
}

function lineCountMismatch(file: BatchFile): ClicklakeError {
  return new ClicklakeError(
    'conservation_violated',
    `${file.path} does not hold the ${file.lineCount} lines it had when it was received`,
    { hint: 'files in Bronze must never change: restore the file as it was, then run again' },
  );
}
