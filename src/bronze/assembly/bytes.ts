/** ASCII codes and single bytes of text. */

export const LF: i32 = 0x0a;
export const SPACE: i32 = 0x20;
export const QUOTE: i32 = 0x22;
export const PLUS: i32 = 0x2b;
export const COMMA: i32 = 0x2c;
export const MINUS: i32 = 0x2d;
export const POINT: i32 = 0x2e;
export const ZERO: i32 = 0x30;
export const COLON: i32 = 0x3a;
export const OPEN_BRACKET: i32 = 0x5b;
export const CLOSE_BRACKET: i32 = 0x5d;
export const LETTER_N: i32 = 0x6e;
export const OPEN_BRACE: i32 = 0x7b;
export const CLOSE_BRACE: i32 = 0x7d;

export function byteAt(at: usize): i32 {
  return load<u8>(at);
}

export function isDigit(byte: i32): bool {
  return byte >= ZERO && byte <= 0x39;
}

/**
 * Whether the text from `start` to `end` equals the one whose start and end are stored at `text`.
 */
export function isSameText(text: usize, start: usize, end: usize): bool {
  const noted = <usize>load<i32>(text);
  const sizeBytes = <usize>load<i32>(text, 4) - noted;
  return end - start === sizeBytes && memory.compare(noted, start, sizeBytes) === 0;
}
