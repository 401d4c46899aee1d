/** A local file of read lines, for DuckDB: their places and the values of their fields. */
import { closeSync, openSync, writeSync } from 'node:fs';
import {
  trimEnd,
  trimStart,
  writeInstant,
  writePrice,
  writeQuantity,
} from '../../bronze/field-values.ts';
import { copyUnescaped, type OrdinaryLineReader } from '../../bronze/ordinary-line.ts';
import { fileError } from '../../storage/file-errors.ts';
import {
  fileFooter,
  MAGIC,
  nullBitsHeader,
  type PageColumn,
  pageHeader,
  type RowGroup,
  type WrittenPage,
} from './parquet-pages.ts';

/** Rows are written in groups, each of which a thread of DuckDB reads by itself. */
const GROUP_ROWS = 64 * 1024;
/** A group is written earlier when its longest column has this many bytes. */
const GROUP_COLUMN_BYTES = 16 * 1024 * 1024;

/** How a field's text becomes a value. */
export type ValueKind =
  /** As sent; null when it is empty or only white space. */
  | 'text'
  /** The same, trimmed, in lower or upper case. */
  | 'lower'
  | 'upper'
  /** As sent. */
  | 'sent'
  | 'instant'
  | 'quantity'
  | 'price';

export interface FieldColumn {
  name: string;
  kind: ValueKind;
  /** Name of a column that says: something was sent (of an instant), or what was sent has no value. */
  flag?: string;
}

export interface LinesFile {
  /** Adds the line that `reader` has found in `bytes`, of which `view` is one, too. */
  addFound(
    fileNumber: number,
    lineStart: number,
    bytes: Uint8Array,
    view: DataView,
    reader: OrdinaryLineReader,
  ): void;
  /** Adds a line by its problem (null: none) and the texts of its fields, in their order. */
  addTexts(
    fileNumber: number,
    lineStart: number,
    problem: string | null,
    texts: readonly (string | null)[],
  ): void;
  /** Completes the file, which may have no rows; returns its path. */
  close(): string;
  /** Gives the file up. */
  abandon(): void;
}

/** Names of the columns besides the fields'. */
export const PLACE_COLUMNS = {
  fileNumber: 'file_number',
  lineStart: 'line_start',
  problem: 'problem',
} as const;

export function createLinesFile(path: string, fields: readonly FieldColumn[]): LinesFile {
  const fileNumbers = new Int32Array(GROUP_ROWS);
  /** Pairs of halves, the lower first: 64 bits without a bigint for each line. */
  const lineStarts = new Int32Array(2 * GROUP_ROWS);
  const problems = createValues(4096);
  const values = fields.map(() => createValues(256 * 1024));
  const flags = fields.map(() => new Uint8Array(GROUP_ROWS / 8));
  const isText = Uint8Array.from(fields, ({ kind }) => Number(kind === 'text'));
  const scratch = createValues(64 * 1024);
  const columns = [
    column(PLACE_COLUMNS.fileNumber, 'integer'),
    column(PLACE_COLUMNS.lineStart, 'long'),
    column(PLACE_COLUMNS.problem, 'text?'),
    ...fields.map(({ name, kind }) => column(name, columnType(kind))),
    ...fields.flatMap(({ flag }) => (flag === undefined ? [] : [column(flag, 'boolean')])),
  ];
  const groups: RowGroup[] = [];
  let rowCount = 0;
  let longest = 0;
  let file: number | undefined;
  let fileBytes = 0;

  const write = (bytes: Uint8Array): void => {
    try {
      file ??= openSync(path, 'w');
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } catch (error) {
      throw fileError('write', path, error);
    }
    fileBytes += bytes.length;
  };
  const begin = (): void => {
    if (file === undefined) write(MAGIC);
  };
  const writePage = (parts: readonly Uint8Array[]): WrittenPage => {
    const offset = fileBytes;
    const bodyBytes = parts.reduce((sum, part) => sum + part.length, 0);
    write(pageHeader(rowCount, bodyBytes));
    for (const part of parts) write(part);
    return { offset, sizeBytes: fileBytes - offset };
  };
  const writeGroup = (): void => {
    if (rowCount === 0) return;
    begin();
    const bitBytes = Math.ceil(rowCount / 8);
    const pages = [
      writePage([new Uint8Array(fileNumbers.buffer, 0, rowCount * 4)]),
      writePage([new Uint8Array(lineStarts.buffer, 0, rowCount * 8)]),
      ...[problems, ...values].map(({ bits, bytes, used }) =>
        writePage([nullBitsHeader(bitBytes), bits.subarray(0, bitBytes), bytes.subarray(0, used)]),
      ),
      ...flags.flatMap((bits, field) =>
        fields[field]?.flag === undefined ? [] : [writePage([bits.subarray(0, bitBytes)])],
      ),
    ];
    groups.push({ rowCount, pages });
    for (const column of [problems, ...values]) {
      column.bits.fill(0);
      column.used = 0;
    }
    for (const bits of flags) bits.fill(0);
    rowCount = 0;
    longest = 0;
  };
  const endRow = (fileNumber: number, lineStart: number): void => {
    fileNumbers[rowCount] = fileNumber;
    lineStarts[2 * rowCount] = lineStart | 0;
    lineStarts[2 * rowCount + 1] = Math.floor(lineStart / 2 ** 32);
    rowCount += 1;
    if (rowCount === GROUP_ROWS || longest > GROUP_COLUMN_BYTES) writeGroup();
  };
  const abandon = (): void => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  /** The value of a field whose text lies in `bytes`; three bytes behind it may be read. */
  const addField = (
    field: number,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
  ): void => {
    const target = values[field] as Values;
    makeRoom(target, end - start);
    if (isText[field] === 1) {
      if (start < end && ((bytes[start] as number) > 0x20 || trimStart(bytes, start, end) < end)) {
        addCopy(target, rowCount, view, start, end);
      }
    } else addOther(field, target, bytes, view, start, end);
    if (target.used > longest) longest = target.used;
  };
  const addOther = (
    field: number,
    target: Values,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
  ): void => {
    const kind = (fields[field] as FieldColumn).kind;
    if (kind === 'sent') addCopy(target, rowCount, view, start, end);
    else {
      const from = trimStart(bytes, start, end);
      const to = trimEnd(bytes, from, end);
      if (from === to) return;
      const bits = flags[field] as Uint8Array;
      if (kind === 'lower') addInCase(target, rowCount, bytes, from, to, 0x41, 0x20);
      else if (kind === 'upper') addInCase(target, rowCount, bytes, from, to, 0x61, -0x20);
      else if (kind === 'instant') {
        setBit(bits, rowCount);
        if (writeInstant(bytes, from, to, target.view, target.used)) endValue(target, rowCount, 8);
      } else if (kind === 'price') {
        if (writePrice(bytes, from, to, target.view, target.used)) endValue(target, rowCount, 8);
        else setBit(bits, rowCount);
      } else if (writeQuantity(bytes, from, to, target.view, target.used)) {
        endValue(target, rowCount, 4);
      } else setBit(bits, rowCount);
    }
  };

  return {
    addFound(fileNumber, lineStart, bytes, view, reader) {
      const { starts, ends, hasEscapes } = reader;
      for (let field = 0; field < fields.length; field += 1) {
        const start = starts[field] as number;
        if (start < 0) continue;
        const end = ends[field] as number;
        if (hasEscapes[field] === 1) {
          makeRoom(scratch, end - start);
          const textBytes = copyUnescaped(bytes, start, end, scratch.bytes, 0);
          addField(field, scratch.bytes, scratch.view, 0, textBytes);
        } else addField(field, bytes, view, start, end);
      }
      endRow(fileNumber, lineStart);
    },
    addTexts(fileNumber, lineStart, problem, texts) {
      if (problem !== null) {
        const textBytes = encode(scratch, problem);
        makeRoom(problems, textBytes);
        addCopy(problems, rowCount, scratch.view, 0, textBytes);
      }
      for (const [field, text] of texts.entries()) {
        if (text === null) continue;
        const textBytes = encode(scratch, text);
        addField(field, scratch.bytes, scratch.view, 0, textBytes);
      }
      endRow(fileNumber, lineStart);
    },
    close() {
      writeGroup();
      begin();
      write(fileFooter(columns, groups));
      abandon();
      return path;
    },
    abandon,
  };
}

