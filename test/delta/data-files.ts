import { stat } from 'node:fs/promises';
import type { DuckDBConnection, DuckDBMapValue } from '@duckdb/node-api';
import type { NewFile } from '../../src/delta/commit.ts';
import type { DeltaContext } from '../../src/delta/context.ts';
import { readDeletionVector } from '../../src/delta/deletion-vector.ts';
import { type DeltaSchema, typeText } from '../../src/delta/schema.ts';
import type { Snapshot } from '../../src/delta/snapshot.ts';
import { statisticsText } from '../../src/delta/statistics.ts';

const entriesOf = (map: unknown) =>
  (map as DuckDBMapValue).entries.map(({ key, value }) => [String(key), value] as const);

/** Writes a query's rows into a table's folder, a file per value of the partition column `day`. */
export async function writeDataFiles(
  connection: DuckDBConnection,
  folder: string,
  schema: DeltaSchema,
  query: string,
): Promise<NewFile[]> {
  const result = await connection.runAndReadAll(
    `COPY (${query}) TO '${folder}' (FORMAT parquet, COMPRESSION zstd, APPEND, PARTITION_BY (day), FILENAME_PATTERN 'part-{uuidv7}.c000.zstd', RETURN_STATS)`,
  );
  const files: NewFile[] = [];
  for (const row of result.getRowObjects()) {
    const file = String(row.filename);
    const columns = entriesOf(row.column_statistics).map(
      ([name, values]) => [name, new Map(entriesOf(values)) as Map<string, string>] as const,
    );
    const [[, day]] = entriesOf(row.partition_keys) as [[string, string | null]];
    const { size, mtimeMs } = await stat(file);
    files.push({
      path: file.slice(folder.length + 1),
      partitionValues: { day },
      sizeBytes: size,
      modificationTimeMs: Math.floor(mtimeMs),
      stats: statisticsText(schema, { count: row.count as bigint, columns: new Map(columns) }),
    });
  }
  return files;
}

/** The table's rows as interop.py prints them: read by the log, partition values from there too. */
export async function readRows(
  context: DeltaContext,
  connection: DuckDBConnection,
  snapshot: Snapshot,
): Promise<unknown[][]> {
  const columns = ['id', 'name', 'day', 'at', 'price', 'ratio', 'ok'];
  const shown: Record<string, string> = {
    id: 'CAST(id AS VARCHAR)',
    day: 'CAST(day AS VARCHAR)',
    at: 'CAST(epoch_us("at") AS VARCHAR)',
    price: 'CAST(price AS VARCHAR)',
  };
  const rows: unknown[][] = [];
  for (const file of snapshot.files) {
    const local = await context.storage.localPath(`${snapshot.root}/${file.path}`);
    const deleted =
      file.deletionVector &&
      (await readDeletionVector(context, snapshot.root, file.deletionVector));
    const source = columns.map((name) => {
      if (!snapshot.metadata.partitionColumns.includes(name)) {
        return `"${name}"`;
      }
      const type = snapshot.metadata.schema.fields.find((field) => field.name === name)?.type;
      const value = file.partitionValues[name];
      const literal = value == null ? 'NULL' : `'${value.replaceAll("'", "''")}'`;
      return `CAST(${literal} AS ${typeText(type ?? 'string')}) AS "${name}"`;
    });
    const result = await connection.runAndReadAll(
      `SELECT ${columns.map((name) => shown[name] ?? `"${name}"`).join(', ')}
       FROM (SELECT ${source.join(', ')}, file_row_number
             FROM read_parquet('${local.replaceAll("'", "''")}', file_row_number = true, hive_partitioning = false))
       ${deleted?.length ? `WHERE file_row_number NOT IN (${deleted.join(', ')})` : ''}`,
    );
    rows.push(...(result.getRows() as unknown[][]));
  }
  return rows.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
}

/** Text in order, null last. */
function compare(left: unknown, right: unknown): number {
  if (left === right) {
    return 0;
  }
  if (left === null) {
    return 1;
  }
  if (right === null) {
    return -1;
  }
  return Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)));
}
