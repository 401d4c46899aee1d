/**
 * Writes of Spark's own Delta Lake, each exactly once.
 *
 * Three things make it so. The transaction (`txnAppId`, `txnVersion`) makes Spark skip what the table
 * has already, and makes it notice another writer of the same application that commits while it
 * works. The rows were computed from `base`, which is older than what Spark finds when it begins: a
 * guard inside the statement, answered from the very version that Spark's transaction builds on,
 * compares the table's rows or files with those of `base` and ends the statement when they differ.
 * What took place is then read from the log, where a mark of its own tells our commit.
 */
import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Change, commitChange } from '../../delta/commit.ts';
import type { DeltaContext } from '../../delta/context.ts';
import { loadSnapshot, type Snapshot } from '../../delta/snapshot.ts';
import { parseStatistics } from '../../delta/statistics.ts';
import { writeVersionChecksum } from '../../delta/version-checksum.ts';
import { ClicklakeError } from '../../errors.ts';
import type { TableDefinition } from '../table.ts';
import type { TransactionMark, WriteResult } from '../writer.ts';
import { isSparkError } from './explain-error.ts';
import { prepareTable } from './prepare-table.ts';
import {
  requireWriteSettings,
  setWriteSettings,
  TXN_APP_ID,
  TXN_VERSION,
  USER_METADATA,
} from './session-settings.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier, literal, sparkType } from './sql-text.ts';
import { deltaTable } from './table-view.ts';
import { findWrittenCommit } from './written-commit.ts';

export interface SparkTables {
  connection: SqlConnection;
  delta: DeltaContext;
  /** The lake's address as Spark knows it. */
  lake: string;
}

export interface TableWrite {
  table: TableDefinition;
  base: Snapshot | undefined;
  txn?: TransactionMark;
  metrics?: Readonly<Record<string, string>>;
  /** The rows replace all there are. */
  isWhole: boolean;
  /** Known to add no row and to take none away: only the transaction is committed. */
  changesNothing?: boolean;
  /** What of `base` must still be so when Spark begins. */
  guard: 'rows' | 'files';
  statement(parts: StatementParts): string;
}

export interface StatementParts {
  /** The table by its path. */
  target: string;
  base: Snapshot;
  /** Names of every column of the table, in its order. */
  columns: readonly string[];
  /** The same as a SELECT list with the table's types; null for columns the rows lack. */
  selected: string;
  /** A condition that is true, or ends the statement. */
  guard: string;
}

const GUARD_MESSAGE = 'clicklake: the table is not as it was';

export async function writeTable(
  { connection, delta, lake }: SparkTables,
  write: TableWrite,
): Promise<WriteResult> {
  const { table, txn } = write;
  await requireWriteSettings(connection.driver);
  const prepared = await prepareTable(delta, table, write.base, txn, write.isWhole);
  if (prepared.kind === 'conflict') {
    return prepared;
  }
  const { base, finalMetadata } = prepared;
  if (write.changesNothing) {
    const result = await commitTransaction(delta, write, base);
    if (result.kind === 'committed') {
      await finish(delta, table.root, finalMetadata);
    }
    return result;
  }
  await writeVersionChecksum(delta, base);
  const writeId = randomUUID();
  const settings = writeSettings(writeId, txn, write.metrics);
  const target = deltaTable(lake, table.root);
  const sql = write.statement({
    target,
    base,
    columns: base.metadata.schema.fields.map(({ name }) => name),
    selected: selectedColumns(table, base),
    guard: guardCondition(target, base, write.guard),
  });
  await setWriteSettings(connection.driver, settings);
  try {
    // The commit point is inside: Spark commits, or nothing happens.
    await connection.write(sql);
  } catch (error) {
    const reason = conflictReason(error);
    if (reason === undefined) {
      throw error;
    }
    return { kind: 'conflict', reason };
  }
  const written = await findWrittenCommit(delta, table.root, base.version, writeId);
  if (written === undefined) {
    const result = await explainMissing(delta, write, base);
    // No rows in place of none are complete too: Spark commits nothing for them.
    if (result.kind === 'committed') {
      await finish(delta, table.root, finalMetadata);
    }
    return result;
  }
  const version = written.commit.version;
  const finished = await finish(delta, table.root, finalMetadata);
  const snapshot =
    finished?.version === version + 1
      ? finished
      : await loadSnapshot(delta, table.root, { version });
  if (snapshot === undefined) {
    throw tableGone(delta, table.root);
  }
  return { kind: 'committed', snapshot, rowsWritten: written.rowsWritten };
}

