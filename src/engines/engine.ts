/**
 * The contract between the pipeline and whatever computes: one session of one engine on one lake.
 *
 * The pipeline says which model goes where; the engine reads Bronze lines, runs the models and
 * writes tables. Every write is one Delta commit that carries a `txn` action, so that a repeated
 * write is recognised. Nothing a call writes is visible before its commit; a failed or killed call
 * leaves files that no table version names, for `maintain` to remove.
 */
import type { NewFile } from '../delta/commit.ts';
import type { DeltaColumn } from '../delta/schema.ts';
import type { AddFile, Snapshot } from '../delta/snapshot.ts';

export interface TableDefinition {
  /** One-part name used in SQL, e.g. `silver_events`. */
  name: string;
  /** Folder of the table, relative to the lake. */
  root: string;
  columns: readonly DeltaColumn[];
  partitionBy: readonly string[];
  configuration: Readonly<Record<string, string>>;
}

export interface BatchFile {
  /** Position in the order of reception, from 1. */
  fileNumber: number;
  /** Path in the lake. */
  path: string;
  /** Of the bytes as received, in hex. */
  sha256: string;
  receivedAtMicros: bigint;
  sizeBytes: number;
  /** Of the text, decompressed. */
  textBytes: number;
  lineCount: number;
  /** The text begins with a byte-order mark, which text readers drop or take for a character. */
  needsExactRead: boolean;
}

/** Which rows of a table a session-local view shows. */
export type TableRows =
  | { kind: 'all' }
  /** Only the given values of the (single) partition column, as Delta writes them. */
  | { kind: 'partitions'; values: ReadonlySet<string> }
  /**
   * Only the given files. Of a file whose rows were compacted into others since, an engine may show
   * other rows of its partition too.
   */
  | { kind: 'files'; files: readonly AddFile[] };

export interface TransactionMark {
  appId: string;
  /** Version after this write. */
  version: number;
  /** Version the table must have before it; undefined: none yet. */
  expectedVersion: number | undefined;
}

export interface WriteRequest {
  table: TableDefinition;
  /** State the written rows were computed from; undefined: the table does not exist yet. */
  base: Snapshot | undefined;
  /** Name of a staged result or view; its columns are the table's, in any order. */
  from: string;
  /** Undefined: nothing tells the write from its repetition, which must do no harm. */
  txn?: TransactionMark;
  /**
   * Partitions that get so many rows that an engine may do better to run the query once for each, and
   * once for the others, than to sort all rows into partitions.
   */
  largePartitions?: ReadonlySet<string>;
  /** Counts to keep in the commit, for people who read the history. */
  metrics?: Readonly<Record<string, string>>;
}

export type WriteResult =
  | { kind: 'committed'; snapshot: Snapshot; rowsWritten: number }
  /** The table has this transaction, or a later one, already. Nothing was written. */
  | { kind: 'superseded' }
  /** Somebody else changed what the rows were computed from. Nothing was written; plan again. */
  | { kind: 'conflict'; reason: string };

export type Row = readonly unknown[];

export interface Engine {
  readonly name: string;

  /** On a local disk its commits are safe against those of other processes. */
  readonly sharesLocalLakes: boolean;

  /** Its rows are committed by a Delta writer of its own, which obeys table features that ours does not. */
  readonly commitsRows: boolean;

  /** Reads a remote lake's files by itself: they need not be fetched for it. */
  readonly readsRemoteFiles: boolean;

  /** Shows a table under its name; a missing table (undefined) is shown empty. Replaces the name. */
  showTable(
    table: TableDefinition,
    snapshot: Snapshot | undefined,
    rows?: TableRows,
    name?: string,
  ): Promise<void>;

  /**
   * Makes the lines of these files readable as `bronze_lines`, and the files as `batch_files`.
   */
  openBatch(files: readonly BatchFile[], declaredFields: readonly DeclaredField[]): Promise<void>;