function column(name: string, type: PageColumn['type']): PageColumn {
  return { name, type };
}

function columnType(kind: ValueKind): PageColumn['type'] {
  if (kind === 'instant') return 'instant?';
  if (kind === 'price') return 'price?';
  return kind === 'quantity' ? 'integer?' : 'text?';
}

/** Values of a column as Parquet has them, nulls left out; of a text four bytes of length, then its bytes. */
interface Values {
  /** With room for three bytes more than are used, so that texts can be copied by four. */
  bytes: Uint8Array;
  /** Of the same bytes. */
  view: DataView;
  used: number;
  /** One bit a row: 1 when it has a value. */
  bits: Uint8Array;
}

function createValues(sizeBytes: number): Values {
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  return { bytes, view, used: 0, bits: new Uint8Array(GROUP_ROWS / 8) };
}

/** For a text of so many bytes, or a number. */
function makeRoom(column: Values, textBytes: number): void {
  const needed = column.used + 8 + textBytes;
  if (needed <= column.bytes.length) return;
  const larger = new Uint8Array(Math.max(needed, 2 * column.bytes.length));
  larger.set(column.bytes.subarray(0, column.used));
  column.bytes = larger;
  column.view = new DataView(larger.buffer);
}

function addCopy(column: Values, row: number, source: DataView, start: number, end: number): void {
  const { view, used } = column;
  const textBytes = end - start;
  view.setInt32(used, textBytes, true);
  for (let at = 0; at < textBytes; at += 4) {
    view.setInt32(used + 4 + at, source.getInt32(start + at, true), true);
  }
  endValue(column, row, 4 + textBytes);
}

/** Adds a text with each letter of the 26 from `first` on moved by `step`. */
function addInCase(
  column: Values,
  row: number,
  source: Uint8Array,
  start: number,
  end: number,
  first: number,
  step: number,
): void {
  const { bytes, view, used } = column;
  view.setInt32(used, end - start, true);
  let to = used + 4;
  for (let at = start; at < end; at += 1) {
    const byte = source[at] as number;
    bytes[to++] = byte >= first && byte < first + 26 ? byte + step : byte;
  }
  endValue(column, row, 4 + end - start);
}

/** Ends a value whose bytes are in place. */
function endValue(column: Values, row: number, sizeBytes: number): void {
  setBit(column.bits, row);
  column.used += sizeBytes;
}

function setBit(bits: Uint8Array, row: number): void {
  bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
}

/** Writes a text to the start of the scratch; returns how many bytes it has. */
function encode(scratch: Values, text: string): number {
  makeRoom(scratch, Buffer.byteLength(text));
  return Buffer.from(scratch.bytes.buffer).write(text);
}
