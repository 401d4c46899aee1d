/** The writer on DuckDB: it writes Parquet files, and our own log module commits them. */
import type { AddFile } from '../../delta/actions.ts';
import { type Change, commitChange, type NewFile } from '../../delta/commit.ts';
import type { DeltaContext } from '../../delta/context.ts';
import { fileMayContain } from '../../delta/pruning.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import { parseStatistics } from '../../delta/statistics.ts';
import { filesIn, filesInTable, type TableDefinition } from '../table.ts';
import { neededMetadata, withProperties } from '../table-metadata.ts';
import type { Draft, RowsOfDates, TableWriter, WriteRequest, WriteResult } from '../writer.ts';
import { compact } from './compact.ts';
import { nameQuery, withQueries } from './relations.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier, literal } from './sql-text.ts';
import { bytesOf, selectRows, tableOf } from './table-view.ts';
import { writeFiles } from './write-files.ts';

type FileChange = Pick<Change, 'operation' | 'removes' | 'reads'>;

export function openWriter(connection: SqlConnection, delta: DeltaContext): TableWriter {
  const write = async (
    request: WriteRequest,
    select: string,
    change: FileChange,
  ): Promise<WriteResult> => {
    const { files, rowCount } = await writeFiles(
      connection,
      delta.storage,
      request.table,
      select,
      request,
    );
    return commitFiles(delta, request, files, rowCount, change);
  };
  return {
    commitsRows: false,
    append: (request) =>
      write(request, selectAll(request.from), {
        operation: 'WRITE',
        removes: [],
        reads: { kind: 'nothing' },
      }),
    async merge(request) {
      const { table, base, from, keys, partitions } = request;
      const candidates = filesInTable(base, partitions ?? 'all');
      const touched = await filesWithKeys(connection, delta, request, candidates);
      await connection.expectBytes(bytesOf(touched));
      const kept = await selectRows(delta, tableOf(table, base), table.columns, touched);
      const columns = table.columns.map((c) => identifier(c.name)).join(', ');
      const key = identifier(request.key);
      return write(
        { ...request, largePartitions: largePartitions(base, touched) },
        `SELECT ${columns} FROM (${kept}) WHERE ${key} NOT IN (SELECT ${key} FROM ${identifier(keys)} WHERE ${key} IS NOT NULL)
         UNION ALL SELECT ${columns} FROM ${identifier(from)}`,
        { operation: 'MERGE', removes: touched, reads: { kind: 'all' } },
      );
    },
    async replace(request) {
      const { removes, kept } = await splitRows(delta, request);
      await connection.expectBytes(kept.length === 0 ? 0 : bytesOf(removes));
      const select = [...kept, selectAll(request.from)].join(' UNION ALL BY NAME ');
      // The row count of the request does not include the rows that are kept.
      const { rowCountAtMost, ...uncounted } = request;
      return await write(kept.length === 0 ? request : uncounted, select, {
        operation: 'WRITE',
        removes,
        reads: { kind: 'all' },
      });
    },
    beginDraft: (table) => beginDraft(connection, delta, table),
    compact: (request) => compact(connection, delta, request),
    registerTables: async () => [],
  };
}

function beginDraft(connection: SqlConnection, delta: DeltaContext, table: TableDefinition): Draft {
  /** Complete files that are not committed yet. */
  const written: NewFile[] = [];
  let rowsWritten = 0;
  return {
    table,
    async add(from, expected) {
      const { files, rowCount } = await writeFiles(
        connection,
        delta.storage,
        table,
        selectAll(from),
        expected,
      );
      written.push(...files);
      rowsWritten += rowCount;
    },
    async show(partitions, name) {
      const files = filesIn(written, table.partitionBy, partitions ?? 'all');
      await nameQuery(connection, name, await selectRows(delta, table, table.columns, files));
    },
    publish: (request, properties = {}) =>
      commitFiles(
        delta,
        { ...request, table: withProperties(table, properties) },
        written,
        rowsWritten,
        {
          operation: 'WRITE',
          removes: [...(request.base?.files ?? [])],
          reads: { kind: 'all' },
        },
      ),
  };
}

function selectAll(from: string): string {
  return `SELECT * FROM ${identifier(from)}`;
}

