/** Rows that come from elsewhere as a table of the session, with the types of a Delta table. */
import type { DuckDBDataChunk as DataChunk, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { DeltaColumn } from '../../delta/schema.ts';
import { duckdb } from './driver.ts';
import { createTable } from './relations.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier } from './sql-text.ts';
import { duckdbType } from './table-view.ts';

const {
  DuckDBBlobValue,
  DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} = duckdb;

/** Rows of a chunk, at most. */
const CHUNK_ROWS = 2048;

/**
 * Makes the table `name` of these rows, in place of what has the name. Values by column: bigint for 64-bit
 * integers, text for decimals, microseconds since 1970 (bigint) for instants, days since 1970 for dates.
 */
export async function createTableOfValues(
  connection: SqlConnection,
  name: string,
  columns: readonly DeltaColumn[],
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const declared = columns.map((column) => `${identifier(column.name)} ${duckdbType(column.type)}`);
  await createTable(connection, name, { columns: declared.join(', ') });
  const appender = await connection.driver.createAppender(name, 'main', 'memory');
  try {
    const types = columns.map((_, index) => appender.columnType(index));
    for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
      appender.appendDataChunk(chunkOf(columns, types, rows.slice(start, start + CHUNK_ROWS)));
    }
  } finally {
    appender.closeSync();
  }
}

function chunkOf(
  columns: readonly DeltaColumn[],
  types: readonly DuckDBType[],
  rows: readonly Readonly<Record<string, unknown>>[],
): DataChunk {
  const chunk = DuckDBDataChunk.create(types, rows.length);
  for (const [index, { name, type }] of columns.entries()) {
    const convert = converterOf(type);
    const values = rows.map((row) => {
      const value = row[name] ?? null;
      return value === null ? null : convert(value);
    });
    chunk.setColumnValues(index, values);
  }
  return chunk;
}

function converterOf(type: string): (value: unknown) => DuckDBValue {
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (precision !== undefined) {
    return (text) =>
      new DuckDBDecimalValue(
        BigInt(String(text).replace('.', '')),
        Number(precision),
        Number(scale),
      );
  }
  switch (type) {
    case 'date':
      return (days) => new DuckDBDateValue(Number(days));
    case 'timestamp':
      return (micros) => new DuckDBTimestampTZValue(micros as bigint);
    case 'timestamp_ntz':
      return (micros) => new DuckDBTimestampValue(micros as bigint);
    case 'binary':
      return (bytes) => new DuckDBBlobValue(bytes as Uint8Array);
    default:
      return (value) => value as DuckDBValue;
  }
}
