/** What the recount needs of DuckDB. It is handed in, so that nothing here imports an engine. */

export type SqlValue = string | number | bigint | boolean | null;

export interface RecountSession {
  run(sql: string): Promise<void>;
  /** 64-bit and larger integers come as bigint. */
  rows(sql: string): Promise<SqlValue[][]>;
  /** A new file of columns; DuckDB reads it with the SQL that `columnFileSource` gives. */
  createColumnFile(
    path: string,
    columns: readonly { name: string; type: ColumnType }[],
  ): ColumnFile;
  columnFileSource(path: string): string;
}

/** `bytes` become a BLOB, `text` must be UTF-8. Every column may have nulls. */
export type ColumnType = 'integer' | 'long' | 'text' | 'bytes';

export interface ColumnFile {
  /** The columns in their order. */
  writeGroup(rowCount: number, columns: readonly ColumnPart[]): void;
  /** Completes the file, which may have no rows. */
  close(): void;
  /** Discards the file. */
  abandon(): void;
}

/** The rows of a column. */
export interface ColumnPart {
  /** A bit a row, the lowest first: there is a value. */
  valueBits: Uint8Array;
  /** The values, nulls left out; a text behind four bytes of its length. Little-endian. */
  bytes: Uint8Array;
}
