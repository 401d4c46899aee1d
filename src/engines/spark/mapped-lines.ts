/**
 * Records with a mapping: our own reader parses them on this machine, and Spark reads the columns that it
 * writes. So both engines have the same rows.
 */
import { isUtf8 } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FieldCounts } from '../../bronze/field-counts.ts';
import { localCopy } from '../../bronze/received-files.ts';
import { CONTRACT_FIELDS } from '../../contract/fields.ts';
import { isPlain, type Mapping } from '../../mapping/mapping.ts';
import type { FoundPaths } from '../../mapping/record-layout.ts';
import type { Storage } from '../../storage/storage.ts';
import { declaredColumn, unreadableBits } from '../lines/line-layout.ts';
import { createLineReaders } from '../lines/line-readers.ts';
import { fetchLines, placeOfLines } from '../lines/raw-lines.ts';
import type { BatchFile, DeclaredField } from '../records.ts';
import { urlFields } from '../url-fields.ts';
import { arrowRows } from './arrow-rows.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier, literal } from './sql-text.ts';
import type { Staging } from './staging.ts';
import type { SparkWork } from './work.ts';

export interface MappedSource {
  storage: Storage;
  mappings: readonly Mapping[];
  threads: number;
}

export interface MappedLines {
  unknownFields: FieldCounts;
  /** By the number of a mapping. */
  foundPaths: ReadonlyMap<number, FoundPaths>;
  /** In the work area. */
  workFiles: string[];
}

/** Whether Spark must not read this file by itself. */
export function isMapped(mappings: readonly Mapping[], { mapping }: BatchFile): boolean {
  const found = mappings[mapping];
  return found !== undefined && !isPlain(found);
}

/**
 * Reads the files and shows their columns as `mapped_lines`, from files in the work area that are the
 * caller's to remove.
 */
export async function defineMappedLines(
  connection: SqlConnection,
  work: SparkWork,
  { storage, mappings, threads }: MappedSource,
  files: readonly BatchFile[],
  declared: readonly DeclaredField[],
): Promise<MappedLines> {
  const folder = await mkdtemp(join(tmpdir(), 'clicklake-'));
  const readers = createLineReaders(threads);
  try {
    const local = await Promise.all(
      files.map(async (file) => ({ ...file, localPath: await localCopy(storage, file) })),
    );
    const rules = { mappings, declared: declared.map(({ name }) => name) };
    const { paths, unknownFields, foundPaths } = await readers.read(local, folder, rules);
    const workFiles = paths.map((_, index) => `mapped-${files[0]?.fileNumber}-${index}.parquet`);
    for (const [index, path] of paths.entries()) {
      await work.adopt(path, workFiles[index] as string);
    }
    await connection.defineFiles('mapped_lines', {
      format: 'parquet',
      paths: workFiles.map((name) => work.url(name)),
    });
    return { unknownFields, foundPaths, workFiles };
  } finally {
    await readers.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The columns of `bronze_lines` in the order of `columns`. */
export function selectMappedLines(
  columns: readonly string[],
  declared: readonly DeclaredField[],
): string {
  const members = declared.map(({ name }, index) => `${literal(name)}, ${declaredColumn(index)}`);
  const values: Record<string, string> = {
    ...Object.fromEntries(urlFields().map(({ name, sql }) => [name, sql])),
    file_number: 'CAST(file_number AS BIGINT)',
    line_key: 'line_start',
    raw_text: 'CAST(NULL AS STRING)',
    raw_base64: 'CAST(NULL AS STRING)',
    shape_key: 'CAST(NULL AS ARRAY<STRING>)',
    unreadable_numbers: unreadableBits(),
    declared: members.length === 0 ? 'CAST(NULL AS STRING)' : `named_struct(${members.join(', ')})`,
  };
  const selected = columns.map((name) => `${values[name] ?? name} AS ${name}`);
  return `SELECT ${selected.join(', ')} FROM mapped_lines`;
}

/** Names of the columns that a query over lines must give, in order. */
export const LINE_COLUMNS: readonly string[] = [
  ...['file_number', 'received_at', 'mapping_number', 'line_key', 'raw_text', 'raw_base64'],
  ...['shape_key', 'problem', 'declared', 'items'],
  ...CONTRACT_FIELDS.map(({ name }) => (name === 'event_type' ? 'sent_type' : name)),
  ...['is_timestamp_sent', 'unreadable_numbers'],
];

/** Maximum text of lines sent to Spark at a time. */
const PORTION_BYTES = 16 * 1024 * 1024;

/**
 * Keeps as `name` the text of the lines of these files that `keys` (file_number, line_key) points at:
 * file_number, line_key, raw_text, raw_base64.
 */
export async function stageMappedTexts(
  connection: SqlConnection,
  staging: Staging,
  storage: Storage,
  files: readonly BatchFile[],
  { name, keys }: { name: string; keys: string },
): Promise<void> {
  const none = await sendTexts(connection, []);
  await staging.stage(name, none);
  let portion: Text[] = [];
  let portionBytes = 0;
  const flush = async (): Promise<void> => {
    if (portion.length > 0) {
      await staging.extend(name, await sendTexts(connection, portion));
    }
    portion = [];
    portionBytes = 0;
  };
  for (const file of files) {
    const rows = await connection.rows(`SELECT DISTINCT line_key FROM ${identifier(keys)}
      WHERE file_number = ${file.fileNumber} ORDER BY line_key`);
    const starts = rows.map(([start]) => Number(start));
    const texts: Text[] = [];
    await fetchLines(await placeOfLines(storage, file), starts, (start, line) =>
      texts.push({ file, start, line: Buffer.from(line) }),
    );
    for (const text of texts) {
      portion.push(text);
      portionBytes += text.line.length;
      if (portionBytes > PORTION_BYTES) {
        await flush();
      }
    }
  }
  await flush();
}

interface Text {
  file: BatchFile;
  start: number;
  line: Buffer;
}

/** Returns a query that gives them. */
async function sendTexts(connection: SqlConnection, texts: readonly Text[]): Promise<string> {
  const { stream, schema } = arrowRows([
    {
      name: 'file_number',
      type: 'BIGINT',
      values: texts.map(({ file }) => BigInt(file.fileNumber)),
    },
    { name: 'line_key', type: 'BIGINT', values: texts.map(({ start }) => BigInt(start)) },
    {
      name: 'raw_text',
      type: 'STRING',
      values: texts.map(({ line }) => (isUtf8(line) ? line.toString('utf8') : null)),
    },
    {
      name: 'raw_base64',
      type: 'STRING',
      values: texts.map(({ line }) => (isUtf8(line) ? null : line.toString('base64'))),
    },
  ]);
  await connection.defineRows('sent_texts', stream, schema);
  return 'SELECT * FROM sent_texts';
}
