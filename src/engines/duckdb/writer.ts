/** The writer on DuckDB: it writes Parquet files, and our own log module commits them. */
import type { AddFile } from '../../delta/actions.ts';
import { type Change, commitChange, type NewFile } from '../../delta/commit.ts';
import type { DeltaContext } from '../../delta/context.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import { filesIn, filesInTable, type RowsOfDates, type TableDefinition } from '../table.ts';
import { neededMetadata, withProperties } from '../table-metadata.ts';
import type { Draft, TableWriter, WriteRequest, WriteResult } from '../writer.ts';
import { compact } from './compact.ts';
import { selectByDates, withSmallNeighbor } from './date-ranges.ts';
import { createTable, dropRelation, nameQuery } from './relations.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier, listLiteral, literal } from './sql-text.ts';
import { bytesOf, isOnDates, selectRows, tableOf } from './table-view.ts';
import { writeFiles } from './write-files.ts';

type FileChange = Pick<Change, 'operation' | 'removes' | 'reads'>;

/** Rows that a write keeps: those of the removed files that meet a condition. */
interface KeptRows {
  removes: readonly AddFile[];
  /** SQL; undefined: no row is kept. */
  condition: string | undefined;
}

const NO_KEPT_ROWS: KeptRows = { removes: [], condition: undefined };

/** Old files up to this size hold about one row group. */
const SMALL_FILE_BYTES = 4 * 1024 * 1024;

export function openWriter(connection: SqlConnection, delta: DeltaContext): TableWriter {
  const write = async (
    request: WriteRequest,
    kept: KeptRows,
    change: Pick<Change, 'operation' | 'reads'>,
  ): Promise<WriteResult> => {
    const selects = await selectWritten(connection, delta, request, kept);
    // The row count of the request does not include the rows that are kept.
    const { rowCountAtMost, ...uncounted } = request;
    const expected = kept.condition === undefined ? request : uncounted;
    const { files, rowCount } = await writeFiles(
      connection,
      delta.storage,
      request.table,
      selects,
      { ...expected, areSmallRewrites: areSmallRewrites(selects, kept) },
    );
    return commitFiles(delta, request, files, rowCount, { ...change, removes: kept.removes });
  };
  return {
    commitsRows: false,
    append: (request) =>
      write(request, NO_KEPT_ROWS, { operation: 'WRITE', reads: { kind: 'nothing' } }),
    async merge(request) {
      const { table, base, on } = request;
      const candidates = filesInTable(base, on ?? 'all');
      const touched = await findKeys(connection, delta, request, candidates);
      const removes = withSmallNeighbor(touched, table, base, on);
      await connection.expectBytes(bytesOf(removes));
      const key = identifier(request.key);
      // A row without a key stays.
      const condition = `(${key} IN (SELECT ${key} FROM ${FOUND_KEYS})) IS NOT TRUE`;
      const change = { operation: 'MERGE', reads: { kind: 'all' } } as const;
      const result = await write(request, { removes, condition }, change);
      await dropRelation(connection, FOUND_KEYS);
      return result;
    },
    async replace(request) {
      const kept = keptRows(request);
      await connection.expectBytes(kept.condition === undefined ? 0 : bytesOf(kept.removes));
      return await write(request, kept, { operation: 'WRITE', reads: { kind: 'all' } });
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
      const request = { table, base: undefined, from, ...expected };
      const selects = await selectWritten(connection, delta, request, NO_KEPT_ROWS);
      const { files, rowCount } = await writeFiles(
        connection,
        delta.storage,
        table,
        selects,
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

/** Queries for the rows to write: new ones and those that are kept. The rows of each get files of their own. */
async function selectWritten(
  connection: SqlConnection,
  delta: DeltaContext,
  { table, base, from, rowCountAtMost }: WriteRequest,
  { removes, condition }: KeptRows,
): Promise<string[]> {
  const old = condition === undefined ? [] : removes;
  const { filesBy } = table;
  if (filesBy !== undefined) {
    const rows = { table: { ...table, filesBy }, base, from, old, condition, rowCountAtMost };
    return await selectByDates(connection, delta, rows);
  }
  const added = `SELECT * FROM ${identifier(from)}`;
  if (old.length === 0) {
    return [added];
  }
  const read = await selectRows(delta, tableOf(table, base), table.columns, old);
  return [`SELECT * FROM (${read}) WHERE ${condition} UNION ALL BY NAME ${added}`];
}

/** See `writeFiles`. */
function areSmallRewrites(selects: readonly string[], { removes, condition }: KeptRows): boolean {
  return (
    selects.length > 1 &&
    condition !== undefined &&
    removes.every(({ sizeBytes }) => sizeBytes <= SMALL_FILE_BYTES)
  );
}

/** What a replacement removes and keeps. */
function keptRows({
  table,
  base,
  rows,
}: {
  table: TableDefinition;
  base: Snapshot | undefined;
  rows: 'all' | RowsOfDates;
}): KeptRows {
  if (base === undefined || rows === 'all') {
    return { removes: base?.files ?? [], condition: undefined };
  }
  const found = filesInTable(base, rows);
  if (base.metadata.partitionColumns[0] === rows.column) {
    return { removes: found, condition: undefined };
  }
  const removes = withSmallNeighbor(found, table, base, rows);
  return { removes, condition: `${isOnDates(rows)} IS NOT TRUE` };
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

/** The keys that `findKeys` has found. Most keys of a merge are new, and every file is compared with these. */
const FOUND_KEYS = 'found_keys';

/** The files that have a row with one of the keys. Stores these keys as a table. */
async function findKeys(
  connection: SqlConnection,
  delta: DeltaContext,
  request: { table: TableDefinition; base: Snapshot | undefined; key: string; keys: string },
  candidates: readonly AddFile[],
): Promise<AddFile[]> {
  const { base, table, keys } = request;
  const key = identifier(request.key);
  const column = table.columns.filter(({ name }) => name === request.key);
  const rows = await selectRows(delta, tableOf(table, base), column, candidates, 'local_file');
  const isReplaced = `${key} IN (SELECT ${key} FROM ${identifier(keys)})`;
  // A hash takes less memory than a path. If two files had the same, one would be rewritten for nothing.
  const select = `SELECT ${key}, hash(local_file) AS file FROM (${rows}) WHERE ${isReplaced}`;
  await createTable(connection, FOUND_KEYS, { select });
  const paths = await Promise.all(
    candidates.map((file) => delta.storage.localPath(`${table.root}/${file.path}`, file)),
  );
  const all = `SELECT unnest(${listLiteral(paths.map(literal))}::VARCHAR[]) AS path`;
  const isTouched = `hash(path) IN (SELECT file FROM ${FOUND_KEYS})`;
  const touched = await connection.rows(`SELECT path FROM (${all}) WHERE ${isTouched}`);
  const touchedPaths = new Set(touched.map(([path]) => String(path)));
  return candidates.filter((_, index) => touchedPaths.has(String(paths[index])));
}
