/**
 * Valid events as records of a `RecordStore`: a fixed head, the texts Gold needs, and, as long as the
 * event may still turn out a duplicate or a conflict, the raw line.
 */
import type { ContractEvent } from './event-line.ts';
import type { Chunk, RecordStore } from './record-store.ts';
import { hashKey, type RowHash } from './row-hash.ts';
import { isAscii, readText, writeText } from './text-bytes.ts';
import type { TextPool } from './text-pool.ts';

/** Bytes of the head, and what stands where in it. */
const HEAD_BYTES = 76;
const RECORD_BYTES = 0;
const FILE_INDEX = 4;
const HASH_A = 8;
const HASH_B = 12;
const TIMESTAMP = 16;
const PRICE = 24;
const QUANTITY = 32;
const FLAGS = 36;
const TYPE_INDEX = 38;
/** Units of UTF-16 if the text follows, or one of the numbers below. */
const TEXT_LENGTHS = 40;
const TEXT_BYTES = 64;
const RAW_BYTES = 68;
const SESSION_KEY = 72;

const NO_TEXT = -1;
/** Minus the text's number in the pool. */
const POOLED = -2;

const HAS_QUANTITY = 1;
const HAS_PRICE = 2;
const UNREADABLE_QUANTITY = 4;
const UNREADABLE_PRICE = 8;
const FIRST_LINE_OF_FILE = 16;

/** A record where it lies. */
export interface EventRecord {
  chunk: Chunk;
  at: number;
}

export interface DeliveredEvent {
  event: ContractEvent;
  typeIndex: number;
  /** The hash of all contract columns and the event's date, not finished. */
  hash: RowHash;
  unreadable: { quantity: boolean; price: boolean };
  fileIndex: number;
  isFirstLineOfFile: boolean;
  line: Buffer;
}

/** What Gold needs of an event. */
export interface GoldEvent {
  event_id: string;
  user_id: string;
  session_id: string;
  product_id: string | null;
  device: string | null;
  country: string | null;
  event_timestamp: bigint;
  typeIndex: number;
  quantity: number | null;
  price: bigint | null;
}

/** `pool` takes the texts that come back often; the record can only be read with the same pool. */
export function addEvent(
  store: RecordStore,
  partition: number,
  delivered: DeliveredEvent,
  pool: TextPool,
): void {
  const { event, line, unreadable } = delivered;
  const chunk = store.reserve(partition, HEAD_BYTES + textUnits(event) * 3 + line.length);
  const { bytes, view, used: at } = chunk;
  view.setUint32(at + FILE_INDEX, delivered.fileIndex, true);
  view.setInt32(at + HASH_A, delivered.hash[0]!, true);
  view.setInt32(at + HASH_B, delivered.hash[1]!, true);
  view.setBigInt64(at + TIMESTAMP, event.event_timestamp, true);
  view.setBigInt64(at + PRICE, event.price ?? 0n, true);
  view.setInt32(at + QUANTITY, event.quantity ?? 0, true);
  bytes[at + FLAGS] =
    (event.quantity === null ? 0 : HAS_QUANTITY) |
    (event.price === null ? 0 : HAS_PRICE) |
    (unreadable.quantity ? UNREADABLE_QUANTITY : 0) |
    (unreadable.price ? UNREADABLE_PRICE : 0) |
    (delivered.isFirstLineOfFile ? FIRST_LINE_OF_FILE : 0);
  view.setUint16(at + TYPE_INDEX, delivered.typeIndex, true);
  view.setUint32(at + SESSION_KEY, hashKey(event.session_id), true);
  let end = at + HEAD_BYTES;
  const add = (index: number, text: string | null, number?: number): void => {
    const isInline = text !== null && number === undefined;
    const length = text === null ? NO_TEXT : number === undefined ? text.length : POOLED - number;
    view.setInt32(at + TEXT_LENGTHS + index * 4, length, true);
    if (isInline) end = writeText(bytes, end, text);
  };
  const addPooled = (index: number, text: string | null): void =>
    add(index, text, text === null ? undefined : pool.numberOf(text));
  add(0, event.event_id);
  add(1, event.user_id);
  add(2, event.session_id);
  addPooled(3, event.product_id);
  addPooled(4, event.device);
  addPooled(5, event.country);
  const textBytes = end - at - HEAD_BYTES;
  view.setUint32(at + TEXT_BYTES, textBytes, true);
  view.setUint32(at + RAW_BYTES, line.length, true);
  bytes.set(line, end);
  const recordBytes = HEAD_BYTES + textBytes + line.length;
  view.setUint32(at + RECORD_BYTES, recordBytes, true);
  store.commit(chunk, recordBytes);
}

function textUnits(event: ContractEvent): number {
  const { event_id, user_id, session_id, product_id, device, country } = event;
  const optional = (product_id ?? '').length + (device ?? '').length + (country ?? '').length;
  return event_id.length + user_id.length + session_id.length + optional;
}

