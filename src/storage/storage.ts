/**
 * The contract between Clicklake and the place where a lake lies.
 *
 * Paths are relative to the lake, separated by `/`, without a leading slash and without `.` or `..`.
 * They are opaque byte strings: `%` and spaces mean themselves. Every implementation passes the
 * same test suite (test/storage/contract.ts).
 */

export interface FileInfo {
  path: string;
  sizeBytes: number;
  /** Last change, milliseconds since the epoch, by the storage's own clock. */
  modifiedAtMs: number;
}

export type PutResult = { kind: 'created' } | { kind: 'exists' };

/** What is known of a file that never changes once it is there: a file of events, a data file. */
export interface FixedFile {
  sizeBytes: number;
  /**
   * Tells its content from any other that ever lay under the same path, as its SHA-256 does. Left out
   * where the path does, because it was made up for this one file.
   */
  contentName?: string;
}

/** A local file that is moved into the storage while it is still being written. */
export interface Adoption {
  /** `finish` waits until the disk has the local file: it should begin to take it early. */
  readonly syncsFile: boolean;
  /** So many bytes of the file are there and will not change: a remote storage may send them. */
  advance(sizeBytes: number): void;
  /** The file is whole: does what `adopt` does. `fixed` as there. */
  finish(fixed?: FixedFile): Promise<PutResult>;
  /** Gives up; nothing becomes visible. The local file stays. After `finish` there is nothing to do. */
  cancel(): Promise<void>;
}

export interface Storage {
  /** The lake's address as a user would write it, for messages. */
  readonly url: string;

  /** Whether `localPath` has to fetch files: then it is worth some thought which ones are needed. */
  readonly isRemote: boolean;

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
   * that a local lake can rename instead of copying. With `fixed` a remote storage may keep the local
   * file as its copy.
   */
  adopt(localPath: string, path: string, fixed?: FixedFile): Promise<PutResult>;

  /** Begins to `adopt` a local file that is still being written. */
  beginAdoption(localPath: string, path: string): Adoption;

  /**
   * A path on the local disk that holds the file's bytes: the file itself for a local lake, a cached
   * copy for a remote one. Read only. With `fixed` a remote storage need not ask whether the file has
   * changed; it throws `storage_failed` when the file is gone or not of that size.
   */
  localPath(path: string, fixed?: FixedFile): Promise<string>;

  /** Says that `localPath` of this file will be asked for soon. Never fails; a local lake does nothing. */
  prefetch(path: string, fixed: FixedFile): void;

  /**
   * What `localPath` returned for this file is not read any more: the room it takes may be used for
   * something else. Asked again, `localPath` gives a path again. A local lake does nothing.
   */
  release(path: string, fixed: FixedFile): Promise<void>;

  /**
   * A new empty local folder for work in progress; what is left in it is never visible in the lake.
   * `release` removes it. Folders of dead processes are found and removed by `removeAbandonedWork`.
   */
  workFolder(purpose: string): Promise<{ path: string; release(): Promise<void> }>;

  /**
   * Removes work folders whose process is gone. Work that lies in a remote lake itself, below
   * `WORK_FOLDER`, belongs to no process of this machine: it is removed when nothing of it was written
   * for `untouchedMs`, and without that left alone. Returns how many.
   */
  removeAbandonedWork(options?: { untouchedMs: number }): Promise<number>;

  /** Removes a file. Removing what is not there succeeds. */
  delete(path: string): Promise<void>;

  /**
   * Removes a folder with everything below it. Not atomic; safe to repeat, and beside others who do
   * the same. Removing what is not there succeeds.
   */
  deleteFolder(path: string): Promise<void>;
}
