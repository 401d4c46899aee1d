import type { AddFile } from '../../delta/actions.ts';
import { type Change, commitChange, type NewFile } from '../../delta/commit.ts';
import type { DeltaContext } from '../../delta/context.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import type { Engine, TableDefinition, TableRows, WriteRequest, WriteResult } from '../engine.ts';
import { neededMetadata } from '../table-metadata.ts';
import * as lines from './batch-lines.ts';
import { compact } from './compact.ts';
import { createLineReaders } from './line-readers.ts';
import { dropRelation, type Session } from './session.ts';
import { identifier, literal } from './sql-text.ts';
import { type DataFile, selectRows, tableOf } from './table-view.ts';
import { writeFiles } from './write-files.ts';

export interface DuckdbEngineOptions {
  session: Session;
  delta: DeltaContext;
  /** Threads that read Bronze files. */
  threads: number;
  /** Text of models/functions/duckdb.sql. */
  functions: string;
  /** Every spelling of an event type, lower case, and the name it stands for. */
  eventTypes: ReadonlyMap<string, string>;
  /** The shop sends no checkout events. */
  skipCheckout: boolean;
  openText: lines.BatchSource['openText'];
  localPath: lines.BatchSource['localPath'];
}

/** The embedded engine: DuckDB computes and writes Parquet, our own log module commits. */
export async function openDuckdbEngine(options: DuckdbEngineOptions): Promise<Engine> {
  const { session, delta } = options;
  await session.run(options.functions);
  await session.run(namedEventType(options.eventTypes));
  await session.run(
    `CREATE OR REPLACE TEMP MACRO is_checkout_skipped() AS ${options.skipCheckout}`,
  );
  const readers = createLineReaders(options.threads);
  let batch: lines.OpenBatch | undefined;
  let batchFolder: { path: string; release(): Promise<void> } | undefined;
  const currentBatch = (): lines.OpenBatch => {
    if (batch === undefined) throw new Error('no batch is open');
    return batch;
  };

  const writeAndCommit = async (
    request: WriteRequest,
    select: string,
    change: Pick<Change, 'operation' | 'removes' | 'reads'>,
  ): Promise<WriteResult> => {
    const { files, rowCount } = await writeFiles(
      session,
      delta.storage,
      request.table,
      select,
      request.largePartitions,
    );
    return commitFiles(delta, request, files, rowCount, change);
  };

  return {
    name: 'duckdb',
    sharesLocalLakes: true,
    commitsRows: false,
    readsRemoteFiles: false,
    async showTable(table, snapshot, rows = { kind: 'all' }, name = table.name) {
      const select = await selectRows(
        delta,
        tableOf(table, snapshot),
        table.columns,
        filesOf(snapshot, rows),
      );
      await dropRelation(session, name);
      await session.run(`CREATE TEMP VIEW ${identifier(name)} AS ${select}`);
    },
    async openBatch(files, declared) {
      await batchFolder?.release();
      const folder = await delta.storage.workFolder('batch');
      batchFolder = folder;
      batch = await lines.openBatch(session, files, declared, {
        localPath: options.localPath,
        openText: options.openText,
        folder: folder.path,
        readers,
      });
    },
    stageLines: (name, model) => lines.stageLines(session, currentBatch(), name, model),
    countUnknownFields: async () => lines.countUnknownFields(currentBatch()),
    stageRawLines: (name, keys) =>
      lines.stageRawLines(session, currentBatch(), name, identifier(keys)),
    async stage(name, sql) {
      await dropRelation(session, name);
      await session.run(`CREATE TEMP TABLE ${identifier(name)} AS ${sql}`);
    },
    async defineView(name, sql) {
      await dropRelation(session, name);
      await session.run(`CREATE TEMP VIEW ${identifier(name)} AS ${sql}`);
    },
    async drop(names) {
      for (const name of names) await dropRelation(session, name);
    },
    query: (sql) => session.rows(sql),
    queryNamed: (sql, signal) => session.namedRows(sql, signal),
    queryBatches: (sql) => session.rowBatches(sql),
    append: (request) =>
      writeAndCommit(request, `SELECT * FROM ${identifier(request.from)}`, {
        operation: 'WRITE',
        removes: [],
        reads: { kind: 'nothing' },
      }),
    async merge(request) {
      const candidates = filesInTable(request.base, request.partitions ?? 'all');
      const touched = await filesWithKeys(session, delta, request, candidates);
      const place = tableOf(request.table, request.base);
      const kept = await selectRows(delta, place, request.table.columns, touched);
      const columns = request.table.columns.map((c) => identifier(c.name)).join(', ');
      const key = identifier(request.key);
      return writeAndCommit(
        request,
        `SELECT ${columns} FROM (${kept}) WHERE ${key} NOT IN (SELECT ${key} FROM ${identifier(request.keys)})
         UNION ALL SELECT ${columns} FROM ${identifier(request.from)}`,
        { operation: 'MERGE', removes: touched, reads: { kind: 'all' } },
      );
    },
    replace: (request) =>
      writeAndCommit(request, `SELECT * FROM ${identifier(request.from)}`, {
        operation: 'WRITE',
        removes: filesInTable(request.base, request.partitions),
        reads: { kind: 'all' },
      }),
    async addToDraft(draft, from, largePartitions) {
      const select = `SELECT * FROM ${identifier(from)}`;
      const { files, rowCount } = await writeFiles(
        session,
        delta.storage,
        draft.table,
        select,
        largePartitions,
      );
      draft.files.push(...files);
      draft.rowCount += rowCount;
    },
    async showDraft(draft, partitions, name) {
      const files = filesIn(draft.files, draft.table.partitionBy, partitions ?? 'all');
      const select = await selectRows(delta, draft.table, draft.table.columns, files);
      await dropRelation(session, name);
      await session.run(`CREATE TEMP VIEW ${identifier(name)} AS ${select}`);
    },
    publishDraft: (draft, request) =>
      commitFiles(delta, { ...request, table: draft.table }, draft.files, draft.rowCount, {
        operation: 'WRITE',
        removes: [...(request.base?.files ?? [])],
        reads: { kind: 'all' },
      }),
    compact: (request) => compact(session, delta, request),
    registerTables: async () => [],
    async close() {
      await readers.close();
      await batchFolder?.release();
      session.close();
    },
  };
}

