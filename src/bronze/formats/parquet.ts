/**
 * Reads rows of Parquet as record lines: objects with the columns of the row. DuckDB reads the
 * file, because it supports all encodings and codecs. Values that it would not write to JSON
 * exactly are converted first.
 */
import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import { ClicklakeError } from '../../errors.ts';
import { fileError } from '../../storage/file-errors.ts';
import { refused } from './refuse.ts';

/** The driver is CommonJS; Node loads it twice as fast with `require`. */
const require = createRequire(import.meta.url);
const {
  DuckDBInstance,
  DuckDBTypeId,
}: typeof import('@duckdb/node-api') = require('@duckdb/node-api');

/** Enough for the pages of a row group with some hundred columns. */
const MEMORY_LIMIT = '1GB';

/** `path`: a local file. Throws `input_refused` if it is damaged or truncated. */
export async function* parquetRecordLines(path: string, name: string): AsyncGenerator<Buffer> {
  await access(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: MEMORY_LIMIT,
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  try {
    yield* readRows(connection, path);
  } catch (error) {
    throw unreadable(name, path, error);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function* readRows(connection: DuckDBConnection, path: string): AsyncGenerator<Buffer> {
  await connection.run(`SET TimeZone = 'UTC'`);
  // Do not read the folders of Bronze as partitions.
  const source = `read_parquet(${literal(asPattern(path))}, hive_partitioning = false)`;
  const columns = await connection.run(`FROM ${source} LIMIT 0`);
  const members = columns
    .columnNames()
    .map(
      (column, index) =>
        `${literal(column)}, ${exactly(columns.columnType(index), identifier(column))}`,
    );
  const rows = await connection.stream(
    `SELECT CAST(json_object(${members.join(', ')}) AS VARCHAR) FROM ${source}`,
  );
  for (;;) {
    const chunk = await rows.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) {
      return;
    }
    yield Buffer.from(`${chunk.getColumnValues(0).join('\n')}\n`);
  }
}

/** SQL that gives a value of this type exactly in JSON. `depth`: nesting depth in lists. */
function exactly(type: DuckDBType, value: string, depth = 0): string {
  switch (type.typeId) {
    case DuckDBTypeId.DECIMAL:
      // DuckDB would write decimals with few digits through floating point.
      return `CAST(${value} AS DECIMAL(38, ${type.scale}))`;
    case DuckDBTypeId.FLOAT:
      // Convert through the shortest text. A direct conversion to 64 bits would add digits.
      return finite(`CAST(CAST(${value} AS VARCHAR) AS DOUBLE)`);
    case DuckDBTypeId.DOUBLE:
      return finite(value);
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
      return instant(value);
    case DuckDBTypeId.TIMESTAMP_TZ:
      return instant(`CAST(${value} AS TIMESTAMP)`);
    case DuckDBTypeId.BLOB:
      return `COALESCE(TRY(decode(${value})), base64(${value}))`;
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return inItems(type.valueType, value, depth);
    case DuckDBTypeId.STRUCT:
      return inStruct(type.entryNames, type.entryTypes, value, depth);
    case DuckDBTypeId.MAP:
      return inMap(type.valueType, value, depth);
    default:
      return value;
  }
}

/** SQL that replaces NaN and infinity, which JSON lacks. */
function finite(value: string): string {
  return `CASE WHEN isfinite(${value}) THEN to_json(${value}) ELSE to_json(CAST(${value} AS VARCHAR)) END`;
}

/** ISO 8601 with the precision of the type. */
function instant(value: string): string {
  return `replace(CAST(${value} AS VARCHAR), ' ', 'T') || 'Z'`;
}

function inItems(type: DuckDBType, list: string, depth: number): string {
  const item = `item_${depth}`;
  const converted = exactly(type, item, depth + 1);
  return converted === item ? list : `list_transform(${list}, lambda ${item}: ${converted})`;
}

function inStruct(
  names: readonly string[],
  types: readonly DuckDBType[],
  struct: string,
  depth: number,
): string {
  const fields = names.map((name, index) => {
    const field = `struct_extract(${struct}, ${literal(name)})`;
    return { name, field, converted: exactly(types[index] as DuckDBType, field, depth) };
  });
  if (fields.every(({ field, converted }) => field === converted)) {
    return struct;
  }
  const members = fields.map(({ name, converted }) => `${literal(name)}: ${converted}`);
  return `CASE WHEN ${struct} IS NOT NULL THEN {${members.join(', ')}} END`;
}

function inMap(type: DuckDBType, map: string, depth: number): string {
  const entry = `item_${depth}`;
  const value = `struct_extract(${entry}, 'value')`;
  const converted = exactly(type, value, depth + 1);
  if (converted === value) {
    return map;
  }
  const pair = `{'key': struct_extract(${entry}, 'key'), 'value': ${converted}}`;
  return `map_from_entries(list_transform(map_entries(${map}), lambda ${entry}: ${pair}))`;
}

/** The path with pattern characters escaped. */
function asPattern(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}

/** Beginnings of DuckDB's messages about damaged files, and what we say. */
const DAMAGES: readonly (readonly [RegExp, string])[] = [
  [/^No magic bytes found at end|too small to be a Parquet file/, 'it has no footer'],
  [/^Footer length error/, 'its footer does not begin where it says'],
  [/^don't know what type/, 'a part of it is not encoded as Parquet'],
];

/** DuckDB gives the kind of an error only in its message. */
function unreadable(name: string, path: string, error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (/^Out of Memory/i.test(message)) {
    return new ClicklakeError('storage_failed', `not enough memory to read ${name}`, {
      hint: 'write it with smaller row groups, of 100,000 rows for example',
      cause: error,
    });
  }
  const [first = ''] = message.replace(/^[A-Z][A-Za-z ]*?Error: /, '').split('\n', 1);
  // The path may be that of a temporary copy, which is gone when the message is read.
  const said = [asPattern(path), path].reduce((text, each) => text.replaceAll(each, name), first);
  const why = DAMAGES.find(([pattern]) => pattern.test(said))?.[1] ?? said;
  return refused(name, `is damaged or truncated (${why})`, error);
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
