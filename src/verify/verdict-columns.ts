/**
 * Verdicts as columns, for DuckDB to read: a row for each line that is not blank. Of an event there are
 * its contract columns, of a quarantined line its reason; of both the place and the raw bytes.
 */
import type { ColumnPart, ColumnType } from './duckdb-contract.ts';
import { type FieldText, type Line, type LineJudge, lowerAscii, upperAscii } from './line-judge.ts';

export const VERDICT_COLUMNS = [
  { name: 'file_number', type: 'integer' },
  /** Its place in the file, blank lines counted, from 1. */
  { name: 'line_number', type: 'integer' },
  /** Null: the line is an event. */
  { name: 'reason', type: 'text' },
  { name: 'raw_line', type: 'bytes' },
  { name: 'event_id', type: 'text' },
  { name: 'user_id', type: 'text' },
  { name: 'session_id', type: 'text' },
  { name: 'event_type', type: 'text' },
  { name: 'product_id', type: 'text' },
  { name: 'device', type: 'text' },
  { name: 'country', type: 'text' },
  /** Microseconds since the epoch. */
  { name: 'event_micros', type: 'long' },
  { name: 'page_url', type: 'text' },
  { name: 'referrer', type: 'text' },
  { name: 'order_id', type: 'text' },
  { name: 'currency', type: 'text' },
  { name: 'quantity', type: 'integer' },
  /** Hundredths of the currency's unit. */
  { name: 'price_hundredths', type: 'long' },
] as const satisfies readonly { name: string; type: ColumnType }[];

type ColumnName = (typeof VERDICT_COLUMNS)[number]['name'];

/** Contract fields that are kept as they were sent. */
const KEPT_FIELDS = [
  'event_id',
  'user_id',
  'session_id',
  'product_id',
  'page_url',
  'referrer',
  'order_id',
  'currency',
] as const;

const MAX_ROWS = 64 * 1024;
const MAX_BYTES = 32 * 1024 * 1024;
const FIRST_BYTES = 64 * 1024;

export class VerdictColumns {
  rowCount = 0;
  readonly #columns = newColumns();
  readonly #texts = new Map<string, Buffer>();

  /** Adds a line and, unless there is a reason against it, the event that the judge made of it. */
  add(
    fileNumber: number,
    lineNumber: number,
    line: Line,
    reason: string | undefined,
    judge: LineJudge,
  ): void {
    const row = this.rowCount;
    this.#columns.file_number.addInteger(row, fileNumber);
    this.#columns.line_number.addInteger(row, lineNumber);
    this.#columns.raw_line.addBytes(row, line.bytes, line.start, line.end);
    if (reason === undefined) {
      this.#addEvent(row, judge);
    } else {
      this.#addText('reason', row, reason);
    }
    this.rowCount += 1;
  }

  isFull(): boolean {
    return this.rowCount >= MAX_ROWS || this.#columns.raw_line.sizeBytes >= MAX_BYTES;
  }

  /** Valid until a row is added. */
  parts(): ColumnPart[] {
    return VERDICT_COLUMNS.map(({ name }) => this.#columns[name].part(this.rowCount));
  }

  clear(): void {
    this.rowCount = 0;
    for (const { name } of VERDICT_COLUMNS) {
      this.#columns[name].clear();
    }
  }

  #addEvent(row: number, judge: LineJudge): void {
    for (const name of KEPT_FIELDS) {
      const { bytes, start, end } = judge.fields[name];
      if (start !== -1) {
        this.#columns[name].addBytes(row, bytes, start, end);
      }
    }
    this.#addText('event_type', row, judge.eventType);
    this.#columns.device.addMapped(row, judge.fields.device, lowerAscii);
    this.#columns.country.addMapped(row, judge.fields.country, upperAscii);
    this.#columns.event_micros.addLong(row, judge.timestamp);
    if (judge.quantity !== null) {
      this.#columns.quantity.addInteger(row, judge.quantity);
    }
    if (judge.price !== null) {
      this.#columns.price_hundredths.addLong(row, judge.price);
    }
  }

  /** One of few texts. */
  #addText(name: ColumnName, row: number, text: string): void {
    let bytes = this.#texts.get(text);
    if (bytes === undefined) {
      bytes = Buffer.from(text);
      this.#texts.set(text, bytes);
    }
    this.#columns[name].addBytes(row, bytes, 0, bytes.length);
  }
}

function newColumns(): Record<ColumnName, Column> {
  const entries = VERDICT_COLUMNS.map(({ name }) => [name, new Column()] as const);
  return Object.fromEntries(entries) as Record<ColumnName, Column>;
}

/** Values behind each other, nulls left out, and a bit for each row: there is a value. */
class Column {
  sizeBytes = 0;
  #bytes = Buffer.alloc(FIRST_BYTES);
  #valueBits = new Uint8Array(MAX_ROWS / 8);

  addInteger(row: number, value: number): void {
    this.#begin(row, 4);
    this.sizeBytes = this.#bytes.writeInt32LE(value, this.sizeBytes);
  }

  addLong(row: number, value: bigint): void {
    this.#begin(row, 8);
    this.sizeBytes = this.#bytes.writeBigInt64LE(value, this.sizeBytes);
  }

  addBytes(row: number, source: Buffer, start: number, end: number): void {
    const length = end - start;
    this.#begin(row, 4 + length);
    const target = this.#bytes;
    const at = target.writeInt32LE(length, this.sizeBytes);
    if (length > LOOP_BYTES) {
      source.copy(target, at, start, end);
    } else {
      for (let index = 0; index < length; index += 1) {
        target[at + index] = source[start + index]!;
      }
    }
    this.sizeBytes = at + length;
  }

  /** The text without the white space around it, each byte mapped. */
  addMapped(row: number, field: FieldText, map: (byte: number) => number): void {
    const start = field.trimmedStart();
    if (start === -1) {
      return;
    }
    const from = this.sizeBytes + 4;
    this.addBytes(row, field.bytes, start, field.trimmedEnd());
    const target = this.#bytes;
    for (let at = from; at < this.sizeBytes; at += 1) {
      target[at] = map(target[at]!);
    }
  }

  part(rowCount: number): ColumnPart {
    return {
      valueBits: this.#valueBits.subarray(0, Math.ceil(rowCount / 8)),
      bytes: this.#bytes.subarray(0, this.sizeBytes),
    };
  }

  clear(): void {
    this.sizeBytes = 0;
    this.#valueBits.fill(0);
  }

  /** Marks that the row has a value, and makes room for it. */
  #begin(row: number, valueBytes: number): void {
    this.#valueBits[row >> 3]! |= 1 << (row & 7);
    const neededBytes = this.sizeBytes + valueBytes;
    if (neededBytes <= this.#bytes.length) {
      return;
    }
    const larger = Buffer.alloc(Math.max(neededBytes, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.sizeBytes);
    this.#bytes = larger;
  }
}

/** A call to copy takes longer than a loop over so few bytes. */
const LOOP_BYTES = 48;
