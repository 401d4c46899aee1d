/** The effects of the command: every stream, variable and clock it uses comes through here. */

export interface OutputStream {
  /** Resolves when the chunk is taken; rejects with the stream's error (`EPIPE`: the reader is gone). */
  write(chunk: string | Uint8Array): Promise<void>;
  isTty: boolean;
  /** Width of the terminal; undefined when it is none. */
  columns(): number | undefined;
}

export interface Io {
  stdin: AsyncIterable<Buffer>;
  stdout: OutputStream;
  stderr: OutputStream;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Milliseconds of a clock that never goes back; only differences mean anything. */
  nowMs(): number;
}
