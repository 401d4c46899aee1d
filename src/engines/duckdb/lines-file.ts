/** A local file of read lines, for DuckDB: their place and the texts of their fields. */
import { closeSync, openSync, writeSync } from 'node:fs';
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

export interface LinesFile {
  /** Adds the line that `reader` has found in `bytes`. */
  addFound(
    fileNumber: number,
    lineStart: number,
    bytes: Uint8Array,
    view: DataView,
    reader: OrdinaryLineReader,
  ): void;
  /** Adds a line by its problem (null: none) and the texts of its fields, in the order of `fields`. */
  addTexts(
    fileNumber: number,
    lineStart: number,
    problem: string | null,
    texts: readonly (string | null)[],
  ): void;
  /** Completes the file; undefined when it has no rows, and is none then. */
  close(): string | undefined;
  /** Gives the file up. */
  abandon(): void;
}

/** Names of the columns besides the fields. */
export const PLACE_COLUMNS = {
  fileNumber: 'file_number',
  lineStart: 'line_start',
  problem: 'problem',
} as const;

/** Nothing is opened before the first row. `fields` are the names of the text columns. */
export function createLinesFile(path: string, fields: readonly string[]): LinesFile {
  const columns: PageColumn[] = [
    { name: PLACE_COLUMNS.fileNumber, type: 'int32' },
    { name: PLACE_COLUMNS.lineStart, type: 'int64' },
    { name: PLACE_COLUMNS.problem, type: 'text' },
    ...fields.map((name): PageColumn => ({ name, type: 'text' })),
  ];
  const fieldCount = fields.length;
  const fileNumbers = new Int32Array(GROUP_ROWS);
  /** Pairs of halves, the lower first: 64 bits without a bigint for each line. */
  const lineStarts = new Int32Array(2 * GROUP_ROWS);
  const problems = createTexts(4096);
  const texts = fields.map(() => createTexts(256 * 1024));
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
  const writePage = (parts: readonly Uint8Array[]): WrittenPage => {
    const offset = fileBytes;
    const bodyBytes = parts.reduce((sum, part) => sum + part.length, 0);
    write(pageHeader(rowCount, bodyBytes));
    for (const part of parts) write(part);
    return { offset, sizeBytes: fileBytes - offset };
  };
  const writeGroup = (): void => {
    if (rowCount === 0) return;
    if (file === undefined) write(MAGIC);
    const bitBytes = Math.ceil(rowCount / 8);
    const pages = [
      writePage([new Uint8Array(fileNumbers.buffer, 0, rowCount * 4)]),
      writePage([new Uint8Array(lineStarts.buffer, 0, rowCount * 8)]),
      ...[problems, ...texts].map((column) =>
        writePage([
          nullBitsHeader(bitBytes),
          column.bits.subarray(0, bitBytes),
          column.bytes.subarray(0, column.used),
        ]),
      ),
    ];
    groups.push({ rowCount, pages });
    for (const column of [problems, ...texts]) {
      column.bits.fill(0);
      column.used = 0;
    }
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

  return {
    addFound(fileNumber, lineStart, bytes, view, reader) {
      const { starts, ends, hasEscapes } = reader;
      for (let field = 0; field < fieldCount; field += 1) {
        const start = starts[field] as number;
        if (start < 0) continue;
        const column = texts[field] as Texts;
        const end = ends[field] as number;
        makeRoom(column, end - start);
        const begin = column.used + 4;
        let textBytes = end - start;
        if (hasEscapes[field] === 1) {
          textBytes = copyUnescaped(bytes, start, end, column.bytes, begin) - begin;
        } else {
          const target = column.view;
          for (let at = 0; at < textBytes; at += 4) {
            target.setInt32(begin + at, view.getInt32(start + at, true), true);
          }
        }
        endText(column, rowCount, textBytes);
        if (column.used > longest) longest = column.used;
      }
      endRow(fileNumber, lineStart);
    },
    addTexts(fileNumber, lineStart, problem, values) {
      addText(problems, rowCount, problem);
      for (let field = 0; field < fieldCount; field += 1) {
        const column = texts[field] as Texts;
        addText(column, rowCount, values[field] ?? null);
        longest = Math.max(longest, column.used);
      }
      endRow(fileNumber, lineStart);
    },
    close() {
      writeGroup();
      if (file === undefined) return undefined;
      write(fileFooter(columns, groups));
      closeSync(file);
      file = undefined;
      return path;
    },
    abandon() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** Values of a text column as Parquet has them: four bytes of length, then the text. */
interface Texts {
  /** With room for three bytes more than are used, so that texts can be copied by four. */
  bytes: Uint8Array;
  /** Of the same bytes. */
  view: DataView;
  used: number;
  /** One bit a row: 1 when it has a value. */
  bits: Uint8Array;
}

function createTexts(sizeBytes: number): Texts {
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  return { bytes, view, used: 0, bits: new Uint8Array(GROUP_ROWS / 8) };
}

function makeRoom(column: Texts, textBytes: number): void {
  const needed = column.used + 4 + textBytes + 3;
  if (needed <= column.bytes.length) return;
  const larger = new Uint8Array(Math.max(needed, 2 * column.bytes.length));
  larger.set(column.bytes.subarray(0, column.used));
  column.bytes = larger;
  column.view = new DataView(larger.buffer);
}

/** Ends a text of this length, whose bytes are in place behind its length. */
function endText(column: Texts, row: number, textBytes: number): void {
  const { view, bits, used } = column;
  view.setUint32(used, textBytes, true);
  bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
  column.used = used + 4 + textBytes;
}

function addText(column: Texts, row: number, text: string | null): void {
  if (text === null) return;
  const bytes = Buffer.from(text);
  makeRoom(column, bytes.length);
  column.bytes.set(bytes, column.used + 4);
  endText(column, row, bytes.length);
}
