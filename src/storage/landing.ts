/**
 * Where senders leave files of events: another container than the lake's, or the same. It is only read.
 * Paths are relative to the container, as in storage.ts.
 */

/** A file as the listing has it. */
export interface LandedFile {
  path: string;
  sizeBytes: number;
  /** Changes with the file's content, without quotes around it. */
  etag: string;
  /** It has to be brought back from the archive tier before it can be read. */
  isArchived: boolean;
}

export interface Landing {
  /** The container's address, without a slash at the end. */
  readonly url: string;

  /**
   * Every file whose path starts with `prefix`, at any depth, as the service pages through them: one page
   * is in memory. Folders are not listed.
   */
  list(prefix: string): AsyncIterable<LandedFile>;

  /** Names of the folders directly below `prefix`, which is empty or ends with a slash. */
  listFolders(prefix: string): Promise<string[]>;

  /**
   * The file's bytes in order, in bounded memory. Throws `not_found`, and `input_refused` when it is
   * replaced meanwhile.
   */
  readStream(file: LandedFile): AsyncIterable<Buffer>;

  /** Ends what is going on. */
  close(): void;
}