function writeSettings(
  writeId: string,
  txn: TransactionMark | undefined,
  metrics: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  return {
    ...(txn === undefined
      ? {}
      : {
          [TXN_APP_ID]: txn.appId,
          [TXN_VERSION]: String(txn.version),
        }),
    [USER_METADATA]: JSON.stringify({ writeId, ...metrics }),
  };
}

function selectedColumns(table: TableDefinition, base: Snapshot): string {
  const given = new Set(table.columns.map(({ name }) => name));
  return base.metadata.schema.fields
    .map(({ name, type }) => {
      const value = given.has(name) ? identifier(name) : 'NULL';
      return `CAST(${value} AS ${sparkType(String(type))}) AS ${identifier(name)}`;
    })
    .join(', ');
}

/** Asked of the target without a version, so that the transaction's own version answers. */
function guardCondition(target: string, base: Snapshot, kind: TableWrite['guard']): string {
  const otherwise = `raise_error(${literal(GUARD_MESSAGE)})`;
  const counts = base.files.map(
    ({ stats, deletionVector }) =>
      (parseStatistics(stats, base.metadata.schema)?.rowCount ?? Number.NaN) -
      (deletionVector?.cardinality ?? 0),
  );
  const rowCount = counts.reduce((sum, count) => sum + count, 0);
  if (kind === 'rows' && !Number.isNaN(rowCount)) {
    return `(SELECT CASE WHEN n = ${rowCount} THEN true ELSE ${otherwise} END FROM (SELECT count(*) AS n FROM ${target}))`;
  }
  const names = base.files
    .filter((_, index) => counts[index] !== 0)
    .map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
  const sum = names.reduce((total, name) => total + crc32(name), 0);
  return `(SELECT CASE WHEN n = ${names.length} AND h = ${sum} THEN true ELSE ${otherwise} END FROM (
    SELECT count(*) AS n, COALESCE(sum(crc32(CAST(name AS BINARY))), 0) AS h
    FROM (SELECT DISTINCT name FROM (SELECT _metadata.file_name AS name FROM ${target}))))`;
}

/** Undefined for a failure that is not another writer's doing. */
function conflictReason(error: unknown): string | undefined {
  if (isSparkError(error, /^DELTA_(?:CONCURRENT_|METADATA_CHANGED|PROTOCOL_CHANGED)/)) {
    return error.message;
  }
  return isSparkError(error, /^USER_RAISED_EXCEPTION$/) && error.message.includes(GUARD_MESSAGE)
    ? 'somebody else has written to the table'
    : undefined;
}

/** No commit of ours: the table has the transaction already, or there was nothing to commit. */
async function explainMissing(
  delta: DeltaContext,
  write: TableWrite,
  base: Snapshot,
): Promise<WriteResult> {
  const { table, txn } = write;
  const newest = await loadSnapshot(delta, table.root);
  if (newest === undefined) {
    throw tableGone(delta, table.root);
  }
  if (txn === undefined) {
    return { kind: 'committed', snapshot: newest, rowsWritten: 0 };
  }
  const found = newest.txns.get(txn.appId);
  if (found !== undefined && found >= txn.version) {
    return { kind: 'superseded' };
  }
  return await commitTransaction(delta, write, base);
}

/** A commit without rows, as the other engine makes it. */
async function commitTransaction(
  delta: DeltaContext,
  { table, txn, isWhole, guard, metrics }: TableWrite,
  base: Snapshot,
): Promise<WriteResult> {
  if (txn === undefined) {
    return { kind: 'committed', snapshot: base, rowsWritten: 0 };
  }
  const result = await commitChange(delta, table.root, base, {
    operation: 'WRITE',
    adds: [],
    removes: [],
    txn,
    operationMetrics: { numOutputRows: '0', ...metrics },
    reads: { kind: isWhole || guard === 'files' ? 'all' : 'nothing' },
  });
  if (result.kind === 'committed') {
    return { ...result, rowsWritten: 0 };
  }
  return result.kind === 'superseded'
    ? { kind: 'superseded' }
    : { kind: 'conflict', reason: result.reason };
}

/** Returns the table after the commit, if one was needed and took place. */
async function finish(
  delta: DeltaContext,
  root: string,
  metadata: Change['metadata'],
): Promise<Snapshot | undefined> {
  if (metadata === undefined) {
    return undefined;
  }
  const current = await loadSnapshot(delta, root);
  const result = await commitChange(delta, root, current, {
    operation: 'SET TBLPROPERTIES',
    metadata,
    adds: [],
    removes: [],
    reads: { kind: 'nothing' },
  });
  return result.kind === 'committed' ? result.snapshot : undefined;
}

function tableGone(delta: DeltaContext, root: string): ClicklakeError {
  return new ClicklakeError(
    'table_corrupt',
    `${delta.storage.url}/${root} disappeared while it was written`,
  );
}
