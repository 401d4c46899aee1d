/** Writes the result of a query as Parquet files for a Delta table. They are not committed here. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { relative } from 'node:path';
import type { DuckDBMapValue, DuckDBValue } from '@duckdb/node-api';
import type { NewFile } from '../../delta/commit.ts';
import { schemaFromColumns } from '../../delta/schema.ts';
import { type CopyStatistics, statisticsText } from '../../delta/statistics.ts';
import type { Storage } from '../../storage/storage.ts';
import type { TableDefinition } from '../table.ts';
import type { ExpectedRows } from '../writer.ts';
import { withQueries } from './relations.ts';
import { shareTasks } from './share-tasks.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier, literal } from './sql-text.ts';
import { duckdbType } from './table-view.ts';

/** Target size of the files of an unpartitioned table, in bytes. */
const TARGET_FILE_BYTES = 256 * 1024 * 1024;

/**
 * No dictionary is tried for columns with more distinct values per row group. Ids have far more,
 * and building and discarding a dictionary takes a third of the write. Files become no larger.
 */
const DICTIONARY_VALUES = 5000;

/**
 * Fewer rows are written by one thread, with small dictionaries and fast compression. Idle threads, and memory
 * for a dictionary and a compressor in every column of every file, would cost more than the rows.
 */
const FEW_ROWS = 50_000;
const ROWS_PER_DICTIONARY_VALUE = 10;

export interface WrittenFiles {
  files: NewFile[];
  rowCount: number;
}

interface ExpectedWrite extends ExpectedRows {
  /**
   * Whether each query rewrites about one row group. Other threads cannot share that work, and starting them for
   * every file takes a third of the CPU time.
   */
  areSmallRewrites?: boolean;
}

/**
 * Every returned file is complete, durable and in the table's folder. The rows of each query are in
 * files of their own. In a table with one partition
 * column, each of `largePartitions` is written by its own statement, because sorting rows into
 * partitions takes half as long again as writing them.
 */
export async function writeFiles(
  connection: SqlConnection,
  storage: Storage,
  table: TableDefinition,
  selects: readonly string[],
  {
    largePartitions = new Set(),
    rowCountAtMost = Number.POSITIVE_INFINITY,
    areSmallRewrites = false,
  }: ExpectedWrite = {},
): Promise<WrittenFiles> {
  const areFew = rowCountAtMost <= FEW_ROWS;
  const format: FileFormat = {
    compression: areFew ? 'snappy' : 'zstd',
    dictionaryValues: Math.ceil(
      Math.min(DICTIONARY_VALUES, rowCountAtMost / ROWS_PER_DICTIONARY_VALUE),
    ),
  };
  const parts = selects.flatMap((select) => partsOf(table, select, largePartitions));
  const work = await storage.workFolder('write');
  try {
    const folder = `${work.path}/files`;
    await mkdir(folder, { recursive: true });
    const copies = parts.map((part) => copyStatement(connection, folder, part, format));
    const results = areSmallRewrites
      ? await connection.rowsOfSmall(copies)
      : await runInOrder(connection, copies, areFew);
    const filled = parts.flatMap((part, index) => copiedFiles(part, results[index] ?? []));
    // In parallel: several files are uploaded to a remote lake at a time.
    const files = await Promise.all(
      filled.map(({ path, count, sizeBytes, statistics, partitions }) =>
        adoptFile(storage, table, folder, path, {
          sizeBytes,
          stats: statisticsText(schemaFromColumns(table.columns), {
            count: BigInt(count),
            columns: statistics,
          }),
          partitionValues: partitionValues(table, partitions),
        }),
      ),
    );
    const rowCount = filled.reduce((sum, { count }) => sum + count, 0);
    return { files, rowCount };
  } finally {
    await work.release();
  }
}

interface FileFormat {
  compression: 'snappy' | 'zstd';
  dictionaryValues: number;
}

/** Rows written by one statement. */
interface Part {
  select: string;
  /** Relative to the folder of all files; empty: that folder itself. */
  subfolder: string;
  /** COPY options that determine how rows are distributed to files. */
  layout: string;
  /** The partition of all rows, by column. */
  partition: ReadonlyMap<string, string>;
}

