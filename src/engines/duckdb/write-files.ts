/** Writes the result of a query as Parquet files of a Delta table, not yet named by its log. */
import { randomUUID } from 'node:crypto';
import { relative } from 'node:path';
import type { DuckDBMapValue } from '@duckdb/node-api';
import type { NewFile } from '../../delta/commit.ts';
import { schemaFromColumns } from '../../delta/schema.ts';
import { type CopyStatistics, statisticsText } from '../../delta/statistics.ts';
import type { Storage } from '../../storage/storage.ts';
import type { TableDefinition } from '../engine.ts';
import type { Session } from './session.ts';
import { identifier, literal } from './sql-text.ts';
import { duckdbType } from './table-view.ts';

/** Files of an unpartitioned table grow to about this size. */
const TARGET_FILE_BYTES = 256 * 1024 * 1024;

/**
 * Distinct values of a column in a row group beyond which no dictionary is tried: ids have far more, and
 * building one to give it up costs a third of the whole write. Files become no larger.
 */
const DICTIONARY_VALUES = 5000;

export interface WrittenFiles {
  files: NewFile[];
  rowCount: number;
}

/** Every returned file is whole, durable and under the table's folder. */
export async function writeFiles(
  session: Session,
  storage: Storage,
  table: TableDefinition,
  select: string,
): Promise<WrittenFiles> {
  const work = await storage.workFolder('write');
  try {
    const columns = table.columns.map(
      (c) => `CAST(${identifier(c.name)} AS ${duckdbType(c.type)}) AS ${identifier(c.name)}`,
    );
    const layout =
      table.partitionBy.length > 0
        ? `PARTITION_BY (${table.partitionBy.map(identifier).join(', ')})`
        : `FILE_SIZE_BYTES ${TARGET_FILE_BYTES}`;
    const folder = `${work.path}/files`;
    const written = await session.rows(
      `COPY (SELECT ${columns.join(', ')} FROM (${select})) TO ${literal(folder)}
       (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1,
        DICTIONARY_SIZE_LIMIT ${DICTIONARY_VALUES}, APPEND, ${layout},
        FILENAME_PATTERN 'part-{uuidv7}.c000.zstd', RETURN_STATS)`,
    );
    // All at once: a remote lake takes several files at a time.
    const filled = written.filter(([, count]) => Number(count) > 0);
    const files = await Promise.all(
      filled.map(([path, count, sizeBytes, , statistics, partition]) =>
        adoptFile(storage, table, folder, String(path), {
          sizeBytes: Number(sizeBytes),
          stats: statisticsText(schemaFromColumns(table.columns), {
            count: BigInt(count as bigint),
            columns: copyStatistics(statistics as DuckDBMapValue | null),
          }),
          partitionValues: partitionValues(table, partition as DuckDBMapValue | null),
        }),
      ),
    );
    const rowCount = filled.reduce((sum, [, count]) => sum + Number(count), 0);
    return { files, rowCount };
  } finally {
    await work.release();
  }
}

async function adoptFile(
  storage: Storage,
  table: TableDefinition,
  folder: string,
  localPath: string,
  file: Omit<NewFile, 'path' | 'modificationTimeMs'>,
): Promise<NewFile> {
  let path = relative(folder, localPath);
  const result = await storage.adopt(localPath, `${table.root}/${path}`, file);
  if (result.kind === 'exists') {
    path = path.replace(/[^/]*$/, `part-${randomUUID()}.c000.zstd.parquet`);
    await storage.adopt(localPath, `${table.root}/${path}`, file);
  }
  return { ...file, path, modificationTimeMs: Date.now() };
}

function partitionValues(
  table: TableDefinition,
  partition: DuckDBMapValue | null,
): Record<string, string | null> {
  const values = new Map(partition?.entries.map(({ key, value }) => [String(key), value]) ?? []);
  return Object.fromEntries(
    table.partitionBy.map((name) => {
      const value = values.get(name);
      return [name, value === null || value === undefined || value === '' ? null : String(value)];
    }),
  );
}

/** DuckDB's MAP of MAPs. */
function copyStatistics(columns: DuckDBMapValue | null): CopyStatistics['columns'] {
  return new Map(
    (columns?.entries ?? []).map(({ key, value }) => [
      String(key),
      new Map(
        (value as DuckDBMapValue).entries.map((entry) => [String(entry.key), String(entry.value)]),
      ),
    ]),
  );
}
