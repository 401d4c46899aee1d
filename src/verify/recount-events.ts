/** Pass 2: of the deliveries of one event_id the first received wins; the others are judged by it. */
import type { Cell } from './canonical-row.ts';
import { classifyLine } from './event-line.ts';
import {
  addWithoutLine,
  type EventRecord,
  eventIdOf,
  fileIndexOf,
  hasSameContent,
  isFirstLineOfFile,
  lineOf,
  priceOf,
  quantityOf,
  readHash,
  sessionKeyOf,
  takeEvents,
  timestampOf,
  typeIndexOf,
  unreadableNumbersOf,
} from './event-record.ts';
import { utcDate } from './instant.ts';
import { quarantine, type RecountState } from './recount-state.ts';
import { hashInteger, hashText, newRowHash } from './row-hash.ts';
import { addHashedRow } from './table-totals.ts';

/** Judges every delivery of one partition, in memory for the partition's events. */
export function settleDeliveries(state: RecountState, partition: number): void {
  const firsts = new Map<string, EventRecord>();
  /** Deliveries in the same file as the first, which are judged when the first is certain. */
  const rivals = new Map<string, EventRecord[]>();
  // Records come in the order in which their files were received.
  for (const record of takeEvents(state.eventStore, partition, true)) {
    const eventId = eventIdOf(record);
    const first = firsts.get(eventId);
    if (first === undefined) {
      firsts.set(eventId, record);
    } else if (fileIndexOf(record) !== fileIndexOf(first)) {
      judge(state, first, record);
    } else {
      const isEarlier = compareInFile(record, first) < 0;
      if (isEarlier) firsts.set(eventId, record);
      const others = rivals.get(eventId) ?? [];
      others.push(isEarlier ? first : record);
      rivals.set(eventId, others);
    }
  }
  for (const [eventId, others] of rivals) {
    for (const record of others) judge(state, firsts.get(eventId)!, record);
  }
  for (const [eventId, first] of firsts) acceptEvent(state, eventId, first);
}

/** Within a file: by the event's time, then by the line's bytes. */
function compareInFile(a: EventRecord, b: EventRecord): number {
  const timeA = timestampOf(a);
  const timeB = timestampOf(b);
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  return Buffer.compare(lineOf(a), lineOf(b));
}

function judge(state: RecountState, first: EventRecord, record: EventRecord): void {
  if (hasSameContent(first, record)) state.result.duplicates += 1;
  else quarantine(state, fileIndexOf(record), 'conflicting_event_id', lineOf(record));
}

const rowHash = newRowHash();
/** The cells of `silver_events` that totals look at; the hash speaks for the others. */
const sparseRow: Cell[] = new Array(17).fill(null);
const EVENT_TYPE = 3;
const QUANTITY = 12;
const PRICE = 13;
const EVENT_DATE = 14;

function acceptEvent(state: RecountState, eventId: string, record: EventRecord): void {
  const { result } = state;
  const { path, receivedAtMicros } = state.files[fileIndexOf(record)]!;
  const unreadable = unreadableNumbersOf(record);
  result.valid += 1;
  if (unreadable.quantity) result.unreadableNumbers.quantity += 1;
  if (unreadable.price) result.unreadableNumbers.price += 1;
  readHash(record, rowHash);
  hashText(rowHash, path);
  hashInteger(rowHash, receivedAtMicros);
  sparseRow[0] = eventId;
  sparseRow[EVENT_TYPE] = state.types[typeIndexOf(record)]!;
  sparseRow[QUANTITY] = quantityOf(record);
  sparseRow[PRICE] = priceOf(record);
  sparseRow[EVENT_DATE] = utcDate(timestampOf(record));
  addHashedRow(result.tables.silver_events, sparseRow, rowHash, () => silverRow(state, record));
  const partition = sessionKeyOf(record) % state.sessionStore.partitionCount;
  addWithoutLine(state.sessionStore, partition, record);
}

/** All cells, from the raw line. */
function silverRow(state: RecountState, record: EventRecord): Cell[] {
  const { path, receivedAtMicros } = state.files[fileIndexOf(record)]!;
  const context = { receivedAtMicros, isFirstLineOfFile: isFirstLineOfFile(record) };
  const verdict = classifyLine(lineOf(record), context, state.input.rules);
  if (verdict.kind !== 'event') return [];
  const cells: Cell[] = Object.values(verdict.event);
  return [...cells, utcDate(verdict.event.event_timestamp), path, receivedAtMicros];
}
