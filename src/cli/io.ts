/** The effects of the command: every stream, variable and clock it uses. */

export interface OutputStream {
  /**
   * Resolves when the chunk is written. Rejects with the stream's error (`EPIPE`: the reader has
   * closed it).
   */
  write(chunk: string | Uint8Array): Promise<void>;
  isTty: boolean;
  /** Width of the terminal; undefined if it is not a terminal. */
  columns(): number | undefined;
}

export interface Io {
  stdin: AsyncIterable<Buffer>;
  stdout: OutputStream;
  stderr: OutputStream;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Milliseconds of a monotonic clock. Only differences are meaningful. */
  nowMs(): number;
}
