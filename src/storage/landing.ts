/**
 * The contract for landing containers, where senders leave event files. They are only read. Paths
 * are relative to the container, as in storage.ts.
 */

/** A file in the listing of a container. */
export interface LandedFile {
  path: string;
  sizeBytes: number;
  /** Without the quotes. Changes with the content of the file. */
  etag: string;
  /** The file is in the archive tier and must be restored before it can be read. */
  isArchived: boolean;
}

export interface Landing {
  /** The container's address, without a trailing slash. */
  readonly url: string;

  /**
   * Every file whose path starts with `prefix`, at any depth, in the order of the service. Only one
   * page is in memory. Folders are not listed.
   */
  list(prefix: string): AsyncIterable<LandedFile>;

  /** Names of the folders directly below `prefix`, which is empty or ends with a slash. */
  listFolders(prefix: string): Promise<string[]>;

  /**
   * The file's bytes in order, in bounded memory. Throws `not_found`, and `input_refused` if the
   * file is replaced while it is read.
   */
  readStream(file: LandedFile): AsyncIterable<Buffer>;

  /** Ends active requests. */
  close(): void;
}
