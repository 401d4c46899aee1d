/** What the pipeline returns to its caller: progress during the work, and one report at the end. */

import type { UnknownFields } from '../bronze/field-counts.ts';
import type { ErrorCode } from '../errors.ts';
import type { MappingText } from '../mapping/mapping.ts';
import type { NewPurchases } from './purchase-facts.ts';

/** Receives progress. Called often: it must return quickly and must not throw. */
export type ProgressListener = (progress: Progress) => void;

export type Progress =
  | {
      stage: 'ingest';
      filesDone: number;
      filesTotal: number;
      bytesDone: number;
      bytesTotal: number;
    }
  /** File transfers from or to a remote lake, reported in addition to the stages. */
  | {
      stage: 'transfer';
      direction: 'download' | 'upload';
      bytesDone: number;
      bytesTotal: number;
    }
  | { stage: 'discover'; filesFound: number }
  | {
      stage: 'silver';
      batchesDone: number;
      batchesTotal: number;
      linesDone: number;
      linesTotal: number;
      bytesDone: number;
      bytesTotal: number;
    }
  | { stage: 'gold'; tablesDone: number; tablesTotal: number; table: string }
  | { stage: 'verify'; linesDone: number; linesTotal: number }
  | { stage: 'hash'; table: string; rowsDone: number }
  | { stage: 'maintain'; table: string };

export interface IngestReport {
  source: string;
  ingested: {
    path: string;
    from: string;
    sizeBytes: number;
    lineCount: number;
    blankLineCount: number;
  }[];
  /** Files whose bytes are in the lake already, as `path`. */
  skipped: { from: string; path: string }[];
  /** Files that the lake had lost and has again, as `path`. */
  restored: { from: string; path: string }[];
  /** Files that were refused; nothing of them is in the lake. `hint`: what to do. */
  refused: RefusedFile[];
  /** Number of files in landing containers that were ingested before and have not changed. */
  unchanged: number;
  /** Set if the files do not fit the mapping of their source, as far as ingest can tell. */
  withoutEvents?: UnmappedRecords;
  lineCount: number;
  sizeBytes: number;
  durationMs: number;
}

/**
 * No sampled record becomes an event with the mapping of its source, and Silver has no event of
 * this source either.
 */
export interface UnmappedRecords {
  records: number;
  /**
   * The most frequent reason, the number of records it rejects, and the beginning of one of them.
   */
  reason: string;
  recordsWithReason: number;
  example: string;
  /** Whether any of the records is a JSON object. If not, no mapping helps. */
  hasObjects: boolean;
  /** Set if this is the only reason: the unknown event types. */
  unknownTypes?: UnknownTypes['types'];
  /** A run has read files of this source before, so a changed mapping needs a full refresh. */
  isRead: boolean;
  /**
   * The mapping that `init --from` would propose, and the number of records it accepts; null: it
   * accepts less than half.
   */
  proposal: { mapping: MappingText; valid: number } | null;
}

/** A file that was refused. `hint`: what to do about it. */
export interface RefusedFile {
  from: string;
  reason: string;
  hint?: string;
}

/** A file that cannot be read. `hint`: what to do about it. */
export interface UnreadableFile {
  path: string;
  reason: string;
  hint?: string;
}

export interface OutcomeCounts {
  lines: number;
  valid: number;
  duplicates: number;
  /** Events that the mapping of their source ignores: they are stored in Bronze only. */
  ignored: number;
  /** Lines by quarantine reason. */
  quarantined: Record<string, number>;
}

/** One count for each numeric field of the contract. */
export type UnreadableNumbers = Record<string, number>;

export interface SourceWithoutEvents {
  source: string;
  /** Its lines in this run, all of them quarantined. */
  lines: number;
  /** The most frequent reason, the number of lines it rejects, and the beginning of one of them. */
  reason: string;
  linesWithReason: number;
  line: string;
  /** Whether any of the lines is a JSON object. If not, no mapping helps. */
  hasObjects: boolean;
}

