/**
 * The contract between Clicklake and the place where a lake lies.
 *
 * Paths are relative to the lake, separated by `/`, without a leading slash and without `.` or `..`.
 * They are opaque byte strings: `%` and spaces mean themselves. Every implementation passes the
 * same test suite (test/unit/storage-contract.ts).
 */

export interface FileInfo {
  path: string;
  sizeBytes: number;
  /** Last change, milliseconds since the epoch, by the storage's own clock. */
  modifiedAtMs: number;
}

export type PutResult = { kind: 'created' } | { kind: 'exists' };

export interface Storage {
  /** The lake's address as a user would write it, for messages. */
  readonly url: string;

  /**
   * Every file whose path starts with `prefix`, at any depth, in ascending byte order of the path.
   * A missing folder is empty, not an error. `startAfter` skips paths up to and including it.
   * Files being written are not listed before they are whole.
   */
  list(prefix: string, options?: { startAfter?: string }): AsyncIterable<FileInfo>;

  /** The file's description, or undefined when there is none. */
  stat(path: string): Promise<FileInfo | undefined>;

  /** The whole file. Throws `not_found` when there is none. */
  read(path: string): Promise<Buffer>;

  /** Bytes `start` to `start + length`, fewer at the end of the file. Throws `not_found`. */
  readRange(path: string, start: number, length: number): Promise<Buffer>;

  /** The file's bytes in order, in bounded memory. Throws `not_found`. */
  readStream(path: string): AsyncIterable<Buffer>;

  /**
   * Creates or replaces a file. Atomic: a reader sees the old or the new content, whole. Durable
   * when the promise resolves. Safe to repeat.
   */
  write(path: string, bytes: Uint8Array): Promise<void>;

  /**
   * Creates a file only if there is none: of any number of writers exactly one gets `created`, and
   * the file is whole and durable when it does. The commit point of everything in Clicklake. After
   * a lost response an implementation reads back and compares before it answers `exists`.
   */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<PutResult>;

  /**
   * Moves a finished local file into the storage as `path`, atomically and durably; answers `exists`
   * and leaves the local file when the path is taken. `localPath` should come from `workFolder`, so
   * that a local lake can rename instead of copying.
   */
  adopt(localPath: string, path: string): Promise<PutResult>;

  /**
   * A path on the local disk that holds the file's bytes: the file itself for a local lake, a cached
   * copy for a remote one. Read only.
   */
  localPath(path: string): Promise<string>;

  /**
   * A new empty local folder for work in progress; what is left in it is never visible in the lake.
   * `release` removes it. Folders of dead processes are found and removed by `removeAbandonedWork`.
   */
  workFolder(purpose: string): Promise<{ path: string; release(): Promise<void> }>;

  /** Removes work folders whose process is gone. Returns how many. */
  removeAbandonedWork(): Promise<number>;

  /** Removes a file. Removing what is not there succeeds. */
  delete(path: string): Promise<void>;
}
