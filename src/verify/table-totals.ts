/** Numbers that pin a table down without holding its rows: the same for any order of the rows. */
import { type Cell, hashCell, hashCells, type TableShape } from './canonical-row.ts';
import { finishHigh, finishLow, newRowHash, type RowHash, resetRowHash } from './row-hash.ts';

/**
 * Rows fall into buckets by their key; each bucket has a hash of its own. When two sides differ, only
 * the rows of one bucket need to be held to find the row that does.
 */
const BUCKET_COUNT = 1 << 14;

export interface TableTotals {
  shape: TableShape;
  rowCount: number;
  /** Per column; undefined where nothing can be summed. Booleans count as 1. */
  sums: readonly (ExactSum | undefined)[];
  /** Rows by value, for the columns that are counted. */
  counts: readonly (Map<string, number> | undefined)[];
  /** Columns that are summed, and columns that are counted. */
  summed: readonly number[];
  counted: readonly number[];
  /** Sums of the row hashes per bucket, modulo 2^32. */
  lowHashes: Uint32Array;
  highHashes: Uint32Array;
  /** Rows of one bucket are kept here when somebody asks for them. */
  kept: { bucket: number; rows: Cell[][] } | undefined;
}

/** Quick as a number and exact as a bigint. */
export interface ExactSum {
  partial: number;
  total: bigint;
}

export function newTableTotals(shape: TableShape, keptBucket?: number): TableTotals {
  const isSummable = /^(integer|decimal.*|boolean)$/;
  const indexes = [...shape.columns.keys()];
  const summed = indexes.filter((index) => isSummable.test(shape.columns[index]!.type));
  const counted = indexes.filter((index) => shape.columns[index]!.isCounted);
  return {
    shape,
    rowCount: 0,
    sums: indexes.map((index) => (summed.includes(index) ? { partial: 0, total: 0n } : undefined)),
    counts: indexes.map((index) => (counted.includes(index) ? new Map() : undefined)),
    summed,
    counted,
    lowHashes: new Uint32Array(BUCKET_COUNT),
    highHashes: new Uint32Array(BUCKET_COUNT),
    kept: keptBucket === undefined ? undefined : { bucket: keptBucket, rows: [] },
  };
}

const rowHash = newRowHash();
const keyHash = newRowHash();

export function addRow(totals: TableTotals, row: readonly Cell[]): void {
  resetRowHash(rowHash);
  hashCells(rowHash, totals.shape, row);
  addHashedRow(totals, row, rowHash);
}

/**
 * Adds a row whose hash is known. Of `row` only the key, the summed and the counted cells are looked
 * at, unless its bucket is kept: `wholeRow` gives all its cells then.
 */
export function addHashedRow(
  totals: TableTotals,
  row: readonly Cell[],
  hash: RowHash,
  wholeRow: () => Cell[] = () => [...row],
): void {
  resetRowHash(keyHash);
  for (const index of totals.shape.key) hashCell(keyHash, row[index]!);
  const bucket = finishLow(keyHash) % BUCKET_COUNT;
  totals.lowHashes[bucket]! += finishLow(hash);
  totals.highHashes[bucket]! += finishHigh(hash);
  totals.rowCount += 1;
  for (const index of totals.summed) {
    const cell = row[index];
    if (cell !== null) addExactly(totals.sums[index]!, cell as number | bigint | boolean);
  }
  for (const index of totals.counted) {
    const counts = totals.counts[index]!;
    const cell = row[index];
    const value = typeof cell === 'string' ? cell : String(cell);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  if (bucket === totals.kept?.bucket) totals.kept.rows.push(wholeRow());
}

export function sumOf(sum: ExactSum): bigint {
  return sum.total + BigInt(sum.partial);
}

/** All rows in one text of 16 hexadecimal digits; the same rows in any order give the same text. */
export function hashText64(totals: TableTotals): string {
  const total = (buckets: Uint32Array): string =>
    (buckets.reduce((sum, each) => sum + each, 0) % 0x1_0000_0000).toString(16).padStart(8, '0');
  return total(totals.highHashes) + total(totals.lowHashes);
}

/** The first bucket in which the rows of two tables of one shape differ. */
export function firstDifferingBucket(a: TableTotals, b: TableTotals): number | undefined {
  const bucket = a.lowHashes.findIndex(
    (low, index) => low !== b.lowHashes[index] || a.highHashes[index] !== b.highHashes[index],
  );
  return bucket === -1 ? undefined : bucket;
}

function addExactly(sum: ExactSum, value: number | bigint | boolean): void {
  const number = Number(value);
  const partial = sum.partial + number;
  if (Number.isSafeInteger(number) && Number.isSafeInteger(partial)) {
    sum.partial = partial;
  } else {
    sum.total += BigInt(value) + BigInt(sum.partial);
    sum.partial = 0;
  }
}