/** The unknown event types of a source's records in quarantine. */
export interface UnknownTypes {
  source: string;
  /** The number of records that were looked at: at most 5,000 of a batch. */
  records: number;
  /** The 20 most frequent first, in lower case. */
  types: { type: string; records: number }[];
}

/** Paths of one list in a source's mapping that no record has. */
export interface UnusedPaths {
  source: string;
  /** The list's place in the mapping, such as `fields.user_id` or `items.product_id`. */
  field: string;
  paths: string[];
  /** Number of the source's records in this run. */
  records: number;
}

/** A field, or the items, that a source's mapping has paths for, but no record has a value. */
export interface UnfilledField {
  source: string;
  field: string;
  paths: string[];
}

/** A check in the header of an own model, and the number of rows that fail it. */
export interface CheckReport {
  table: string;
  level: 'warn' | 'fail';
  condition: string;
  failedRows: number;
}

/** What one batch of a run did. */
export interface BatchRecord extends Omit<OutcomeCounts, 'quarantined'> {
  committedAt: string;
  /** The program that wrote the commit, with its version. */
  writer: string;
  /** Number of files in Bronze; null: the commit does not say. */
  files: number | null;
  quarantined: number;
}

/** Why engine `auto` chose the engine of a run. */
export interface EngineChoice {
  /**
   * `new table`: only Spark registers it. `table feature`: only Spark writes it. `begun batch`: a
   * killed run has begun a batch that is too large for DuckDB's memory.
   */
  why: 'size' | 'new table' | 'table feature' | 'begun batch';
  /**
   * The size of the run: uncompressed bytes of the lines that are not in Gold yet, or of all lines
   * if everything is computed again.
   */
  runBytes: number;
  /** From this size on a run is Spark's. */
  sparkFromBytes: number;
}

export interface RunReport extends OutcomeCounts {
  engine: string;
  /** With engine `auto` only. */
  engineChoice?: EngineChoice;
  batches: number;
  files: number;
  blankLines: number;
  /** Undeclared fields: the hundred most frequent, and the number of others. */
  unknownFields: UnknownFields;
  /** By field: valid events whose value is not a number, so that the column is null. */
  unreadableNumbers: UnreadableNumbers;
  /** Tables that got a new version, with the version number. */
  tablesWritten: { table: string; version: number; rowsWritten: number }[];
  /** Files under bronze/ that were not ingested by Clicklake; they are registered now. */
  discovered: string[];
  /**
   * Files under bronze/ that cannot be read. They are not part of the lake until they are repaired.
   */
  unreadable: UnreadableFile[];
  /**
   * Received files that are missing or have another size. If such a file is not in Silver yet, it
   * waits, and so do all files received after it.
   */
  damaged: { path: string; reason: string }[];
  /**
   * Set if old date folders of bronze/ were not listed: the ISO time at which they last were. Late
   * files there are not found before the next full listing.
   */
  lastFullListing?: string;
  /** Currencies and repeated order ids that affect revenue sums. Only if there are new events. */
  purchases?: NewPurchases;
  /**
   * Sessions and events of bots on the dates that Gold was computed for, whether metrics exclude
   * them, and the sessions in the metrics of these dates.
   */
  bots?: { sessions: number; events: number; countedSessions: number; isLeftOut: boolean };
  /** The checks of the own models that were computed; absent if there are none. */
  checks?: CheckReport[];
  /**
   * Mapped fields for which no record, in this run or before, has a value; absent if there are
   * none.
   */
  unfilled?: UnfilledField[];
  /**
   * Paths that no record of this run has, although other paths of the same list were found; absent
   * if there are none.
   */
  unusedPaths?: UnusedPaths[];
  /** By source, if this run has quarantined records as `unknown_event_type`. */
  unknownTypes?: UnknownTypes[];
  /**
   * True if the lake has no order, but this run has valid events and others of unknown types.
   * Absent otherwise.
   */
  lacksPurchases?: true;
  /** Sources of this run without a valid event, in this run or before. */
  sourcesWithoutEvents: SourceWithoutEvents[];
  /** Full names of the tables in the catalog; absent if no catalog is configured. */
  registered?: string[];
  durationMs: number;
  linesPerSecond: number;
}