/** The same event without its raw line, into another store. */
export function addWithoutLine(
  store: RecordStore,
  partition: number,
  { chunk, at }: EventRecord,
): void {
  const byteCount = HEAD_BYTES + chunk.view.getUint32(at + TEXT_BYTES, true);
  const target = store.reserve(partition, byteCount);
  chunk.bytes.copy(target.bytes, target.used, at, at + byteCount);
  target.view.setUint32(target.used + RECORD_BYTES, byteCount, true);
  target.view.setUint32(target.used + RAW_BYTES, 0, true);
  store.commit(target, byteCount);
}

/**
 * The records of a partition; the partition is gone afterwards. Unless records are `kept`, each is
 * only valid until the next one is asked for.
 */
export function* takeEvents(
  store: RecordStore,
  partition: number,
  areKept: boolean,
): Iterable<EventRecord> {
  for (const chunk of store.takeChunks(partition, areKept)) {
    for (let at = 0; at < chunk.used; at += chunk.view.getUint32(at + RECORD_BYTES, true)) {
      yield { chunk, at };
    }
  }
}

/** The text that comes first, without making the others. */
export function eventIdOf({ chunk: { bytes, view }, at }: EventRecord): string {
  const length = view.getInt32(at + TEXT_LENGTHS, true);
  const start = at + HEAD_BYTES;
  // A character of UTF-8 has at most three bytes per UTF-16 unit.
  const end = start + Math.min(length * 3, view.getUint32(at + TEXT_BYTES, true));
  return isAscii(bytes, start, start + length)
    ? bytes.toString('latin1', start, start + length)
    : bytes.toString('utf8', start, end).slice(0, length);
}

export function readGoldEvent(record: EventRecord, pool: TextPool): GoldEvent {
  const { bytes, view } = record.chunk;
  const { at } = record;
  const start = at + HEAD_BYTES;
  const text = readText(bytes, start, start + view.getUint32(at + TEXT_BYTES, true));
  let end = 0;
  const next = (index: number): string | null => {
    const length = view.getInt32(at + TEXT_LENGTHS + index * 4, true);
    if (length === NO_TEXT) return null;
    if (length < 0) return pool.textOf(POOLED - length);
    end += length;
    return text.substring(end - length, end);
  };
  return {
    event_id: next(0)!,
    user_id: next(1)!,
    session_id: next(2)!,
    product_id: next(3),
    device: next(4),
    country: next(5),
    event_timestamp: timestampOf(record),
    typeIndex: typeIndexOf(record),
    quantity: quantityOf(record),
    price: priceOf(record),
  };
}

export function quantityOf({ chunk, at }: EventRecord): number | null {
  const isThere = (chunk.bytes[at + FLAGS]! & HAS_QUANTITY) !== 0;
  return isThere ? chunk.view.getInt32(at + QUANTITY, true) : null;
}

export function priceOf({ chunk, at }: EventRecord): bigint | null {
  const isThere = (chunk.bytes[at + FLAGS]! & HAS_PRICE) !== 0;
  return isThere ? chunk.view.getBigInt64(at + PRICE, true) : null;
}

export function typeIndexOf({ chunk, at }: EventRecord): number {
  return chunk.view.getUint16(at + TYPE_INDEX, true);
}

/** `hashKey` of the session_id. */
export function sessionKeyOf({ chunk, at }: EventRecord): number {
  return chunk.view.getUint32(at + SESSION_KEY, true);
}

export function fileIndexOf({ chunk, at }: EventRecord): number {
  return chunk.view.getUint32(at + FILE_INDEX, true);
}

export function timestampOf({ chunk, at }: EventRecord): bigint {
  return chunk.view.getBigInt64(at + TIMESTAMP, true);
}

export function lineOf({ chunk, at }: EventRecord): Buffer {
  const start = at + HEAD_BYTES + chunk.view.getUint32(at + TEXT_BYTES, true);
  return chunk.bytes.subarray(start, start + chunk.view.getUint32(at + RAW_BYTES, true));
}

export function isFirstLineOfFile({ chunk, at }: EventRecord): boolean {
  return (chunk.bytes[at + FLAGS]! & FIRST_LINE_OF_FILE) !== 0;
}

export function unreadableNumbersOf({ chunk, at }: EventRecord): {
  quantity: boolean;
  price: boolean;
} {
  const flags = chunk.bytes[at + FLAGS]!;
  return {
    quantity: (flags & UNREADABLE_QUANTITY) !== 0,
    price: (flags & UNREADABLE_PRICE) !== 0,
  };
}

/** Restores the hash as it was when the event was added. */
export function readHash({ chunk, at }: EventRecord, hash: RowHash): void {
  hash[0] = chunk.view.getInt32(at + HASH_A, true);
  hash[1] = chunk.view.getInt32(at + HASH_B, true);
}

/** Alike in every contract column: told by the hash of them, wrong once in 2^64 pairs. */
export function hasSameContent(a: EventRecord, b: EventRecord): boolean {
  return (
    a.chunk.view.getInt32(a.at + HASH_A, true) === b.chunk.view.getInt32(b.at + HASH_A, true) &&
    a.chunk.view.getInt32(a.at + HASH_B, true) === b.chunk.view.getInt32(b.at + HASH_B, true)
  );
}
