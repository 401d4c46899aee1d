/**
 * Lines of JSON become columns, in the memory of a WebAssembly module (src/bronze/assembly), which reads
 * ordinary lines some four times as quickly as JavaScript could. Lines that it gives up are left to the
 * strict reader, whose texts can be added here too.
 */
import { ClicklakeError } from '../errors.ts';
import { addField, type FieldCounts, noFields } from './field-counts.ts';
import { LINE_READER } from './generated/line-reader.ts';

/** How a field's text becomes a value. */
const KINDS = {
  /** As sent; null when it is empty or only white space. */
  text: 0,
  /** The same, trimmed, in lower or upper case. */
  lower: 1,
  upper: 2,
  /** As sent; an object or array counts as null. */
  sent: 3,
  /** Microseconds since the epoch, 64 bits. The flag says that something was sent. */
  instant: 4,
  /** 32 bits. The flag says that what was sent is no quantity. */
  quantity: 5,
  /** Hundredths, 64 bits. The flag says that what was sent is no amount of money. */
  amount: 6,
} as const;

export interface LineField {
  /** The field's name in the line. */
  name: string;
  kind: keyof typeof KINDS;
}

/** The rows so far of a column; the bytes are valid until something is added. */
export interface LineColumn {
  /** A bit a row: there is a value. */
  valueBits: Uint8Array;
  /** A bit a row, of the kinds that have a flag. */
  flagBits: Uint8Array;
  /** The values, nulls left out; a text behind four bytes of its length. Little-endian. */
  bytes: Uint8Array;
}

/** Rows are taken away in groups of at most so many. */
export const MAX_ROWS = 64 * 1024;
/** No row is begun when a column has so many bytes. */
const MAX_COLUMN_BYTES = 16 * 1024 * 1024;
/** The module has room for so many fields. */
const MAX_FIELDS = 1000;

const FIRST_COLUMN_BYTES = 256 * 1024;
const BIT_BYTES = MAX_ROWS / 8;
const PAGE_BYTES = 64 * 1024;
/** The module reads whole vectors, and a line must end with an LF. */
const SPARE_BYTES = 64;

export interface LineColumns {
  /**
   * Bytes that may be filled with text, `sizeBytes` at least; larger room keeps what the smaller had.
   * Valid until something is added. An LF may be put behind them.
   */
  input(sizeBytes: number): Buffer;
  /**
   * Adds the lines of the input from `from` up to those that begin at `to` or later. Each must end with an
   * LF, be UTF-8, and is read once only: its text is not the same afterwards. `offset` is where `from` lies
   * in the file. Returns where it ended: there, when it read all; or where a line begins that it gives up,
   * or that there is no room for (`full`).
   */
  readLines(from: number, to: number, place: LinePlace): ReadResult;
  /** Adds a row by what was read elsewhere. */
  addTexts(place: LinePlace, row: RowTexts): void;
  /** No row must be added before `clear`. */
  isFull(): boolean;
  rowCount(): number;
  fileNumbers(): Uint8Array;
  /** Where each row's line begins in its file, 64 bits. */
  lineStarts(): Uint8Array;
  problems(): LineColumn;
  items(): LineColumn;
  /** Of the field with this number. */
  column(field: number): LineColumn;
  /** Forgets all rows. */
  clear(): void;
  /** Hands over the fields without a column, and in how many of the lines that `readLines` read each occurs. */
  takeOtherFields(): FieldCounts;
}

export interface RowTexts {
  /** Null: none. */
  problem: string | null;
  /** Of the fields, in their order. */
  fields: readonly (string | null)[];
  /** The items of an event as JSON; only rows that are added by texts have them. */
  items: string | null;
}

export interface LinePlace {
  fileNumber: number;
  /** Bytes of the file's text before the line. */
  offset: number;
}

export interface ReadResult {
  at: number;
  lineCount: number;
  ended: 'at_end' | 'given_up' | 'full';
}

const ENDED = ['at_end', 'given_up', 'full', 'names_full'] as const;