/** What a run would do. Nothing was written to find out. */
export interface RunPreview {
  engine: string;
  /** As in `RunReport`. */
  engineChoice?: EngineChoice;
  /** True if all of Bronze is read again. */
  fullRefresh: boolean;
  /** Files under bronze/ that the run would register. */
  discovered: string[];
  unreadable: { path: string; reason: string }[];
  damaged: { path: string; reason: string }[];
  /** As in `RunReport`. */
  lastFullListing?: string;
  batches: {
    files: number;
    firstFile: string;
    lastFile: string;
    lines: number;
    textBytes: number;
    /** New valid events among the lines. */
    valid: number;
  }[];
  /** Tables that Gold is computed from, and the number of data files to read. */
  reads: { table: string; as: string; files: number; ofFiles: number }[];
  writes: {
    table: string;
    how: 'adds rows' | 'replaces all rows' | 'replaces dates' | 'replaces rows by key';
    /** Rows to compute and write; null: unknown before the run, as for own tables. */
    rows: number | null;
    /** Dates that are replaced, or that contain the replaced rows; empty: not by date. */
    dates: string[];
    /** Rows in the table now; null: the table does not exist, or rows are only added. */
    of: number | null;
    why: string;
  }[];
  durationMs: number;
}

export interface StatusReport {
  lake: string;
  bronze: { files: number; lines: number; sizeBytes: number; lastReceivedAt: string | null };
  /** Files that are registered, but not in Silver yet. */
  pending: { files: number; lines: number };
  /** Outcomes of the lines that Silver has consumed. */
  outcomes: OutcomeCounts;
  tables: {
    table: string;
    version: number;
    files: number;
    sizeBytes: number;
    rows: number;
    lastModifiedAt: string | null;
  }[];
  /** True if Gold has consumed all events of Silver. */
  isGoldCurrent: boolean;
  /** Why `run` would be refused now, in the words of its error; absent if it would not be. */
  refusal?: { code: ErrorCode; message: string; hint?: string };
}

/**
 * A row with values ready for JSON: dates, timestamps, decimals and integers beyond 2^53 are
 * strings.
 */
export type QueryRow = Record<string, unknown>;

export interface QueryResult {
  columns: { name: string; type: string }[];
  rows: QueryRow[];
}

/** A query result as a stream, for results of any size. */
export interface QueryStream {
  columns: { name: string; type: string }[];
  /** Read it to the end, or close it, before the next call on the lake. */
  batches: AsyncIterable<QueryRow[]>;
}

export interface QuarantineReport {
  total: number;
  byReason: Record<string, number>;
  rows: QuarantinedRecord[];
  /** The number of files that were skipped because of their size. */
  unreadFiles: number;
  /** By source, of the newest 5,000 records; absent if no listed record has an unknown type. */
  unknownTypes?: UnknownTypes[];
}

export interface QuarantinedRecord {
  reason: string;
  receivedAt: string;
  bronzePath: string;
  /** Null: the file was skipped, is missing or has changed. */
  position: RecordPosition | null;
  text: string;
}

/**
 * The position of a record in its file, counted from 1. In a file of lines: the line number, blank
 * lines included. In CSV: the row, without the header. In Parquet: the row. Otherwise: the record.
 */
export interface RecordPosition {
  unit: 'line' | 'row' | 'record';
  number: number;
}

export interface VerifyReport {
  lines: number;
  checks: { name: string; expected: string; actual: string; isEqual: boolean }[];
  durationMs: number;
}

/** One hash per table over its rows: see src/verify/content-hash.ts. */
export interface HashReport {
  /** `sha256` is null if the table does not exist. */
  tables: { table: string; version: number | null; rows: number; sha256: string | null }[];
  durationMs: number;
}

export interface MaintainReport {
  tables: {
    table: string;
    filesCompacted: number;
    filesWritten: number;
    checkpointVersion: number | null;
    filesVacuumed: number;
    bytesVacuumed: number;
  }[];
  workFoldersRemoved: number;
  durationMs: number;
}
