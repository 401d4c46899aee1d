/** Decompresses Snappy's raw format (google/snappy: format_description.txt). */

/** Throws a RangeError if the bytes are invalid. */
export function decompressSnappy(bytes: Buffer): Buffer {
  const length = readLength(bytes);
  const out = Buffer.allocUnsafe(length.value);
  let from = length.end;
  let to = 0;
  const require = (isSound: boolean): void => {
    if (!isSound) {
      throw new RangeError('not valid Snappy data');
    }
  };
  while (from < bytes.length) {
    const tag = bytes[from++] as number;
    const kind = tag & 3;
    if (kind === 0) {
      let count = (tag >> 2) + 1;
      if (count > 60) {
        const sizeBytes = count - 60;
        count = bytes.readUIntLE(from, sizeBytes) + 1;
        from += sizeBytes;
      }
      require(from + count <= bytes.length && to + count <= out.length);
      bytes.copy(out, to, from, from + count);
      from += count;
      to += count;
      continue;
    }
    let count = (tag >> 2) + 1;
    let distance: number;
    if (kind === 1) {
      count = ((tag >> 2) & 7) + 4;
      distance = ((tag >> 5) << 8) | bytes.readUInt8(from++);
    } else {
      const sizeBytes = kind === 2 ? 2 : 4;
      distance = bytes.readUIntLE(from, sizeBytes);
      from += sizeBytes;
    }
    require(distance > 0 && distance <= to && to + count <= out.length);
    // Source and target may overlap; then copied bytes are copied again.
    for (const end = to + count; to < end; to += 1) {
      out[to] = out[to - distance] as number;
    }
  }
  require(to === out.length);
  return out;
}

const MAX_LENGTH_BYTES = 5;
/** Three bytes expand to at most 64. */
const MAX_RATIO = 22;

function readLength(bytes: Buffer): { value: number; end: number } {
  let value = 0;
  for (let index = 0; index < MAX_LENGTH_BYTES; index += 1) {
    const byte = bytes.readUInt8(index);
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) {
      if (value > MAX_RATIO * bytes.length) {
        break;
      }
      return { value, end: index + 1 };
    }
  }
  throw new RangeError('not valid Snappy data');
}
