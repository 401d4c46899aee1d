/**
 * Writes Delta tables. Every write is one commit with a `txn` action, so that a repeated write is
 * recognized. Nothing is visible before the commit. A call that fails or is killed leaves
 * uncommitted files, which `maintain` removes.
 */
import type { Snapshot } from '../delta/snapshot.ts';
import type { RowsOfDates, TableDefinition } from './table.ts';

export interface TransactionMark {
  appId: string;
  /** The application's version after this write. */
  version: number;
  /** The application's version that the table must have before; undefined: none. */
  expectedVersion: number | undefined;
}

/** What is known about rows before they are written. */
export interface ExpectedRows {
  /**
   * Partitions that get many rows. For these an engine may run the query once each, and once for
   * all others, instead of sorting all rows into partitions.
   */
  largePartitions?: ReadonlySet<string>;
  /** An upper bound; undefined: unknown. An engine may write few rows in another way. */
  rowCountAtMost?: number;
}

export interface WriteRequest extends ExpectedRows {
  table: TableDefinition;
  /** The state that the rows were computed from; undefined: the table does not exist. */
  base: Snapshot | undefined;
  /** Name of a staged result or view. Its columns are those of the table, in any order. */
  from: string;
  /** Undefined: a repeated write is not recognized, so it must be harmless. */
  txn?: TransactionMark;
  /** Counts to store in the commit, for people who read the history. */
  metrics?: Readonly<Record<string, string>>;
}

export interface MergeRequest extends WriteRequest {
  key: string;
  keys: string;
  /** If known: the dates of all rows with the keys, and of the new rows. */
  on?: RowsOfDates;
}

/** A write of any kind before it is done. */
export type PlannedWrite = WriteRequest &
  Partial<Pick<MergeRequest, 'key' | 'keys' | 'on'>> & { rows?: 'all' | RowsOfDates };

export type WriteResult =
  | { kind: 'committed'; snapshot: Snapshot; rowsWritten: number }
  /** The table already has this transaction, or a later one. Nothing was written. */
  | { kind: 'superseded' }
  /**
   * Another writer has changed what the rows were computed from. Nothing was written; plan again.
   */
  | { kind: 'conflict'; reason: string };

export interface CompactRequest {
  table: TableDefinition;
  base: Snapshot;
  targetFileBytes: number;
  dryRun: boolean;
}

export interface CompactResult {
  filesCompacted: number;
  filesWritten: number;
  commitCount: number;
}

export interface TableWriter {
  /**
   * True if the engine commits rows with its own Delta writer, which supports table features that
   * ours does not.
   */
  readonly commitsRows: boolean;

  /** Adds rows. Creates the table if it does not exist, and adds missing columns as nullable. */
  append(request: WriteRequest): Promise<WriteResult>;

  /** Replaces every row whose key is in `keys` (one column) by the rows of `from`. */
  merge(request: MergeRequest): Promise<WriteResult>;

  /**
   * Announces the writes that follow, when all that they need has a name. An engine may compute or
   * fetch it in advance. Unannounced writes work too.
   */
  prepareWrites?(writes: readonly PlannedWrite[]): Promise<void>;

  /** Replaces the rows of the given dates, or of the whole table, by the rows of `from`. */
  replace(request: WriteRequest & { rows: 'all' | RowsOfDates }): Promise<WriteResult>;

  /** Begins to rebuild a table beside the old one. Nothing is written yet. */
  beginDraft(table: TableDefinition): Draft;

  /**
   * Merges the rows of small files in the same partition, or of neighboring dates, into larger files,
   * without changing them.
   * If another writer changes the same files, its commit wins, and nothing is lost. `dryRun`: only
   * reports.
   */
  compact(request: CompactRequest): Promise<CompactResult>;

  /**
   * Registers existing tables in the configured catalog with their location. Returns their full
   * names; none if no catalog is configured. Throws if a name is registered with another location.
   */
  registerTables(tables: readonly TableDefinition[]): Promise<string[]>;
}

/** A table that is rebuilt beside the old one. Its rows are not visible before it is published. */
export interface Draft {
  readonly table: TableDefinition;

  add(from: string, expected?: ExpectedRows): Promise<void>;

  /** Shows the rows, or those of some partitions, under a name. */
  show(partitions: ReadonlySet<string> | undefined, name: string): Promise<void>;

  /**
   * Replaces the whole table by the draft in one commit. Conflict if rows were added since `base`.
   * Omit the transaction to keep that of the table. `properties` are added to those of the table.
   */
  publish(
    request: Omit<WriteRequest, 'from' | 'table'>,
    properties?: Readonly<Record<string, string>>,
  ): Promise<WriteResult>;
}