function partsOf(
  table: TableDefinition,
  select: string,
  largePartitions: ReadonlySet<string>,
): Part[] {
  const [column, ...others] = table.partitionBy;
  const columns = table.columns.map(
    (c) => `CAST(${identifier(c.name)} AS ${duckdbType(c.type)}) AS ${identifier(c.name)}`,
  );
  const all = `SELECT ${columns.join(', ')} FROM (${select})`;
  const oneByOne = `FILE_SIZE_BYTES ${TARGET_FILE_BYTES}`;
  if (column === undefined) {
    return [{ select: all, subfolder: '', layout: oneByOne, partition: new Map() }];
  }
  // Only for dates does the folder name follow from the value.
  const isDate = table.columns.some(({ name, type }) => name === column && type === 'date');
  const large = others.length === 0 && isDate ? [...largePartitions] : [];
  const name = identifier(column);
  const inLarge = `${name} IN (${large.map((value) => `DATE ${literal(value)}`).join(', ')})`;
  const parts = large.map((value) => ({
    select: `SELECT * EXCLUDE (${name}) FROM (${all}) WHERE ${name} = DATE ${literal(value)}`,
    subfolder: `/${column}=${value}`,
    layout: oneByOne,
    partition: new Map([[column, value]]),
  }));
  const rest = {
    select: large.length === 0 ? all : `SELECT * FROM (${all}) WHERE ${inLarge} IS NOT TRUE`,
    subfolder: '',
    layout: `PARTITION_BY (${table.partitionBy.map(identifier).join(', ')})`,
    partition: new Map<string, string>(),
  };
  return [...parts, rest];
}

interface CopiedFile {
  path: string;
  count: number;
  sizeBytes: number;
  statistics: CopyStatistics['columns'];
  /** Partition values by column, as DuckDB returns them. */
  partitions: ReadonlyMap<string, unknown>;
}

/** Writes the rows of a query, and returns a row about each file. */
function copyStatement(
  connection: SqlConnection,
  folder: string,
  { select, subfolder, layout }: Part,
  { compression, dictionaryValues }: FileFormat,
): string {
  const level = compression === 'zstd' ? 'COMPRESSION_LEVEL 1,' : '';
  return `COPY (${withQueries(connection, select)}) TO ${literal(`${folder}${subfolder}`)}
     (FORMAT parquet, COMPRESSION ${compression}, ${level}
      DICTIONARY_SIZE_LIMIT ${Math.max(1, dictionaryValues)}, APPEND, ${layout},
      FILENAME_PATTERN 'part-{uuidv7}.c000.${compression}', RETURN_STATS)`;
}

async function runInOrder(
  connection: SqlConnection,
  statements: readonly string[],
  onOneThread: boolean,
): Promise<DuckDBValue[][][]> {
  const run = () => shareTasks([connection], statements, (on, sql) => on.rows(sql));
  return onOneThread ? await connection.withOneThread(run) : await run();
}

/** Files without rows are skipped. */
function copiedFiles({ partition }: Part, written: readonly DuckDBValue[][]): CopiedFile[] {
  return written
    .filter(([, count]) => Number(count) > 0)
    .map(([path, count, sizeBytes, , statistics, partitions]) => ({
      path: String(path),
      count: Number(count),
      sizeBytes: Number(sizeBytes),
      statistics: copyStatistics(statistics as DuckDBMapValue | null),
      partitions: partition.size > 0 ? partition : mapOf(partitions as DuckDBMapValue | null),
    }));
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
    path = path.replace(/part-[^/.]*(?=[^/]*$)/, `part-${randomUUID()}`);
    await storage.adopt(localPath, `${table.root}/${path}`, file);
  }
  return { ...file, path, modificationTimeMs: Date.now() };
}

function mapOf(map: DuckDBMapValue | null): Map<string, unknown> {
  return new Map(map?.entries.map(({ key, value }) => [String(key), value]) ?? []);
}

function partitionValues(
  table: TableDefinition,
  values: ReadonlyMap<string, unknown>,
): Record<string, string | null> {
  return Object.fromEntries(
    table.partitionBy.map((name) => {
      const value = values.get(name);
      return [name, value === null || value === undefined || value === '' ? null : String(value)];
    }),
  );
}

/** Converts DuckDB's MAP of MAPs. */
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
