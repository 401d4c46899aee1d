/** What the pipeline tells its caller: progress while it works, one report at the end. */

import type { UnknownFields } from '../bronze/field-counts.ts';
import type { MappingText } from '../mapping/mapping.ts';
import type { NewPurchases } from './purchase-facts.ts';

/** Receives progress; called often, must be quick and must not throw. */
export type ProgressListener = (progress: Progress) => void;

export type Progress =
  | {
      stage: 'ingest';
      filesDone: number;
      filesTotal: number;
      bytesDone: number;
      bytesTotal: number;
    }
  /** Reported beside the stages: file transfers from or to a remote lake. */
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
  /** The same bytes are in the lake already, as `path`. */
  skipped: { from: string; path: string }[];
  /** The lake had lost these files, and has them again as `path`. */
  restored: { from: string; path: string }[];
  /** Could not be taken; nothing of them is in the lake. `hint`: what to do. */
  refused: RefusedFile[];
  /** Files of landing containers that were taken before and have not changed: only listed. */
  unchanged: number;
  /** The files taken do not fit the source's mapping; only where that can be told. */
  withoutEvents?: UnmappedRecords;
  lineCount: number;
  sizeBytes: number;
  durationMs: number;
}

/**
 * Of the first records that were taken none becomes an event by the mapping of their source, of which
 * Silver has no event either.
 */
export interface UnmappedRecords {
  records: number;
  /** The most frequent reason, how many of the records it is found in, and the beginning of one. */
  reason: string;
  recordsWithReason: number;
  example: string;
  /** As `init --from` would write it, and how many of the records it takes; null: not half of them. */
  proposal: { mapping: MappingText; valid: number } | null;
}

/** `hint`: what to do about it. */
export interface RefusedFile {
  from: string;
  reason: string;
  hint?: string;
}

/** `hint`: what to do about it. */
export interface UnreadableFile {
  path: string;
  reason: string;
  hint?: string;
}

export interface OutcomeCounts {
  lines: number;
  valid: number;
  duplicates: number;
  /** Events that the mapping of their source ignores: they are in Bronze only. */
  ignored: number;
  /** Lines by quarantine reason. */
  quarantined: Record<string, number>;
}

/** A count for each field of the contract that is a number. */
export type UnreadableNumbers = Record<string, number>;

export interface SourceWithoutEvents {
  source: string;
  /** Its lines in this run, all in quarantine. */
  lines: number;
  /** The most frequent reason, in how many lines it was found, and the beginning of one of them. */
  reason: string;
  linesWithReason: number;
  line: string;
}

/** Of one list of paths in a source's mapping. */
export interface UnusedPaths {
  source: string;
  /** Where the list is in the source's mapping, such as `fields.user_id` or `items.product_id`. */
  field: string;
  paths: string[];
  /** Records of the source in this run. */
  records: number;
}

/** A field that a source's mapping has paths for, or its items. */
export interface UnfilledField {
  source: string;
  field: string;
  paths: string[];
}

/** A check in the header of a user's own model, and how many rows of its table are against it. */
export interface CheckReport {
  table: string;
  level: 'warn' | 'fail';
  condition: string;
  failedRows: number;
}

/** What one batch of a run came to. */
export interface BatchRecord extends Omit<OutcomeCounts, 'quarantined'> {
  committedAt: string;
  /** The program that wrote the commit, with its version. */
  writer: string;
  /** Files of Bronze; null: the commit does not tell. */
  files: number | null;
  quarantined: number;
}