/** The files to remove, and a query for those of their rows that are kept. */
async function splitRows(
  delta: DeltaContext,
  {
    table,
    base,
    rows,
  }: { table: TableDefinition; base: Snapshot | undefined; rows: 'all' | RowsOfDates },
): Promise<{ removes: readonly AddFile[]; kept: string[] }> {
  if (base === undefined || rows === 'all') {
    return { removes: base?.files ?? [], kept: [] };
  }
  const { column, dates } = rows;
  if (base.metadata.partitionColumns[0] === column) {
    return { removes: filesInTable(base, dates), kept: [] };
  }
  const removes = filesOnDates(base, rows);
  const read = await selectRows(delta, tableOf(table, base), table.columns, removes);
  const values = [...dates].map((date) => `DATE ${literal(date)}`).join(', ');
  return {
    removes,
    kept:
      removes.length === 0
        ? []
        : [`SELECT * FROM (${read}) WHERE (${identifier(column)} IN (${values})) IS NOT TRUE`],
  };
}

/** The files with rows between the first and last of the dates. In an increment these are few. */
function filesOnDates({ files, metadata }: Snapshot, { column, dates }: RowsOfDates): AddFile[] {
  const sorted = [...dates].sort();
  const [from, to] = [sorted[0], sorted.at(-1)];
  if (from === undefined || to === undefined) {
    return [];
  }
  return files.filter((file) => fileMayContain(file, metadata, { column, from, to }));
}

async function commitFiles(
  delta: DeltaContext,
  request: Omit<WriteRequest, 'from'>,
  adds: readonly NewFile[],
  rowsWritten: number,
  change: FileChange,
): Promise<WriteResult> {
  const metadata = neededMetadata(request.table, request.base);
  const result = await commitChange(delta, request.table.root, request.base, {
    ...change,
    ...(metadata === undefined ? {} : { metadata }),
    adds,
    ...(request.txn === undefined ? {} : { txn: request.txn }),
    operationMetrics: { numOutputRows: String(rowsWritten), ...request.metrics },
  });
  if (result.kind === 'committed') {
    return { ...result, rowsWritten };
  }
  return result.kind === 'superseded'
    ? { kind: 'superseded' }
    : { kind: 'conflict', reason: result.reason };
}

/** From this many rows on, a statement for each partition costs less than sorting the rows into them. */
const LARGE_PARTITION_ROWS = 20_000;

/** The partitions that have many rows in the files, by the statistics in the log. */
function largePartitions(base: Snapshot | undefined, files: readonly AddFile[]): Set<string> {
  const [column = ''] = base?.metadata.partitionColumns ?? [];
  const rows = new Map<string, number>();
  for (const { partitionValues, stats } of files) {
    const value = partitionValues[column];
    const count = base && parseStatistics(stats, base.metadata.schema)?.rowCount;
    if (value != null && count !== undefined) {
      rows.set(value, (rows.get(value) ?? 0) + count);
    }
  }
  const large = [...rows].filter(([, count]) => count >= LARGE_PARTITION_ROWS);
  return new Set(large.map(([value]) => value));
}

/** The files that have a row with one of the keys. */
async function filesWithKeys(
  connection: SqlConnection,
  delta: DeltaContext,
  request: { table: TableDefinition; base: Snapshot | undefined; key: string; keys: string },
  candidates: readonly AddFile[],
): Promise<AddFile[]> {
  const { base, table, key } = request;
  if (base === undefined || candidates.length === 0) {
    return [];
  }
  const column = table.columns.filter((c) => c.name === key);
  const rows = await selectRows(delta, tableOf(table, base), column, candidates, 'local_file');
  const select = `SELECT DISTINCT local_file FROM (${rows}) WHERE ${identifier(key)} IN (SELECT ${identifier(key)} FROM ${identifier(request.keys)})`;
  const found = await connection.rows(withQueries(connection, select));
  const paths = new Set(found.map(([path]) => String(path)));
  const touched: AddFile[] = [];
  for (const file of candidates) {
    const path = await delta.storage.localPath(`${base.root}/${file.path}`, file);
    if (paths.has(path)) {
      touched.push(file);
    }
  }
  return touched;
}
