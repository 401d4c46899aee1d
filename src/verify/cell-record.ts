/** Rows of cells as records of a `RecordStore`, each cell with a byte that tells its type. */
import type { Cell } from './canonical-row.ts';
import type { Chunk, RecordStore } from './record-store.ts';
import { readText, writeText } from './text-bytes.ts';
import type { TextPool } from './text-pool.ts';

const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const NUMBER = 3;
const BIGINT = 4;
const TEXT = 5;
const LARGE_BIGINT = 6;
const POOLED = 7;

/**
 * Texts in the columns of `pooled` are taken to the pool if it has room; the record can only be read
 * with the same pool.
 */
export function addCells(
  store: RecordStore,
  partition: number,
  cells: readonly Cell[],
  pool: TextPool,
  pooled: ReadonlySet<number>,
): void {
  const chunk = store.reserve(partition, maxBytes(cells));
  const start = chunk.used;
  chunk.view.setUint32(start, cells.length, true);
  let at = start + 4;
  for (let index = 0; index < cells.length; index += 1) {
    const cell = cells[index]!;
    const number = typeof cell === 'string' && pooled.has(index) ? pool.numberOf(cell) : undefined;
    at = number === undefined ? writeCell(chunk, at, cell) : writePooled(chunk, at, number);
  }
  store.commit(chunk, at - start);
}

/** The records of a partition; the partition is gone afterwards. */
export function* takeCells(
  store: RecordStore,
  partition: number,
  pool: TextPool,
): Iterable<Cell[]> {
  for (const chunk of store.takeChunks(partition, false)) {
    for (let at = 0; at < chunk.used; ) {
      const cells: Cell[] = new Array(chunk.view.getUint32(at, true));
      at += 4;
      for (let index = 0; index < cells.length; index += 1) {
        at = readCell(chunk, at, cells, index, pool);
      }
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
  const end = writeText(bytes, at + 5, String(cell));
  view.setUint32(at + 1, end - at - 5, true);
  return end;
}

function writePooled({ bytes, view }: Chunk, at: number, number: number): number {
  bytes[at] = POOLED;
  view.setUint32(at + 1, number, true);
  return at + 5;
}

function readCell(
  { bytes, view }: Chunk,
  at: number,
  cells: Cell[],
  index: number,
  pool: TextPool,
): number {
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
      const text = readText(bytes, at + 5, end);
      cells[index] = bytes[at] === TEXT ? text : BigInt(text);
      return end;
    }
    case POOLED:
      cells[index] = pool.textOf(view.getUint32(at + 1, true));
      return at + 5;
    default:
      cells[index] = bytes[at] === TRUE;
      return at + 1;
  }
}