export interface RunReport extends OutcomeCounts {
  engine: string;
  batches: number;
  files: number;
  blankLines: number;
  /** Undeclared fields: the hundred most frequent, and how many more there are. */
  unknownFields: UnknownFields;
  /** Valid events by field: the value sent is not a number, so the column is null. */
  unreadableNumbers: UnreadableNumbers;
  /** Tables that got a new version, with it. */
  tablesWritten: { table: string; version: number; rowsWritten: number }[];
  /** Files under bronze/ that were found without having been ingested, now registered. */
  discovered: string[];
  /** Files under bronze/ that cannot be read; they are not part of the lake until mended. */
  unreadable: UnreadableFile[];
  /**
   * Received files that are gone or have another size. Where such a file still waits for Silver, it and
   * what was received after it go on waiting.
   */
  damaged: { path: string; reason: string }[];
  /** Currencies and repeated orders, which sums of Gold do not tell apart; only with new events. */
  purchases?: NewPurchases;
  /** Sessions and events of bots on the dates that Gold was computed for, and whether metrics leave them out. */
  bots?: { sessions: number; events: number; isLeftOut: boolean };
  /** Checks of own models that were computed; only where there are some. */
  checks?: CheckReport[];
  /** Fields that no record has on the paths of the configuration, now or before; only where there are some. */
  unfilled?: UnfilledField[];
  /** Paths that no record of this run has, beside others of their list that are found; only where there are some. */
  unusedPaths?: UnusedPaths[];
  /** Sources of this run that have no valid event, in this run or before. */
  sourcesWithoutEvents: SourceWithoutEvents[];
  /** Full names of the tables in the catalog; only where one is configured. */
  registered?: string[];
  durationMs: number;
  linesPerSecond: number;
}

/** What a run would do; nothing was written to find out. */
export interface RunPreview {
  engine: string;
  /** All of Bronze is read again. */
  fullRefresh: boolean;
  /** Files under bronze/ that the run would register. */
  discovered: string[];
  unreadable: { path: string; reason: string }[];
  damaged: { path: string; reason: string }[];
  batches: {
    files: number;
    firstFile: string;
    lastFile: string;
    lines: number;
    textBytes: number;
    /** New events among the lines. */
    valid: number;
  }[];
  /** Tables that Gold is computed from, and how many of their data files are read. */
  reads: { table: string; as: string; files: number; ofFiles: number }[];
  writes: {
    table: string;
    how: 'adds rows' | 'replaces all rows' | 'replaces dates' | 'replaces rows by key';
    /** Rows that are computed and written; null: not known before the run, as of own tables. */
    rows: number | null;
    /** Dates that are replaced, or on which the replaced rows lie; empty: not by date. */
    dates: string[];
    /** Rows that the table has now; null: there is no such table yet, or rows are only added. */
    of: number | null;
    why: string;
  }[];
  durationMs: number;
}

export interface StatusReport {
  lake: string;
  bronze: { files: number; lines: number; sizeBytes: number; lastReceivedAt: string | null };
  /** Files registered but not yet in Silver. */
  pending: { files: number; lines: number };
  /** Lines of the files Silver has consumed, by outcome. */
  outcomes: OutcomeCounts;
  tables: {
    table: string;
    version: number;
    files: number;
    sizeBytes: number;
    rows: number;
    lastModifiedAt: string | null;
  }[];
  /** Gold has seen everything Silver holds. */
  isGoldCurrent: boolean;
}

/** Values ready for JSON: integers beyond 2^53, decimals, dates and timestamps as strings. */
export type QueryRow = Record<string, unknown>;

export interface QueryResult {
  columns: { name: string; type: string }[];
  rows: QueryRow[];
}

/** The same for a result of any size. */
export interface QueryStream {
  columns: { name: string; type: string }[];
  /** Read them to the end, or close them, before the next call on the lake. */
  batches: AsyncIterable<QueryRow[]>;
}

export interface QuarantineReport {
  total: number;
  byReason: Record<string, number>;
  rows: QuarantinedRecord[];
  /** Files in which no positions were looked up, because they are large. */
  unreadFiles: number;
}

export interface QuarantinedRecord {
  reason: string;
  receivedAt: string;
  bronzePath: string;
  /** Null: the file was not read, is gone or has changed. */
  position: RecordPosition | null;
  text: string;
}

/**
 * Where a record stands in its file, from 1: the line of a file of lines, blank ones counted; the row of
 * CSV below its header, or of Parquet; else the record.
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

/** What each table holds, in one hash: see src/verify/content-hash.ts. */
export interface HashReport {
  /** `sha256` is null where there is no such table yet. */
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
