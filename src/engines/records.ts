/** The files of Bronze as lines for the models of Silver. */
import type { FieldCounts } from '../bronze/field-counts.ts';
import type { FileLayout } from '../bronze/formats/record-format.ts';
import type { FoundPaths } from '../mapping/record-layout.ts';

/**
 * SQL over staged lines: true for lines to quarantine, false for events that the mapping ignores.
 */
export const IS_REJECTED = `reason <> 'ignored'`;

export interface BatchFile extends FileLayout {
  /** Position in the order of reception, from 1. */
  fileNumber: number;
  /** Path in the lake. */
  path: string;
  /** SHA-256 of the received bytes, in hex. */
  sha256: string;
  receivedAtMicros: bigint;
  /** The number of its source's mapping, an index into the engine's mappings. */
  mapping: number;
  sizeBytes: number;
  /** Size of the records as lines, in bytes. */
  textBytes: number;
  lineCount: number;
  /**
   * True if the text begins with a byte-order mark, which some readers drop and others read as a
   * character.
   */
  needsExactRead: boolean;
}

/** A declared extra field: read from the line as text, and converted to a column. */
export interface DeclaredField {
  name: string;
  type: string;
}

export interface RecordSource {
  /** Announces that a batch of these files will be opened soon. Never fails. */
  prefetch(files: readonly BatchFile[]): void;

  /**
   * Provides the lines of these files as `bronze_lines`, and the files as `batch_files`, until the
   * batch is released. Only one batch at a time.
   */
  open(files: readonly BatchFile[], declaredFields: readonly DeclaredField[]): Promise<Batch>;

  /**
   * Reads the files completely. Throws `bronze_damaged` for the first one that has changed since it
   * was received. Skips files that this machine does not download.
   */
  check(files: readonly BatchFile[], signal: AbortSignal | undefined): Promise<void>;
}

/** The lines of received files. */
export interface Batch {
  /**
   * Runs the model that parses `bronze_lines` and stages its result as `name`, one row per line.
   * Lines with a reason are also available with their text, as `rejected_lines`: file_number,
   * reason, raw_text, raw_base64.
   */
  stageLines(name: string, modelSql: string): Promise<void>;

  /** Undeclared fields of the staged lines, with the number of lines that have each. */
  countUnknownFields(stagedLines: string): Promise<FieldCounts>;

  /** By mapping number: the paths on which lines have values. On Spark, not for plain mappings. */
  foundPaths(): ReadonlyMap<number, FoundPaths>;

  /**
   * Stages as `name` the lines that `keys` (file_number, line_key) refers to, one row per distinct
   * line: file_number, line_key, raw_text.
   */
  stageRawLines(name: string, keys: string): Promise<void>;

  /** Frees the memory and disk space of the lines. They cannot be read afterwards. */
  release(): Promise<void>;
}
