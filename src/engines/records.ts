/** The files of Bronze as lines that the models of Silver read. */
import type { FieldCounts } from '../bronze/field-counts.ts';
import type { FileLayout } from '../bronze/formats/record-format.ts';
import type { FoundPaths } from '../mapping/record-layout.ts';

/** SQL over staged lines: those for quarantine, not events that the source's mapping ignores. */
export const IS_REJECTED = `reason <> 'ignored'`;

export interface BatchFile extends FileLayout {
  /** Position in the order of reception, from 1. */
  fileNumber: number;
  /** Path in the lake. */
  path: string;
  /** Of the bytes as received, in hex. */
  sha256: string;
  receivedAtMicros: bigint;
  /** The number of its source's mapping, among those that the engine was opened with. */
  mapping: number;
  sizeBytes: number;
  /** Of the record lines. */
  textBytes: number;
  lineCount: number;
  /** The text begins with a byte-order mark, which text readers drop or take for a character. */
  needsExactRead: boolean;
}

/** A field of the shop's own that becomes a column, read as text from the line. */
export interface DeclaredField {
  name: string;
  type: string;
}

export interface RecordSource {
  /** Says that a batch of these files will be opened soon. Never fails. */
  prefetch(files: readonly BatchFile[]): void;

  /**
   * Makes the lines of these files readable as `bronze_lines`, and the files as `batch_files`, until
   * the batch is released. One batch at a time.
   */
  open(files: readonly BatchFile[], declaredFields: readonly DeclaredField[]): Promise<Batch>;

  /**
   * Reads the files whole and throws `bronze_damaged` for the first that has changed since it was
   * received. Files that do not come to this machine are left alone.
   */
  check(files: readonly BatchFile[], signal: AbortSignal | undefined): Promise<void>;
}

/** Lines of files that were received, every one read exactly. */
export interface Batch {
  /**
   * Runs the model that parses `bronze_lines` and keeps its result as `name`: one row per received
   * line. Those with a reason are shown with their text, as `rejected_lines`: file_number, reason,
   * raw_text, raw_base64.
   */
  stageLines(name: string, modelSql: string): Promise<void>;

  /** Undeclared fields of the staged lines, and in how many lines each occurs. */
  countUnknownFields(stagedLines: string): Promise<FieldCounts>;

  /** On which paths of its mapping the lines have values, by its number; not of plain mappings on Spark. */
  foundPaths(): ReadonlyMap<number, FoundPaths>;

  /**
   * Keeps as `name` the lines that `keys` (file_number, line_key) points at: file_number, line_key,
   * raw_text, one row per distinct line.
   */
  stageRawLines(name: string, keys: string): Promise<void>;

  /** The lines are not read any more: gives back the room that they and their files take. */
  release(): Promise<void>;
}
