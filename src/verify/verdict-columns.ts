/**
 * Verdicts as columns for DuckDB: one row per line that is not blank. Events have their contract
 * columns, quarantined lines their reason; both have the position and the raw bytes.
 */
import { CONTRACT_FIELDS, type FieldKind } from '../contract/fields.ts';
import type { ColumnPart, ColumnType } from './duckdb-contract.ts';
import {
  type AmountName,
  type FieldText,
  type Line,
  type LineJudge,
  lowerAscii,
  upperAscii,
} from './line-judge.ts';
import type { MappedItem } from './mapped-fields.ts';

interface VerdictColumn {
  name: string;
  type: ColumnType;
  /** The contract field in this column. */
  field?: (typeof CONTRACT_FIELDS)[number];
}

/** Instants are microseconds since the epoch; amounts are hundredths of the currency unit. */
const TYPES: Readonly<Record<FieldKind, { type: ColumnType; unit: string }>> = {
  text: { type: 'text', unit: '' },
  lower: { type: 'text', unit: '' },
  upper: { type: 'text', unit: '' },
  instant: { type: 'long', unit: '_micros' },
  quantity: { type: 'integer', unit: '' },
  amount: { type: 'long', unit: '_hundredths' },
};

export const VERDICT_COLUMNS: readonly VerdictColumn[] = [
  { name: 'file_number', type: 'integer' },
  /** Line number in the file, from 1, blank lines counted. */
  { name: 'line_number', type: 'integer' },
  /** Null: the line is an event. */
  { name: 'reason', type: 'text' },
  { name: 'raw_line', type: 'bytes' },
  /** JSON array of the event's items. */
  { name: 'items', type: 'text' },
  ...CONTRACT_FIELDS.map((field) => {
    const { type, unit } = TYPES[field.kind];
    const name = field.name === 'event_timestamp' ? 'event' : field.name;
    return { name: `${name}${unit}`, type, field };
  }),
];

const COLUMN_COUNT = VERDICT_COLUMNS.length;
const [FILE_NUMBER, LINE_NUMBER, REASON, RAW_LINE, ITEMS] = [0, 1, 2, 3, 4] as const;

const MAX_ROWS = 64 * 1024;
const MAX_BYTES = 32 * 1024 * 1024;
const FIRST_BYTES = 64 * 1024;

export class VerdictColumns {
  rowCount = 0;
  readonly #columns = VERDICT_COLUMNS.map(() => new Column());
  readonly #texts = new Map<string, Buffer>();

  /** Adds a line. Unless there is a reason to reject it, adds the event in the judge too. */
  add(
    fileNumber: number,
    lineNumber: number,
    line: Line,
    reason: string | undefined,
    judge: LineJudge,
  ): void {
    const row = this.rowCount;
    this.#columns[FILE_NUMBER]!.addInteger(row, fileNumber);
    this.#columns[LINE_NUMBER]!.addInteger(row, lineNumber);
    this.#columns[RAW_LINE]!.addBytes(row, line.bytes, line.start, line.end);
    if (reason === undefined) {
      this.#addEvent(row, judge);
    } else {
      this.#addText(REASON, row, reason);
    }
    this.rowCount += 1;
  }

  isFull(): boolean {
    return this.rowCount >= MAX_ROWS || this.#columns[RAW_LINE]!.sizeBytes >= MAX_BYTES;
  }

  /** Valid until a row is added. */
  parts(): ColumnPart[] {
    return this.#columns.map((column) => column.part(this.rowCount));
  }

  clear(): void {
    this.rowCount = 0;
    for (const column of this.#columns) {
      column.clear();
    }
  }

  #addEvent(row: number, judge: LineJudge): void {
    if (judge.items.length > 0) {
      const bytes = Buffer.from(JSON.stringify(judge.items.map(itemRow)));
      this.#columns[ITEMS]!.addBytes(row, bytes, 0, bytes.length);
    }
    for (let index = ITEMS + 1; index < COLUMN_COUNT; index += 1) {
      this.#addField(index, row, judge);
    }
  }

  #addField(index: number, row: number, judge: LineJudge): void {
    const { name, kind } = VERDICT_COLUMNS[index]!.field!;
    const column = this.#columns[index]!;
    if (name === 'event_type') {
      this.#addText(index, row, judge.eventType);
    } else if (kind === 'text') {
      const { bytes, start, end } = judge.fields[name];
      if (start !== -1) {
        column.addBytes(row, bytes, start, end);
      }
    } else if (kind === 'lower' || kind === 'upper') {
      column.addMapped(row, judge.fields[name], kind === 'lower' ? lowerAscii : upperAscii);
    } else if (kind === 'instant') {
      column.addLong(row, judge.timestamp);
    } else if (kind === 'quantity') {
      if (judge.quantity !== null) {
        column.addInteger(row, judge.quantity);
      }
    } else {
      const amount = judge.amounts[name as AmountName];
      if (amount !== null) {
        column.addLong(row, amount);
      }
    }
  }

  /** Adds one of a few known texts. */
  #addText(index: number, row: number, text: string): void {
    let bytes = this.#texts.get(text);
    if (bytes === undefined) {
      bytes = Buffer.from(text);
      this.#texts.set(text, bytes);
    }
    this.#columns[index]!.addBytes(row, bytes, 0, bytes.length);
  }
}

function itemRow({ texts, price, quantity }: MappedItem, index: number) {
  const { price: _price, quantity: _quantity, ...names } = texts;
  const hundredths = price === null ? null : String(price);
  return { item_number: index + 1, ...names, price_hundredths: hundredths, quantity };
}

/** The values of a column without nulls, and a bit per row that says whether there is one. */
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

  /** Adds the trimmed text, with each byte mapped. */
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

  /** Marks that the row has a value, and ensures space for it. */
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

/** Up to this many bytes a loop is faster than a call to copy. */
const LOOP_BYTES = 48;