  /**
   * Runs the model that parses `bronze_lines` and keeps its result as `name`, every line read
   * exactly. The result has one row per received line. Those with a reason are shown with their text, as
   * `rejected_lines`: file_number, reason, raw_text, raw_base64.
   */
  stageLines(name: string, modelSql: string): Promise<void>;

  /** Undeclared fields of the staged lines, and in how many lines each occurs. */
  countUnknownFields(stagedLines: string): Promise<Record<string, number>>;

  /**
   * Keeps as `name` the lines that `keys` (file_number, line_key) points at: file_number, line_key,
   * raw_text, one row per distinct line.
   */
  stageRawLines(name: string, keys: string): Promise<void>;

  /** Runs a query and keeps its result under a session-local name. */
  stage(name: string, sql: string): Promise<void>;

  /** Gives a query a session-local name without running it. */
  defineView(name: string, sql: string): Promise<void>;

  /** Forgets staged results and views. Unknown names are ignored. */
  drop(names: readonly string[]): Promise<void>;

  /** Rows as arrays of plain values: bigint for 64-bit integers, strings for decimals. */
  query(sql: string): Promise<Row[]>;

  /** The same for large results: rows in order, in batches, in bounded memory. */
  queryBatches(sql: string): AsyncIterable<Row[]>;

  /**
   * The same for one statement of the user's, with the types and the names of its columns, made
   * different where the statement repeats them. Throws `query_failed` unless it only reads; what fails
   * later is thrown by the batches. They are to be read, or given up, before the next call. Aborting
   * ends the statement at once.
   */
  queryNamed(
    sql: string,
    signal?: AbortSignal,
  ): Promise<{ columns: { name: string; type: string }[]; batches: AsyncIterable<Row[]> }>;

  /** Adds rows. Creates the table when it is missing; adds nullable columns the table lacks. */
  append(request: WriteRequest): Promise<WriteResult>;

  /** Replaces every row whose key column has a value in `keys` (one column) by the rows of `from`. */
  merge(
    request: WriteRequest & { key: string; keys: string; partitions?: ReadonlySet<string> },
  ): Promise<WriteResult>;

  /** Replaces the rows of the given partitions, or of the whole table, by the rows of `from`. */
  replace(
    request: WriteRequest & { partitions: ReadonlySet<string> | 'all' },
  ): Promise<WriteResult>;

  /** Writes rows of a table that is being rebuilt beside the old one; nobody sees them yet. */
  addToDraft(draft: Draft, from: string, largePartitions?: ReadonlySet<string>): Promise<void>;

  /** Shows the rows of a draft, or of some of its partitions, under a name. */
  showDraft(draft: Draft, partitions: ReadonlySet<string> | undefined, name: string): Promise<void>;

  /**
   * Replaces the whole table by the draft, in one commit. A conflict when rows were added since
   * `base`. The transaction is left out when the table's is to stay as it is.
   */
  publishDraft(draft: Draft, request: Omit<WriteRequest, 'from' | 'table'>): Promise<WriteResult>;

  /**
   * Puts the rows of small files of one partition together into larger ones, without changing any.
   * Somebody else's concurrent change of the same files wins; nothing is lost then. With `dryRun` it
   * says what it would do.
   */
  compact(request: {
    table: TableDefinition;
    base: Snapshot;
    targetFileBytes: number;
    dryRun: boolean;
  }): Promise<{ filesCompacted: number; filesWritten: number; commitCount: number }>;

  /**
   * Names tables that exist in the catalog that was chosen for it, at their place; returns the names,
   * none where no catalog was chosen. A name that is there for another place is refused.
   */
  registerTables(tables: readonly TableDefinition[]): Promise<string[]>;

  close(): Promise<void>;
}

/** A table being rebuilt beside the old one. */
export interface Draft {
  readonly table: TableDefinition;
  /** Whole files that no version of the table names yet. */
  readonly files: NewFile[];
  rowCount: number;
}

/** A field of the shop's own that becomes a column, read as text from the line. */
export interface DeclaredField {
  name: string;
  type: string;
}
