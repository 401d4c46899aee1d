/** A local file of read lines for DuckDB: their positions and the values of their fields. */
import type { LineColumn, LineColumns, LineField } from '../../bronze/line-columns.ts';
import { createColumnFile } from './column-file.ts';
import { nullBitsHeader, type PageColumn } from './parquet-pages.ts';

export interface FieldColumn extends Pick<LineField, 'kind'> {
  column: string;
  /** The name of its flag column, for kinds that have one. */
  flag?: string;
}

/** Values that are the same for all rows of a file. */
export interface FileFacts {
  receivedAtMicros: bigint;
  /** The mapping number of its source. */
  mapping: number;
}

export interface LinesFile {
  /**
   * Writes the rows as one row group. `columns` are those of `fields`. `files` gives the constant
   * values by file number.
   */
  writeGroup(columns: LineColumns, files: ReadonlyMap<number, FileFacts>): void;
  /** Completes the file, which may be empty, and returns its path. */
  close(): string;
  /** Discards the file. */
  abandon(): void;
}

/** Names of the columns other than fields. */
export const PLACE_COLUMNS = {
  fileNumber: 'file_number',
  receivedAt: 'received_at',
  lineStart: 'line_start',
  problem: 'problem',
  items: 'items',
  mapping: 'mapping_number',
} as const;

export function createLinesFile(path: string, fields: readonly FieldColumn[]): LinesFile {
  const pageColumns = [
    pageColumn(PLACE_COLUMNS.fileNumber, 'integer'),
    pageColumn(PLACE_COLUMNS.receivedAt, 'instant'),
    pageColumn(PLACE_COLUMNS.lineStart, 'long'),
    pageColumn(PLACE_COLUMNS.problem, 'text?'),
    pageColumn(PLACE_COLUMNS.items, 'text?'),
    pageColumn(PLACE_COLUMNS.mapping, 'integer'),
    ...fields.map(({ column, kind }) => pageColumn(column, pageType(kind))),
    ...fields.flatMap(({ flag }) => (flag === undefined ? [] : [pageColumn(flag, 'boolean')])),
  ];
  const file = createColumnFile(path, pageColumns);
  return {
    writeGroup(columns, files) {
      const rowCount = columns.rowCount();
      if (rowCount === 0) {
        return;
      }
      const withNulls = ({ valueBits, bytes }: LineColumn): Uint8Array[] => [
        nullBitsHeader(valueBits.length),
        valueBits,
        bytes,
      ];
      file.writeGroup(rowCount, [
        [columns.fileNumbers()],
        [instantsOf(columns.fileNumbers(), files)],
        [columns.lineStarts()],
        withNulls(columns.problems()),
        withNulls(columns.items()),
        [mappingsOf(columns.fileNumbers(), files)],
        ...fields.map((_, field) => withNulls(columns.column(field))),
        ...fields.flatMap(({ flag }, field) =>
          flag === undefined ? [] : [[columns.column(field).flagBits]],
        ),
      ]);
    },
    close() {
      file.close();
      return path;
    },
    abandon: file.abandon,
  };
}

/** Time of reception for each row: 64 bits, from file numbers of 32 bits. */
function instantsOf(fileNumbers: Uint8Array, files: ReadonlyMap<number, FileFacts>): Uint8Array {
  const instants = new BigInt64Array(fileNumbers.length / 4);
  forEachFile(fileNumbers, files, ({ receivedAtMicros }, from, to) =>
    instants.fill(receivedAtMicros, from, to),
  );
  return new Uint8Array(instants.buffer);
}

function mappingsOf(fileNumbers: Uint8Array, files: ReadonlyMap<number, FileFacts>): Uint8Array {
  const mappings = new Int32Array(fileNumbers.length / 4);
  forEachFile(fileNumbers, files, ({ mapping }, from, to) => mappings.fill(mapping, from, to));
  return new Uint8Array(mappings.buffer);
}

/** Calls `fill` for each run of consecutive rows of the same file. */
function forEachFile(
  fileNumbers: Uint8Array,
  files: ReadonlyMap<number, FileFacts>,
  fill: (file: FileFacts, from: number, to: number) => void,
): void {
  const { buffer, byteOffset, length } = fileNumbers;
  const numbers = new Int32Array(buffer, byteOffset, length / 4);
  for (let from = 0, to = 0; from < numbers.length; from = to) {
    const file = numbers[from] as number;
    while (numbers[to] === file) {
      to += 1;
    }
    fill(files.get(file) as FileFacts, from, to);
  }
}

function pageColumn(name: string, type: PageColumn['type']): PageColumn {
  return { name, type };
}

function pageType(kind: LineField['kind']): PageColumn['type'] {
  if (kind === 'instant') {
    return 'instant?';
  }
  if (kind === 'amount') {
    return 'price?';
  }
  return kind === 'quantity' ? 'integer?' : 'text?';
}
