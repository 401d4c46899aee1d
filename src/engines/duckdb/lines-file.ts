/** A local file of read lines, for DuckDB: their places and the values of their fields. */
import type { LineColumn, LineColumns, LineField } from '../../bronze/line-columns.ts';
import { createColumnFile } from './column-file.ts';
import { nullBitsHeader, type PageColumn } from './parquet-pages.ts';

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
  /** Discards the file. */
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
  const file = createColumnFile(path, pageColumns);
  return {
    writeGroup(columns, receivedAtMicros) {
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
        [instantsOf(columns.fileNumbers(), receivedAtMicros)],
        [columns.lineStarts()],
        withNulls(columns.problems()),
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

/** A value of the map for each file number, 32 bits each; 64 bits each. */
function instantsOf(fileNumbers: Uint8Array, micros: ReadonlyMap<number, bigint>): Uint8Array {
  const { buffer, byteOffset, length } = fileNumbers;
  const numbers = new Int32Array(buffer, byteOffset, length / 4);
  const instants = new BigInt64Array(numbers.length);
  for (let from = 0, to = 0; from < numbers.length; from = to) {
    const file = numbers[from] as number;
    while (numbers[to] === file) {
      to += 1;
    }
    instants.fill(micros.get(file) as bigint, from, to);
  }
  return new Uint8Array(instants.buffer);
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
