/** A local file of read lines, for DuckDB: their places and the values of their fields. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { LineColumn, LineColumns, LineField } from '../../bronze/line-columns.ts';
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

export interface FieldColumn extends LineField {
  /** Name of the column; the field's own is its name in lines. */
  column: string;
  /** Name of the column of its flag, for the kinds that have one. */
  flag?: string;
}

export interface LinesFile {
  /**
   * Writes the rows of the columns, which are those of `fields`, as a group that can be read by itself.
   * `receivedAtMicros` is of every file, by number.
   */
  writeGroup(columns: LineColumns, receivedAtMicros: ReadonlyMap<number, bigint>): void;
  /** Completes the file, which may have no rows; returns its path. */
  close(): string;
  /** Gives the file up. */
  abandon(): void;
}

/** Names of the columns besides the fields'. */
export const PLACE_COLUMNS = {
  fileNumber: 'file_number',
  receivedAt: 'received_at',
  lineStart: 'line_start',
  problem: 'problem',
} as const;

export function createLinesFile(path: string, fields: readonly FieldColumn[]): LinesFile {
  const pageColumns = [
    pageColumn(PLACE_COLUMNS.fileNumber, 'integer'),
    pageColumn(PLACE_COLUMNS.receivedAt, 'instant'),
    pageColumn(PLACE_COLUMNS.lineStart, 'long'),
    pageColumn(PLACE_COLUMNS.problem, 'text?'),
    ...fields.map(({ column, kind }) => pageColumn(column, pageType(kind))),
    ...fields.flatMap(({ flag }) => (flag === undefined ? [] : [pageColumn(flag, 'boolean')])),
  ];
  const groups: RowGroup[] = [];
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
  const writePage = (rowCount: number, parts: readonly Uint8Array[]): WrittenPage => {
    const offset = fileBytes;
    const bodyBytes = parts.reduce((sum, part) => sum + part.length, 0);
    write(pageHeader(rowCount, bodyBytes));
    for (const part of parts) write(part);
    return { offset, sizeBytes: fileBytes - offset };
  };
  const abandon = (): void => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    writeGroup(columns, receivedAtMicros) {
      const rowCount = columns.rowCount();
      if (rowCount === 0) return;
      begin();
      const writeValues = ({ valueBits, bytes }: LineColumn): WrittenPage =>
        writePage(rowCount, [nullBitsHeader(valueBits.length), valueBits, bytes]);
      const pages = [
        writePage(rowCount, [columns.fileNumbers()]),
        writePage(rowCount, [instantsOf(columns.fileNumbers(), receivedAtMicros)]),
        writePage(rowCount, [columns.lineStarts()]),
        writeValues(columns.problems()),
        ...fields.map((_, field) => writeValues(columns.column(field))),
        ...fields.flatMap(({ flag }, field) =>
          flag === undefined ? [] : [writePage(rowCount, [columns.column(field).flagBits])],
        ),
      ];
      groups.push({ rowCount, pages });
    },
    close() {
      begin();
      write(fileFooter(pageColumns, groups));
      abandon();
      return path;
    },
    abandon,
  };
}

/** A value of the map for each file number, 32 bits each; 64 bits each. */
function instantsOf(fileNumbers: Uint8Array, micros: ReadonlyMap<number, bigint>): Uint8Array {
  const { buffer, byteOffset, length } = fileNumbers;
  const numbers = new Int32Array(buffer, byteOffset, length / 4);
  const instants = new BigInt64Array(numbers.length);
  for (let from = 0, to = 0; from < numbers.length; from = to) {
    const file = numbers[from] as number;
    while (numbers[to] === file) to += 1;
    instants.fill(micros.get(file) as bigint, from, to);
  }
  return new Uint8Array(instants.buffer);
}

function pageColumn(name: string, type: PageColumn['type']): PageColumn {
  return { name, type };
}

function pageType(kind: LineField['kind']): PageColumn['type'] {
  if (kind === 'instant') return 'instant?';
  if (kind === 'price') return 'price?';
  return kind === 'quantity' ? 'integer?' : 'text?';
}
