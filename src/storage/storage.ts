/**
 * The contract between Clicklake and the storage of a lake.
 *
 * Paths are relative to the lake, separated by `/`, without a leading slash and without `.` or
 * `..`. They are not decoded: `%` and spaces stand for themselves. Every implementation passes the
 * same test suite (test/storage/contract.ts).
 */

import type { PathRange } from './path-ranges.ts';

export interface FileInfo {
  path: string;
  sizeBytes: number;
  /** Time of the last change by the storage's clock, in milliseconds since the epoch. */
  modifiedAtMs: number;
}

export type PutResult = { kind: 'created' } | { kind: 'exists' };

/** Facts about a file that never changes once it exists: a received file or a data file. */
export interface FixedFile {
  sizeBytes: number;
  /**
   * Distinguishes its content from any other that ever had the same path; for example its SHA-256.
   * Omit it if the path is unique to this content.
   */
  contentName?: string;
}

/** Moves a local file into the storage while it is still being written. */
export interface Adoption {
  /**
   * True if `finish` waits for the local file to be on disk, so that it should be flushed early.
   */
  readonly syncsFile: boolean;
  /**
   * This many bytes of the file are complete and will not change. A remote storage may upload them.
   */
  advance(sizeBytes: number): void;
  /** The file is complete: does the same as `adopt`. */
  finish(fixed?: FixedFile): Promise<PutResult>;
  /**
   * Abandons the move; nothing becomes visible. The local file stays. Does nothing after `finish`.
   */
  cancel(): Promise<void>;
}

export interface ListOptions {
  startAfter?: string;
  /** Paths that need not be listed: of `disjoint`. None of them is. */
  leaveOut?: readonly PathRange[];
}

export interface Storage {
  /** The lake's address as a user would write it, for messages. */
  readonly url: string;

  /**
   * True if `localPath` has to download files, so that it pays to select the files that are needed.
   */
  readonly isRemote: boolean;

  /**
   * Every file whose path starts with `prefix`, at any depth, in ascending byte order of the path.
   * A missing folder is empty. `startAfter` skips paths up to and including it. Files being written
   * are not listed before they are complete.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<FileInfo>;

  /** The file's information; undefined if it does not exist. */
  stat(path: string): Promise<FileInfo | undefined>;

  /** The whole file. Throws `not_found`. */
  read(path: string): Promise<Buffer>;

  /** Bytes `start` to `start + length`, fewer at the end of the file. Throws `not_found`. */
  readRange(path: string, start: number, length: number): Promise<Buffer>;

  /** The file's bytes in order, in bounded memory. Throws `not_found`. */
  readStream(path: string): AsyncIterable<Buffer>;

  /**
   * Creates or replaces a file. Atomic: a reader sees the whole old or the whole new content.
   * Durable when the promise resolves. Idempotent.
   */
  write(path: string, bytes: Uint8Array): Promise<void>;

  /**
   * Creates a file only if it does not exist. Of any number of writers exactly one gets `created`;
   * the file is then complete and durable. This is the commit point of everything in Clicklake. If
   * a response is lost, an implementation reads the file and compares it before it returns
   * `exists`.
   */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<PutResult>;

  /**
   * Moves a finished local file to `path` in the storage, atomically and durably. If the path
   * exists, returns `exists` and keeps the local file. `localPath` should be in a `workFolder`, so
   * that a local lake can rename instead of copy. With `fixed` a remote storage may keep the local
   * file as its cached copy.
   */
  adopt(localPath: string, path: string, fixed?: FixedFile): Promise<PutResult>;

  /** Begins to `adopt` a local file that is still being written. */
  beginAdoption(localPath: string, path: string): Adoption;

  /**
   * A local path with the file's bytes: the file itself in a local lake, a cached copy of a remote
   * one. Read only. With `fixed` a remote storage need not check whether the file has changed. It
   * throws `storage_failed` if the file is missing or has another size.
   */
  localPath(path: string, fixed?: FixedFile): Promise<string>;

  /**
   * Announces that `localPath` of this file will be called soon. Never fails. Does nothing in a
   * local lake.
   */
  prefetch(path: string, fixed: FixedFile): void;

  /**
   * The caller no longer reads the path from `localPath`, so its disk space may be reused.
   * `localPath` can be called again. Does nothing in a local lake.
   */
  release(path: string, fixed: FixedFile): Promise<void>;

  /**
   * Creates a local folder for work in progress, which is never visible in the lake. `release`
   * removes it. Folders of dead processes are removed by `removeAbandonedWork`.
   */
  workFolder(purpose: string): Promise<{ path: string; release(): Promise<void> }>;

  /**
   * Removes work folders whose process is gone. Work inside a remote lake, below `WORK_FOLDER`,
   * belongs to no process of this machine: it is removed if nothing was written there for
   * `untouchedMs`, and kept if that is not given. Returns the number of removed folders.
   */
  removeAbandonedWork(options?: { untouchedMs: number }): Promise<number>;

  /** Removes a file. Succeeds if it does not exist. */
  delete(path: string): Promise<void>;

  /**
   * Removes a folder with its content. Not atomic. Idempotent, and safe beside others who do the
   * same. Succeeds if it does not exist.
   */
  deleteFolder(path: string): Promise<void>;
}