/** What the module exports; addresses are bytes of its memory. */
interface Exports {
  memory: WebAssembly.Memory;
  addFieldName(name: number, kind: number): void;
  placeColumn(
    column: number,
    bytes: number,
    capacity: number,
    valueBits: number,
    flagBits: number,
  ): void;
  readLines(
    from: number,
    to: number,
    offset: bigint,
    fileNumber: number,
    fileNumbers: number,
    lineStarts: number,
    maxRows: number,
    maxBytes: number,
  ): number;
  whyEnded(): 0 | 1 | 2 | 3;
  linesRead(): number;
  addText(field: number, start: number, end: number): void;
  endRow(): void;
  rows(): number;
  usedBytes(column: number): number;
  clearColumns(count: number): void;
  names(): number;
  placeOfName(name: number): number;
  lengthOfName(name: number): number;
  otherFieldCount(name: number): number;
  forgetOthers(): void;
}

let compiled: WebAssembly.Module | undefined;

export function createLineColumns(fields: readonly LineField[]): LineColumns {
  if (fields.length > MAX_FIELDS) {
    throw new ClicklakeError('config_invalid', `${fields.length} fields are too many to read`, {
      hint: `declare fewer silver.extra_columns: with those of the contract ${MAX_FIELDS} can be read`,
    });
  }
  compiled ??= new WebAssembly.Module(Buffer.from(LINE_READER, 'base64'));
  const instance = new WebAssembly.Instance(compiled, { columns: { growColumn } });
  const reader = instance.exports as unknown as Exports;
  const memory = createMemory(reader.memory);
  let otherFields = noFields();

  /** Where columns lie: those of the fields, then the problems and the items. */
  const columns = [...fields, undefined, undefined].map((_, index) => {
    const column = {
      bytes: memory.take(FIRST_COLUMN_BYTES),
      capacity: FIRST_COLUMN_BYTES,
      valueBits: memory.take(BIT_BYTES),
      flagBits: memory.take(BIT_BYTES),
    };
    place(index, column);
    return column;
  });
  const problemColumn = fields.length;
  const itemsColumn = fields.length + 1;
  const fileNumbers = memory.take(4 * MAX_ROWS);
  const lineStarts = memory.take(8 * MAX_ROWS);
  let scratch = { at: memory.take(PAGE_BYTES), sizeBytes: PAGE_BYTES };
  let inputs = { at: memory.take(PAGE_BYTES), sizeBytes: PAGE_BYTES - SPARE_BYTES };
  for (const { name, kind } of fields) {
    writeScratch(`${name}"`);
    reader.addFieldName(scratch.at, KINDS[kind]);
  }

  function place(index: number, column: (typeof columns)[number]): void {
    const { bytes, capacity, valueBits, flagBits } = column;
    reader.placeColumn(index, bytes, capacity, valueBits, flagBits);
  }

  function growColumn(index: number, neededBytes: number): void {
    const column = columns[index] as (typeof columns)[number];
    const capacity = Math.max(2 * column.capacity, neededBytes);
    const bytes = memory.take(capacity);
    memory.bytes().copyWithin(bytes, column.bytes, column.bytes + reader.usedBytes(index));
    Object.assign(column, { bytes, capacity });
    place(index, column);
  }

  /** Returns how many bytes the text has. */
  function writeScratch(text: string): number {
    const needed = Buffer.byteLength(text) + SPARE_BYTES;
    if (needed > scratch.sizeBytes) {
      scratch = { at: memory.take(2 * needed), sizeBytes: 2 * needed };
    }
    return memory.buffer(scratch.at, scratch.sizeBytes).write(text);
  }

  function addText(field: number, text: string): void {
    const textBytes = writeScratch(text);
    reader.addText(field, scratch.at, scratch.at + textBytes);
  }

  function columnOf(index: number): LineColumn {
    const { valueBits, flagBits, bytes } = columns[index] as (typeof columns)[number];
    const bitBytes = Math.ceil(reader.rows() / 8);
    return {
      valueBits: memory.buffer(valueBits, bitBytes),
      flagBits: memory.buffer(flagBits, bitBytes),
      bytes: memory.buffer(bytes, reader.usedBytes(index)),
    };
  }

  /** The module has room for some thousand names; it forgets those that are collected. */
  function collectOtherFields(): void {
    for (let name = fields.length; name < reader.names(); name += 1) {
      const count = reader.otherFieldCount(name);
      if (count === 0) {
        continue;
      }
      const length = reader.lengthOfName(name) - 1;
      const text = memory.buffer(reader.placeOfName(name), length).toString('utf8');
      addField(otherFields, text, count);
    }
    reader.forgetOthers();
  }

  return {
    input(sizeBytes) {
      if (sizeBytes > inputs.sizeBytes) {
        const larger = memory.take(sizeBytes + SPARE_BYTES);
        memory.bytes().copyWithin(larger, inputs.at, inputs.at + inputs.sizeBytes);
        inputs = { at: larger, sizeBytes };
      }
      return memory.buffer(inputs.at, inputs.sizeBytes + 1);
    },
    readLines(from, to, { fileNumber, offset }) {
      let at = from;
      let lineCount = 0;
      for (;;) {
        const end = reader.readLines(
          inputs.at + at,
          inputs.at + to,
          BigInt(offset + at - from),
          fileNumber,
          fileNumbers,
          lineStarts,
          MAX_ROWS,
          MAX_COLUMN_BYTES,
        );
        at = end - inputs.at;
        lineCount += reader.linesRead();
        const ended = ENDED[reader.whyEnded()];
        if (ended !== 'names_full') {
          return { at, lineCount, ended };
        }
        collectOtherFields();
      }
    },
    addTexts({ fileNumber, offset }, { problem, fields: texts, items }) {
      if (problem !== null) {
        addText(problemColumn, problem);
      }
      if (items !== null) {
        addText(itemsColumn, items);
      }
      for (const [field, text] of texts.entries()) {
        if (text !== null) {
          addText(field, text);
        }
      }
      const row = reader.rows();
      const view = new DataView(reader.memory.buffer);
      view.setInt32(fileNumbers + 4 * row, fileNumber, true);
      view.setBigInt64(lineStarts + 8 * row, BigInt(offset), true);
      reader.endRow();
    },
    isFull: () =>
      reader.rows() >= MAX_ROWS ||
      columns.some((_, index) => reader.usedBytes(index) > MAX_COLUMN_BYTES),
    rowCount: () => reader.rows(),
    fileNumbers: () => memory.buffer(fileNumbers, 4 * reader.rows()),
    lineStarts: () => memory.buffer(lineStarts, 8 * reader.rows()),
    problems: () => columnOf(problemColumn),
    items: () => columnOf(itemsColumn),
    column: columnOf,
    clear() {
      for (const { valueBits, flagBits } of columns) {
        memory.buffer(valueBits, BIT_BYTES).fill(0);
        memory.buffer(flagBits, BIT_BYTES).fill(0);
      }
      reader.clearColumns(columns.length);
    },
    takeOtherFields() {
      collectOtherFields();
      const taken = otherFields;
      otherFields = noFields();
      return taken;
    },
  };
}

/** Room in the module's memory behind its own. Views of it end when it grows. */
function createMemory(memory: WebAssembly.Memory) {
  let top = memory.buffer.byteLength;
  return {
    /** Addresses of so many bytes, which are zero and are never given back. */
    take(sizeBytes: number): number {
      const at = top;
      top += Math.ceil(sizeBytes / 16) * 16;
      const missing = top + PAGE_BYTES - memory.buffer.byteLength;
      if (missing > 0) {
        memory.grow(Math.ceil(missing / PAGE_BYTES));
      }
      return at;
    },
    bytes: () => new Uint8Array(memory.buffer),
    buffer: (at: number, sizeBytes: number) => Buffer.from(memory.buffer, at, sizeBytes),
  };
}
