/** What the recount needs from DuckDB. It is passed in, so that this folder imports no engine. */

export type SqlValue = string | number | bigint | boolean | null;

export interface RecountSession {
  run(sql: string): Promise<void>;
  /** Returns 64-bit and larger integers as bigint. */
  rows(sql: string): Promise<SqlValue[][]>;
  /** Creates a file of columns. DuckDB reads it with the SQL of `columnFileSource`. */
  createColumnFile(
    path: string,
    columns: readonly { name: string; type: ColumnType }[],
  ): ColumnFile;
  columnFileSource(path: string): string;
}

/** `bytes` become a BLOB; `text` must be UTF-8. Every column is nullable. */
export type ColumnType = 'integer' | 'long' | 'text' | 'bytes';

export interface ColumnFile {
  /** The columns in their order. */
  writeGroup(rowCount: number, columns: readonly ColumnPart[]): void;
  /** Completes the file, which may be empty. */
  close(): void;
  /** Discards the file. */
  abandon(): void;
}

/** The rows of a column. */
export interface ColumnPart {
  /** One bit per row, lowest first: there is a value. */
  valueBits: Uint8Array;
  /** The values without nulls, little-endian. Texts have a length of four bytes. */
  bytes: Uint8Array;
}
