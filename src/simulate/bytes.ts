/**
 * Writing text into bytes. Each function writes to `out` from `at` on and answers the position after
 * what it wrote; `out` must have room.
 */

const HEX = new TextEncoder().encode('0123456789abcdef');
const ZERO = 0x30;

export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function putBytes(out: Uint8Array, at: number, bytes: Uint8Array): number {
  // For the short pieces a line is made of, faster than `set`.
  const length = bytes.length;
  for (let i = 0; i < length; i++) {
    out[at + i] = bytes[i]!;
  }
  return at + length;
}

/** The eight hexadecimal digits of a 32-bit word. */
export function putHexWord(out: Uint8Array, at: number, word: number): number {
  return putHexHalf(out, putHexHalf(out, at, word >>> 16), word);
}

/** The four hexadecimal digits of a word's lower half. */
export function putHexHalf(out: Uint8Array, at: number, word: number): number {
  out[at] = HEX[(word >>> 12) & 15]!;
  out[at + 1] = HEX[(word >>> 8) & 15]!;
  out[at + 2] = HEX[(word >>> 4) & 15]!;
  out[at + 3] = HEX[word & 15]!;
  return at + 4;
}

/** A whole number from 0 to 99, as two digits. */
export function putTwoDigits(out: Uint8Array, at: number, value: number): number {
  const tens = (value / 10) | 0;
  out[at] = ZERO + tens;
  out[at + 1] = ZERO + value - tens * 10;
  return at + 2;
}

/** A whole number from 0 to 999, as three digits. */
export function putThreeDigits(out: Uint8Array, at: number, value: number): number {
  const hundreds = (value / 100) | 0;
  out[at] = ZERO + hundreds;
  return putTwoDigits(out, at + 1, value - hundreds * 100);
}

/** A whole number below 10^10, as ten digits. */
export function putTenDigits(out: Uint8Array, at: number, value: number): number {
  const high = Math.floor(value / 100_000);
  putFiveDigits(out, at, high);
  putFiveDigits(out, at + 5, value - high * 100_000);
  return at + 10;
}

function putFiveDigits(out: Uint8Array, at: number, value: number): void {
  const thousands = (value / 1_000) | 0;
  putTwoDigits(out, at, thousands);
  putThreeDigits(out, at + 2, value - thousands * 1_000);
}
