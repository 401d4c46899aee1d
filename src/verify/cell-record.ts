/** Rows of cells as records of a `RecordStore`, each cell with a byte that tells its type. */
import type { Cell } from './canonical-row.ts';
import type { Chunk, RecordStore } from './record-store.ts';

const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const NUMBER = 3;
const BIGINT = 4;
const TEXT = 5;
const LARGE_BIGINT = 6;

export function addCells(store: RecordStore, partition: number, cells: readonly Cell[]): void {
  const chunk = store.reserve(partition, maxBytes(cells));
  const start = chunk.used;
  chunk.view.setUint32(start, cells.length, true);
  let at = start + 4;
  for (const cell of cells) at = writeCell(chunk, at, cell);
  store.commit(chunk, at - start);
}

/** The records of a partition; the partition is gone afterwards. */
export function* takeCells(store: RecordStore, partition: number): Iterable<Cell[]> {
  for (const chunk of store.takeChunks(partition)) {
    for (let at = 0; at < chunk.used; ) {
      const cells: Cell[] = new Array(chunk.view.getUint32(at, true));
      at += 4;
      for (let index = 0; index < cells.length; index += 1) at = readCell(chunk, at, cells, index);
      yield cells;
    }
  }
}

function maxBytes(cells: readonly Cell[]): number {
  let bytes = 4 + cells.length * 9;
  for (const cell of cells) {
    if (typeof cell === 'string') bytes += cell.length * 3;
    else if (typeof cell === 'bigint') bytes += 64;
  }
  return bytes;
}

function writeCell({ bytes, view }: Chunk, at: number, cell: Cell): number {
  if (cell === null || typeof cell === 'boolean') {
    bytes[at] = cell === null ? NULL : cell ? TRUE : FALSE;
    return at + 1;
  }
  if (typeof cell === 'number') {
    bytes[at] = NUMBER;
    view.setFloat64(at + 1, cell, true);
    return at + 9;
  }
  if (typeof cell === 'bigint' && BigInt.asIntN(64, cell) === cell) {
    bytes[at] = BIGINT;
    view.setBigInt64(at + 1, cell, true);
    return at + 9;
  }
  bytes[at] = typeof cell === 'string' ? TEXT : LARGE_BIGINT;
  const length = bytes.write(String(cell), at + 5, 'utf8');
  view.setUint32(at + 1, length, true);
  return at + 5 + length;
}

function readCell({ bytes, view }: Chunk, at: number, cells: Cell[], index: number): number {
  switch (bytes[at]) {
    case NULL:
      cells[index] = null;
      return at + 1;
    case NUMBER:
      cells[index] = view.getFloat64(at + 1, true);
      return at + 9;
    case BIGINT:
      cells[index] = view.getBigInt64(at + 1, true);
      return at + 9;
    case TEXT:
    case LARGE_BIGINT: {
      const end = at + 5 + view.getUint32(at + 1, true);
      const text = bytes.toString('utf8', at + 5, end);
      cells[index] = bytes[at] === TEXT ? text : BigInt(text);
      return end;
    }
    default:
      cells[index] = bytes[at] === TRUE;
      return at + 1;
  }
}
