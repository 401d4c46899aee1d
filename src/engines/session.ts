/**
 * The session of an engine on one lake: runs SQL and gives results and tables names of its own. What it
 * names is seen by nobody else and ends with the session.
 */
import type { Snapshot } from '../delta/snapshot.ts';
import type { TableDefinition, TableRows } from './table.ts';

export type Row = readonly unknown[];

export interface NamedColumn {
  name: string;
  type: string;
}

/**
 * How the work of a query can be divided: rows of these relations with different values in the column have
 * nothing to do with each other. The first relation is the largest.
 */
export interface Division {
  relations: readonly string[];
  column: string;
}

export interface Session {
  /**
   * Shows a table under its name, or another; a missing table (undefined) is shown empty. Replaces the
   * name. Returns how many of the table's files may be read. What is read `often`, by several statements,
   * an engine may keep.
   */
  showTable(
    table: TableDefinition,
    snapshot: Snapshot | undefined,
    rows?: TableRows,
    name?: string,
    reads?: 'once' | 'often',
  ): Promise<number>;

  /**
   * Says that rows will be asked for by keys near the newest ones in `column`. Never fails; does nothing
   * where tables are read in place.
   */
  prefetchRows(snapshot: Snapshot, column: string): void;

  /**
   * Keeps the result of a query under a name. An engine may compute it with the next call only, and part by
   * part where a division is given.
   */
  stage(name: string, sql: string, division?: Division): Promise<void>;

  /**
   * Keeps results and answers queries that need nothing of each other, in as few statements as can be.
   * Undefined where a statement costs no more than its work. Columns of one query have different names.
   */
  computeTogether?:
    | ((
        kept: readonly { name: string; sql: string }[],
        queries: readonly string[],
      ) => Promise<Row[][]>)
    | undefined;

  /**
   * Gives a query a name without running it. An engine may look at it with the next call only, unless
   * a user wrote it: what is wrong with that is thrown here.
   */
  defineView(name: string, sql: string, by?: { isUsers: boolean }): Promise<void>;

  /** How many rows a staged result has, where that is known without asking. */
  rowCountOf?(name: string): number | undefined;

  /** Forgets staged results and views. Unknown names are ignored. */
  drop(names: readonly string[]): Promise<void>;

  /** Rows as arrays of plain values: bigint for 64-bit integers, strings for decimals. */
  query(sql: string): Promise<Row[]>;

  /** The same for large results: rows in order, in batches, in bounded memory. */
  queryBatches(sql: string): AsyncIterable<Row[]>;

  /**
   * The same for one statement of the user's, with the types and the names of its columns, made
   * different where the statement repeats them. Throws `query_failed` unless it only reads; what fails
   * later is thrown by the batches. Read them to the end, or close them, before the next call. Aborting
   * ends the statement at once.
   */
  queryNamed(
    sql: string,
    signal?: AbortSignal,
  ): Promise<{ columns: NamedColumn[]; batches: AsyncIterable<Row[]> }>;
}
