/**
 * Writes Delta tables. Every write is one Delta commit that carries a `txn` action, so that a repeated
 * write is recognised. Nothing a call writes is visible before its commit; a failed or killed call
 * leaves files that no table version names, for `maintain` to remove.
 */
import type { Snapshot } from '../delta/snapshot.ts';
import type { TableDefinition } from './table.ts';

export interface TransactionMark {
  appId: string;
  /** Version after this write. */
  version: number;
  /** Version the table must have before it; undefined: none yet. */
  expectedVersion: number | undefined;
}

/** What is known of rows before they are written. */
export interface ExpectedRows {
  /**
   * Partitions that get so many rows that an engine may do better to run the query once for each, and
   * once for the others, than to sort all rows into partitions.
   */
  largePartitions?: ReadonlySet<string>;
  /** There are no more than this; undefined: not known. An engine may write few rows in another way. */
  rowCountAtMost?: number;
}

export interface WriteRequest extends ExpectedRows {
  table: TableDefinition;
  /** State the written rows were computed from; undefined: the table does not exist yet. */
  base: Snapshot | undefined;
  /** Name of a staged result or view; its columns are the table's, in any order. */
  from: string;
  /** Undefined: nothing tells the write from its repetition, which must do no harm. */
  txn?: TransactionMark;
  /** Counts to keep in the commit, for people who read the history. */
  metrics?: Readonly<Record<string, string>>;
}

export interface MergeRequest extends WriteRequest {
  key: string;
  keys: string;
  /** Of a partitioned table: those that have all rows with the keys. */
  partitions?: ReadonlySet<string>;
}

export type WriteResult =
  | { kind: 'committed'; snapshot: Snapshot; rowsWritten: number }
  /** The table has this transaction, or a later one, already. Nothing was written. */
  | { kind: 'superseded' }
  /** Somebody else changed what the rows were computed from. Nothing was written; plan again. */
  | { kind: 'conflict'; reason: string };

/** Rows whose column, a date, has one of the values. The column may be the table's partition column. */
export interface RowsOfDates {
  column: string;
  dates: ReadonlySet<string>;
}

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
  /** Rows are committed by a Delta writer of its own, which obeys table features that ours does not. */
  readonly commitsRows: boolean;

  /** Adds rows. Creates the table when it is missing; adds nullable columns the table lacks. */
  append(request: WriteRequest): Promise<WriteResult>;

  /** Replaces every row whose key column has a value in `keys` (one column) by the rows of `from`. */
  merge(request: MergeRequest): Promise<WriteResult>;

  /**
   * Says which merges follow, when all their rows and keys are there. An engine may compute at once what
   * they need besides. A merge that was not announced is done all the same.
   */
  prepareMerges?(requests: readonly MergeRequest[]): Promise<void>;

  /** Replaces the rows of the given dates, or of the whole table, by the rows of `from`. */
  replace(request: WriteRequest & { rows: 'all' | RowsOfDates }): Promise<WriteResult>;

  /** Begins to rebuild a table beside the old one. Nothing is written yet. */
  beginDraft(table: TableDefinition): Draft;

  /**
   * Puts the rows of small files of one partition together into larger ones, without changing any.
   * Somebody else's concurrent change of the same files wins; nothing is lost then. With `dryRun` it
   * says what it would do.
   */
  compact(request: CompactRequest): Promise<CompactResult>;

  /**
   * Names tables that exist in the catalog that was chosen for it, at their place; returns the names,
   * none where no catalog was chosen. A name that is there for another place is refused.
   */
  registerTables(tables: readonly TableDefinition[]): Promise<string[]>;
}

/** A table that is rebuilt beside the old one. Nobody sees its rows before it is published. */
export interface Draft {
  readonly table: TableDefinition;

  add(from: string, expected?: ExpectedRows): Promise<void>;

  /** Shows the rows, or those of some partitions, under a name. */
  show(partitions: ReadonlySet<string> | undefined, name: string): Promise<void>;

  /**
   * Replaces the whole table by the draft, in one commit. A conflict when rows were added since
   * `base`. The transaction is left out when the table's is to stay as it is. `properties` are added to
   * the table's.
   */
  publish(
    request: Omit<WriteRequest, 'from' | 'table'>,
    properties?: Readonly<Record<string, string>>,
  ): Promise<WriteResult>;
}
