/**
 * Reads 64-bit Roaring bitmaps in the portable format (github.com/RoaringBitmap/RoaringFormatSpec,
 * with its 64-bit extension). All numbers are little endian. Throws RangeError if the bytes violate
 * the format.
 */

const COOKIE_WITH_RUNS = 12347;
const COOKIE_WITHOUT_RUNS = 12346;
/** In bitmaps with run containers, offsets are present only from this number of containers on. */
const MIN_CONTAINERS_WITH_OFFSETS = 4;
const MAX_ARRAY_CARDINALITY = 4096;
const BITMAP_BYTES = 8192;
const MAX_CONTAINERS = 0x10000;
/** Larger keys would give values beyond the safe integers. */
const MAX_KEY = 2 ** 21 - 1;

/** All values, in ascending order. */
export function readRoaring64(bytes: Buffer): number[] {
  const values: number[] = [];
  const bucketCount = Number(bytes.readBigUInt64LE(0));
  let at = 8;
  for (let bucket = 0; bucket < bucketCount; bucket += 1) {
    const key = bytes.readUInt32LE(at);
    if (key > MAX_KEY) {
      throw new RangeError(`Row numbers beyond 2^53 (key ${key})`);
    }
    at = readRoaring32(bytes, at + 4, key * 2 ** 32, values);
  }
  if (at !== bytes.length) {
    throw new RangeError(`${bytes.length - at} bytes too many`);
  }
  return values;
}

/**
 * Appends the values of a 32-bit bitmap, each plus `base`. Returns the position after the bitmap.
 */
function readRoaring32(bytes: Buffer, start: number, base: number, values: number[]): number {
  const { containers, end } = readHeader(bytes, start);
  let at = end;
  for (const container of containers) {
    const low = base + container.key * 0x10000;
    if (container.isRun) {
      at = readRuns(bytes, at, low, values);
    } else if (container.cardinality <= MAX_ARRAY_CARDINALITY) {
      for (let index = 0; index < container.cardinality; index += 1) {
        values.push(low + bytes.readUInt16LE(at + index * 2));
      }
      at += container.cardinality * 2;
    } else {
      at = readBits(bytes, at, low, values);
    }
  }
  return at;
}

interface Container {
  key: number;
  cardinality: number;
  isRun: boolean;
}

function readHeader(bytes: Buffer, start: number): { containers: Container[]; end: number } {
  const cookie = bytes.readUInt32LE(start);
  const hasRuns = (cookie & 0xffff) === COOKIE_WITH_RUNS;
  if (!hasRuns && cookie !== COOKIE_WITHOUT_RUNS) {
    throw new RangeError(`Unknown cookie ${cookie}`);
  }
  const count = hasRuns ? (cookie >>> 16) + 1 : bytes.readUInt32LE(start + 4);
  if (count > MAX_CONTAINERS) {
    throw new RangeError(`${count} containers`);
  }
  const flagsAt = start + 4;
  const keysAt = hasRuns ? flagsAt + Math.ceil(count / 8) : start + 8;
  const containers = Array.from({ length: count }, (_, index) => ({
    key: bytes.readUInt16LE(keysAt + index * 4),
    cardinality: bytes.readUInt16LE(keysAt + index * 4 + 2) + 1,
    isRun: hasRuns && (bytes.readUInt8(flagsAt + (index >> 3)) & (1 << (index & 7))) !== 0,
  }));
  const hasOffsets = !hasRuns || count >= MIN_CONTAINERS_WITH_OFFSETS;
  return { containers, end: keysAt + count * 4 + (hasOffsets ? count * 4 : 0) };
}

function readRuns(bytes: Buffer, start: number, low: number, values: number[]): number {
  const runCount = bytes.readUInt16LE(start);
  for (let run = 0; run < runCount; run += 1) {
    const first = bytes.readUInt16LE(start + 2 + run * 4);
    const more = bytes.readUInt16LE(start + 4 + run * 4);
    for (let value = first; value <= first + more; value += 1) {
      values.push(low + value);
    }
  }
  return start + 2 + runCount * 4;
}

function readBits(bytes: Buffer, start: number, low: number, values: number[]): number {
  for (let index = 0; index < BITMAP_BYTES; index += 1) {
    const byte = bytes.readUInt8(start + index);
    for (let bit = 0; byte >> bit !== 0; bit += 1) {
      if ((byte >> bit) & 1) {
        values.push(low + index * 8 + bit);
      }
    }
  }
  return start + BITMAP_BYTES;
}
