/**
 * The columns for the values of lines. Each column has its values in Parquet's plain encoding
 * without nulls (text with a length of four bytes), one bit per row that says whether there is a
 * value, and some columns a second bit per row (the flag). The host allocates the memory and takes
 * the content.
 */

/** Fields of a column's record, in words. */
const BYTES = 0;
const CAPACITY = 4;
const USED = 8;
const VALUE_BITS = 12;
const FLAG_BITS = 16;
const RECORD_BYTES = 32;

export const MAX_COLUMNS = 1024;
/**
 * Reads and writes use whole vectors of 16 bytes, so they can exceed the requested bytes by this
 * much.
 */
const SPARE_BYTES = 32;

const records: usize = memory.data(MAX_COLUMNS * RECORD_BYTES, 16);

/** Rows since the columns were cleared, and bytes of the longest column. */
let rowCount: i32 = 0;
let longest: i32 = 0;

/**
 * Implemented by the host: moves a column to memory with space for `neededBytes`, using
 * `placeColumn`.
 */
declare function growColumn(column: i32, neededBytes: i32): void;

function recordOf(column: i32): usize {
  return records + column * RECORD_BYTES;
}

export function placeColumn(
  column: i32,
  bytes: i32,
  capacity: i32,
  valueBits: i32,
  flagBits: i32,
): void {
  const record = recordOf(column);
  store<i32>(record, bytes, BYTES);
  store<i32>(record, capacity, CAPACITY);
  store<i32>(record, valueBits, VALUE_BITS);
  store<i32>(record, flagBits, FLAG_BITS);
}

export function usedBytes(column: i32): i32 {
  return load<i32>(recordOf(column), USED);
}

export function rows(): i32 {
  return rowCount;
}

export function longestColumn(): i32 {
  return longest;
}

/** Clears all columns. The host clears the bits. */
export function clearColumns(count: i32): void {
  for (let column = 0; column < count; column++) {
    store<i32>(recordOf(column), 0, USED);
  }
  rowCount = 0;
  longest = 0;
}

export function endRow(): void {
  rowCount++;
}

/** The address for the column's next value, with space for a number or a text of this size. */
export function nextPlace(column: i32, textBytes: i32): usize {
  const record = recordOf(column);
  const needed = load<i32>(record, USED) + textBytes + SPARE_BYTES;
  if (needed > load<i32>(record, CAPACITY)) {
    growColumn(column, needed);
  }
  return <usize>(load<i32>(record, BYTES) + load<i32>(record, USED));
}

/** Completes the value of this row, whose bytes have been written. */
export function endValue(column: i32, sizeBytes: i32): void {
  const record = recordOf(column);
  setBit(load<i32>(record, VALUE_BITS));
  const used = load<i32>(record, USED) + sizeBytes;
  store<i32>(record, used, USED);
  if (used > longest) {
    longest = used;
  }
}

/** Sets the flag of this row. */
export function setFlag(column: i32): void {
  setBit(load<i32>(recordOf(column), FLAG_BITS));
}

function setBit(bits: i32): void {
  const place = <usize>(bits + (rowCount >> 3));
  store<u8>(place, <u8>(<i32>load<u8>(place) | (1 << (rowCount & 7))));
}

export function addCopy(column: i32, start: usize, end: usize): void {
  const textBytes = <i32>(end - start);
  const place = nextPlace(column, textBytes);
  store<i32>(place, textBytes);
  for (let at: i32 = 0; at < textBytes; at += 16) {
    v128.store(place + at, v128.load(start + at), 4);
  }
  endValue(column, 4 + textBytes);
}

/** Start of the text that is being built. */
let begun: i32 = 0;

/** Begins a text that consists of parts. It becomes a value when it is completed. */
export function beginText(column: i32): void {
  nextPlace(column, 0);
  const record = recordOf(column);
  begun = load<i32>(record, USED);
  store<i32>(record, begun + 4, USED);
}

/** Appends the bytes that were written at the address from `nextPlace`. */
export function extendText(column: i32, sizeBytes: i32): void {
  const record = recordOf(column);
  store<i32>(record, load<i32>(record, USED) + sizeBytes, USED);
}

export function endText(column: i32): void {
  const record = recordOf(column);
  const sizeBytes = load<i32>(record, USED) - begun;
  store<i32>(<usize>(load<i32>(record, BYTES) + begun), sizeBytes - 4);
  store<i32>(record, begun, USED);
  endValue(column, sizeBytes);
}

export function dropText(column: i32): void {
  store<i32>(recordOf(column), begun, USED);
}

/** Adds two texts as one, separated by a byte. */
export function addJoined(
  column: i32,
  firstStart: usize,
  firstEnd: usize,
  between: i32,
  secondStart: usize,
  secondEnd: usize,
): void {
  const firstBytes = <i32>(firstEnd - firstStart);
  const secondBytes = <i32>(secondEnd - secondStart);
  const textBytes = firstBytes + 1 + secondBytes;
  const place = nextPlace(column, textBytes);
  store<i32>(place, textBytes);
  memory.copy(place + 4, firstStart, firstBytes);
  store<u8>(place + 4 + firstBytes, <u8>between);
  memory.copy(place + 5 + firstBytes, secondStart, secondBytes);
  endValue(column, 4 + textBytes);
}

/** Adds a text and shifts each of the 26 letters from `first` by `step`, to change its case. */
export function addInCase(column: i32, start: usize, end: usize, first: i32, step: i32): void {
  const textBytes = <i32>(end - start);
  const place = nextPlace(column, textBytes);
  store<i32>(place, textBytes);
  for (let at: i32 = 0; at < textBytes; at++) {
    const byte = <i32>load<u8>(start + at);
    const moved = byte >= first && byte < first + 26 ? byte + step : byte;
    store<u8>(place + at, <u8>moved, 4);
  }
  endValue(column, 4 + textBytes);
}
