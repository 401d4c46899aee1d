import { crc32 } from 'node:zlib';

/**
 * Writes deletion vectors by the specification, in every container kind, since Clicklake only reads
 * them. `runs` says whether containers may be runs.
 */
export function serializeVector(rows: readonly number[], { runs }: { runs: boolean }): Buffer {
  const buckets = groupBy(rows, (row) => Math.floor(row / 2 ** 32));
  const parts = [uint32(1681511377), uint64(buckets.size)];
  for (const [key, values] of buckets) {
    parts.push(
      uint32(key),
      serialize32(
        values.map((row) => row % 2 ** 32),
        runs,
      ),
    );
  }
  return Buffer.concat(parts);
}

/** A file of vectors, and where each begins. */
export function vectorFile(vectors: readonly Buffer[]): { bytes: Buffer; offsets: number[] } {
  const parts: Buffer[] = [Buffer.from([1])];
  const offsets: number[] = [];
  let at = 1;
  for (const vector of vectors) {
    offsets.push(at);
    const size = Buffer.alloc(4);
    size.writeInt32BE(vector.length);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(vector));
    parts.push(size, vector, checksum);
    at += vector.length + 8;
  }
  return { bytes: Buffer.concat(parts), offsets };
}

const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

export function encodeZ85(bytes: Buffer): string {
  const padded = Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  let text = '';
  for (let at = 0; at < padded.length; at += 4) {
    let number = padded.readUInt32BE(at);
    let group = '';
    for (let digit = 0; digit < 5; digit += 1) {
      group = Z85[number % 85] + group;
      number = Math.floor(number / 85);
    }
    text += group;
  }
  return text;
}

function serialize32(values: readonly number[], runs: boolean): Buffer {
  const containers = [...groupBy(values, (value) => value >>> 16)].map(([key, members]) => {
    const low = members.map((value) => value & 0xffff);
    const asRuns = runs ? runContainer(low) : undefined;
    const plain = low.length <= 4096 ? arrayContainer(low) : bitmapContainer(low);
    const isRun = asRuns !== undefined && asRuns.length < plain.length;
    return { key, cardinality: low.length, isRun, bytes: isRun ? asRuns : plain };
  });
  const hasRuns = containers.some(({ isRun }) => isRun);
  const flags = Buffer.alloc(Math.ceil(containers.length / 8));
  for (const [index, { isRun }] of containers.entries()) {
    if (isRun) {
      flags[index >> 3] = (flags[index >> 3] ?? 0) | (1 << (index & 7));
    }
  }
  const cookie = hasRuns
    ? [uint16(12347), uint16(containers.length - 1), flags]
    : [uint32(12346), uint32(containers.length)];
  const keys = containers.flatMap(({ key, cardinality }) => [uint16(key), uint16(cardinality - 1)]);
  const head = Buffer.concat([...cookie, ...keys]);
  const hasOffsets = !hasRuns || containers.length >= 4;
  let at = head.length + (hasOffsets ? containers.length * 4 : 0);
  const offsets = containers.map(({ bytes }) => {
    at += bytes.length;
    return uint32(at - bytes.length);
  });
  const bodies = containers.map(({ bytes }) => bytes);
  return Buffer.concat([head, ...(hasOffsets ? offsets : []), ...bodies]);
}

function arrayContainer(low: readonly number[]): Buffer {
  return Buffer.concat(low.map(uint16));
}

function bitmapContainer(low: readonly number[]): Buffer {
  const bits = Buffer.alloc(8192);
  for (const value of low) {
    bits[value >> 3] = (bits[value >> 3] ?? 0) | (1 << (value & 7));
  }
  return bits;
}

function runContainer(low: readonly number[]): Buffer {
  const found: { start: number; end: number }[] = [];
  for (const value of low) {
    const last = found.at(-1);
    if (last && last.end + 1 === value) {
      last.end = value;
    } else {
      found.push({ start: value, end: value });
    }
  }
  const pairs = found.flatMap(({ start, end }) => [uint16(start), uint16(end - start)]);
  return Buffer.concat([uint16(found.length), ...pairs]);
}

function groupBy(values: readonly number[], keyOf: (value: number) => number) {
  const groups = new Map<number, number[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key) ?? [];
    group.push(value);
    groups.set(key, group);
  }
  return groups;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
