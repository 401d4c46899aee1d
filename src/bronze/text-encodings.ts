/** Texts of 16 and 32 bits a character: no reader of bytes finds an end of a line or a quote in them. */

export type WideEncoding = 'utf16' | 'utf16le' | 'utf16be' | 'utf32' | 'utf32le' | 'utf32be';

/** So much is looked at. */
const WINDOW_BYTES = 1024;
/** A shorter text is told by its byte-order mark alone. */
const MIN_CHARACTERS = 4;
/** Of the characters without a byte-order mark, so many are ASCII at least. */
const MIN_ASCII = 0.8;

/** By the byte-order mark, or by the zeros beside characters of ASCII. */
export function tellWideEncoding(bytes: Buffer): WideEncoding | undefined {
  const head = bytes.subarray(0, WINDOW_BYTES);
  const mark = head.toString('hex', 0, 4);
  if (mark === 'fffe0000' || mark === '0000feff') {
    return 'utf32';
  }
  if (hasUtf16Mark(head)) {
    return 'utf16';
  }
  if (isAscii(head, 4, 0)) {
    return 'utf32le';
  }
  if (isAscii(head, 4, 3)) {
    return 'utf32be';
  }
  if (isAscii(head, 2, 0)) {
    return 'utf16le';
  }
  return isAscii(head, 2, 1) ? 'utf16be' : undefined;
}

/** With a character of ASCII behind it. */
function hasUtf16Mark([a, b, c, d]: Buffer): boolean {
  const isLittleEndian = a === 0xff && b === 0xfe && c !== undefined && c !== 0;
  const isBigEndian = a === 0xfe && b === 0xff && c === 0;
  return (isLittleEndian && (d === undefined || d === 0)) || (isBigEndian && d !== 0);
}

/** Whether most characters have their only byte that is not zero at `place`, and none has zero there. */
function isAscii(bytes: Buffer, width: number, place: number): boolean {
  const characters = Math.floor(bytes.length / width);
  let count = 0;
  for (let index = 0; index < characters; index += 1) {
    const character = bytes.subarray(index * width, (index + 1) * width);
    if (character[place] === 0) {
      return false;
    }
    count += character.every((byte, at) => (at === place) === (byte !== 0)) ? 1 : 0;
  }
  return characters >= MIN_CHARACTERS && count >= MIN_ASCII * characters;
}