/** No table to join with: columns that come out of a join are copied once more when they are staged. */
function namedEventType(names: ReadonlyMap<string, string>): string {
  const cases = [...names].map(
    ([spelling, name]) => `WHEN ${literal(spelling)} THEN ${literal(name)}`,
  );
  return `CREATE OR REPLACE TEMP MACRO named_event_type(v) AS CASE v ${cases.join(' ')} END`;
}

async function commitFiles(
  delta: DeltaContext,
  request: Omit<WriteRequest, 'from'>,
  adds: readonly NewFile[],
  rowsWritten: number,
  change: Pick<Change, 'operation' | 'removes' | 'reads'>,
): Promise<WriteResult> {
  const metadata = neededMetadata(request.table, request.base);
  const result = await commitChange(delta, request.table.root, request.base, {
    ...change,
    ...(metadata === undefined ? {} : { metadata }),
    adds,
    ...(request.txn === undefined ? {} : { txn: request.txn }),
    operationMetrics: { numOutputRows: String(rowsWritten), ...request.metrics },
  });
  if (result.kind === 'committed') return { ...result, rowsWritten };
  return result.kind === 'superseded'
    ? { kind: 'superseded' }
    : { kind: 'conflict', reason: result.reason };
}

function filesOf(snapshot: Snapshot | undefined, rows: TableRows): readonly AddFile[] {
  if (rows.kind === 'files') return rows.files;
  return filesInTable(snapshot, rows.kind === 'partitions' ? rows.values : 'all');
}

function filesInTable(
  snapshot: Snapshot | undefined,
  partitions: ReadonlySet<string> | 'all',
): AddFile[] {
  return filesIn(snapshot?.files ?? [], snapshot?.metadata.partitionColumns ?? [], partitions);
}

/** The files that may hold rows of the given partitions. */
function filesIn<File extends DataFile>(
  files: readonly File[],
  partitionBy: readonly string[],
  partitions: ReadonlySet<string> | 'all',
): File[] {
  const column = partitionBy[0];
  if (partitions === 'all' || column === undefined) return [...files];
  return files.filter((file) => {
    const value = file.partitionValues[column];
    return value == null || partitions.has(value);
  });
}

/** Which of the files hold a row with one of the keys. */
async function filesWithKeys(
  session: Session,
  delta: DeltaContext,
  request: { table: TableDefinition; base: Snapshot | undefined; key: string; keys: string },
  candidates: readonly AddFile[],
): Promise<AddFile[]> {
  const { base, table, key } = request;
  if (base === undefined || candidates.length === 0) return [];
  const column = table.columns.filter((c) => c.name === key);
  const rows = await selectRows(delta, tableOf(table, base), column, candidates, 'local_file');
  const found = await session.rows(
    `SELECT DISTINCT local_file FROM (${rows}) WHERE ${identifier(key)} IN (SELECT ${identifier(key)} FROM ${identifier(request.keys)})`,
  );
  const paths = new Set(found.map(([path]) => String(path)));
  const touched: AddFile[] = [];
  for (const file of candidates) {
    const path = await delta.storage.localPath(`${base.root}/${file.path}`, file);
    if (paths.has(path)) touched.push(file);
  }
  return touched;
}
