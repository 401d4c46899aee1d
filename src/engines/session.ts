/**
 * A session of an engine on one lake. It runs SQL and names results and tables. These names are
 * visible only in the session and end with it.
 */
import type { Snapshot } from '../delta/snapshot.ts';
import type { TableDefinition, TableRows } from './table.ts';

export type Row = readonly unknown[];

export interface NamedColumn {
  name: string;
  type: string;
}

/**
 * How a query can be divided: rows of these relations with different values in the column are
 * independent. The first relation is the largest.
 */
export interface Division {
  relations: readonly string[];
  column: string;
}

export interface Session {
  /**
   * Shows a table under its own or another name, replacing what had the name. A missing table
   * (undefined) is shown empty. Returns the number of files that may be read. `often`: several
   * statements will read it, so an engine may keep it in memory.
   */
  showTable(
    table: TableDefinition,
    snapshot: Snapshot | undefined,
    rows?: TableRows,
    name?: string,
    reads?: 'once' | 'often',
  ): Promise<number>;

  /**
   * Announces that rows will be looked up by keys close to the newest ones in `column`. Never
   * fails. Does nothing if tables are read in place.
   */
  prefetchRows(snapshot: Snapshot, column: string): void;

  /**
   * Keeps the result of a query under a name. An engine may delay the computation until the next
   * call, and compute it in parts if a division is given.
   */
  stage(name: string, sql: string, division?: Division): Promise<void>;

  /**
   * Keeps results and answers queries that do not depend on each other, in as few statements as
   * possible. Undefined if statements have no fixed cost. The column names of a query must be
   * distinct.
   */
  computeTogether?:
    | ((
        kept: readonly { name: string; sql: string }[],
        queries: readonly string[],
      ) => Promise<Row[][]>)
    | undefined;

  /**
   * Names a query without running it. An engine may delay checking it until the next call, but
   * errors in a user's query are thrown here.
   */
  defineView(name: string, sql: string, by?: { isUsers: boolean }): Promise<void>;

  /**
   * Names a type for texts that are all among the results of a query, one column without null. Casts
   * to it store each text once. It compares with any text, and casts back. Undefined if the engine
   * has no such type.
   */
  defineTextType?(name: string, sql: string): Promise<void>;

  /** The row count of a staged result, if known without a query. */
  rowCountOf?(name: string): number | undefined;

  /** Drops staged results and views. Unknown names are ignored. */
  drop(names: readonly string[]): Promise<void>;

  /**
   * Runs a query. Rows are arrays of plain values: bigint for 64-bit integers, strings for
   * decimals.
   */
  query(sql: string): Promise<Row[]>;

  /** The same for large results: rows in order, in batches, in bounded memory. */
  queryBatches(sql: string): AsyncIterable<Row[]>;

  /**
   * The same for one statement of the user's, with column names and types. Repeated column names
   * are made distinct. Throws `query_failed` unless it only reads; later errors are thrown by the
   * batches. Read the batches to the end, or close them, before the next call. Aborting stops the
   * statement at once.
   */
  queryNamed(
    sql: string,
    signal?: AbortSignal,
  ): Promise<{ columns: NamedColumn[]; batches: AsyncIterable<Row[]> }>;
}
