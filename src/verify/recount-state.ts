/** What a recount is given, what it gives, and what its passes hand to one another. */
import { type Cell, TABLE_NAMES, TABLES, type TableName } from './canonical-row.ts';
import type { EventRules } from './event-line.ts';
import { type GroupCounters, newGroupCounters } from './group-counters.ts';
import { utcDate } from './instant.ts';
import { newRecordStore, type RecordStore } from './record-store.ts';
import { addRow, newTableTotals, type TableTotals } from './table-totals.ts';
import { newTextPool, type TextPool } from './text-pool.ts';

/** A Bronze file as the ledger describes it. */
export interface BronzeFile {
  fileNumber: number;
  /** Relative to the lake. */
  path: string;
  receivedAtMicros: bigint;
  /** Bytes of text after decompression; decides how the work is divided. */
  textBytes: number;
  /** Lines that are not blank. */
  lineCount: number;
  blankLineCount: number;
}

export interface RecountInput {
  /** Any order; what was received first is told by `fileNumber`. */
  files: readonly BronzeFile[];
  /** The file's text, decompressed. */
  openFile(file: BronzeFile): AsyncIterable<Buffer>;
  rules: EventRules;
  isCheckoutSkipped: boolean;
  /** An empty local folder for what does not fit in memory; files in it are removed after use. */
  tempFolder: string;
  /** How many bytes of records may wait in memory; the whole takes some three times as much. */
  maxRecordBytes?: number;
  /** Groups of a Gold table held in memory before they are put aside. */
  maxGroups?: number;
  /** How far the work is, in lines of the lake: half of a line's work comes after it was read. */
  onProgress?(linesDone: number): void;
  /** Keep the rows of one bucket of one table. */
  keep?: { table: TableName; bucket: number };
}

export interface Recount {
  /** Lines received: not blank. */
  lines: number;
  blankLines: number;
  valid: number;
  duplicates: number;
  /** Lines by quarantine reason. */
  quarantined: Map<string, number>;
  /** Undeclared fields and in how many lines each was seen. */
  unknownFields: Map<string, number>;
  /** Of the valid events. */
  unreadableNumbers: { quantity: number; price: number };
  tables: Record<TableName, TableTotals>;
  /** Lines of each file, in the order of the files given. */
  fileLines: { lines: number; blankLines: number }[];
}

/** A recount under way: what the passes hand to one another. */
export interface RecountState {
  input: RecountInput;
  result: Recount;
  files: readonly ReceivedFile[];
  /** Event types by the index that records carry. */
  types: readonly string[];
  eventStore: RecordStore;
  sessionStore: RecordStore;
  userStore: RecordStore;
  dates: GroupCounters;
  eventGroups: GroupCounters;
  funnel: GroupCounters;
  products: GroupCounters;
  /** Products, devices, countries, dates and types, as records name them. */
  texts: TextPool;
  /** Tells the session or user at hand from all others in `Group.mark`. */
  mark: number;
}

interface ReceivedFile extends BronzeFile {
  receivedDate: string;
}

const DEFAULT_RECORD_BYTES = 256 * 1024 * 1024;
const DEFAULT_MAX_GROUPS = 500_000;
const MAX_PARTITIONS = 512;
const MAX_PARTITION_TEXT_BYTES = 4 * 1024 * 1024;

export function openRecount(input: RecountInput): RecountState {
  const files = input.files
    .toSorted((a, b) => a.fileNumber - b.fileNumber)
    .map((file) => ({ ...file, receivedDate: utcDate(file.receivedAtMicros) }));
  const maxRecordBytes = input.maxRecordBytes ?? DEFAULT_RECORD_BYTES;
  const textBytes = files.reduce((sum, file) => sum + file.textBytes, 0);
  // A record is about one and a half times its line. Small partitions also spare the collector work.
  const partitionBytes = Math.min(maxRecordBytes / 16, MAX_PARTITION_TEXT_BYTES);
  const partitionCount = Math.min(MAX_PARTITIONS, Math.ceil(textBytes / partitionBytes) || 1);
  const texts = newTextPool();
  const { tempFolder, maxGroups = DEFAULT_MAX_GROUPS } = input;
  const store = (name: string) => newRecordStore(tempFolder, name, partitionCount, maxRecordBytes);
  const groups = (name: string, width: number) =>
    newGroupCounters(tempFolder, name, width, maxGroups, texts);
  return {
    input,
    files,
    types: [...input.rules.eventTypes],
    result: emptyRecount(input),
    eventStore: store('events'),
    sessionStore: store('sessions'),
    userStore: store('users'),
    dates: groups('dates', 12),
    eventGroups: groups('event-groups', 3),
    funnel: groups('funnel', 5),
    products: groups('products', 4),
    texts,
    mark: 0,
  };
}

function emptyRecount({ keep }: RecountInput): Recount {
  const totals = TABLE_NAMES.map((name) => [
    name,
    newTableTotals(TABLES[name], keep?.table === name ? keep.bucket : undefined),
  ]);
  return {
    lines: 0,
    blankLines: 0,
    valid: 0,
    duplicates: 0,
    quarantined: new Map(),
    unknownFields: new Map(),
    unreadableNumbers: { quantity: 0, price: 0 },
    tables: Object.fromEntries(totals),
    fileLines: [],
  };
}

/** Counts a line into `silver_quarantine`. */
export function quarantine(
  { result, files }: RecountState,
  fileIndex: number,
  reason: string,
  line: Buffer,
): void {
  const { receivedDate, receivedAtMicros, path } = files[fileIndex]!;
  const isText = reason !== 'not_utf8';
  const text = line.toString(isText ? 'utf8' : 'base64');
  const row: Cell[] = [
    receivedDate,
    receivedAtMicros,
    path,
    reason,
    isText ? text : null,
    isText ? null : text,
  ];
  increment(result.quarantined, reason);
  addRow(result.tables.silver_quarantine, row);
}

export function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
