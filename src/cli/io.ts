/** The effects of the command: every stream, variable and clock it uses. */

export interface OutputStream {
  /** Resolves when the chunk is written; rejects with the stream's error (`EPIPE`: the reader is gone). */
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
  /** Milliseconds of a monotonic clock; only differences are meaningful. */
  nowMs(): number;
}
