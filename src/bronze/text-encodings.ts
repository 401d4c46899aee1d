/** Detects UTF-16 and UTF-32. Byte-wise readers find no line ends or quotes in them. */

export type WideEncoding = 'utf16' | 'utf16le' | 'utf16be' | 'utf32' | 'utf32le' | 'utf32be';

/** The number of bytes that are examined. */
const WINDOW_BYTES = 1024;
/** Shorter texts are detected only by their byte-order mark. */
const MIN_CHARACTERS = 4;
/** Without a byte-order mark, at least this share of the characters must be ASCII. */
const MIN_ASCII = 0.8;

/** Detects by the byte-order mark, or by the zero bytes next to ASCII characters. */
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

/** A byte-order mark followed by an ASCII character. */
function hasUtf16Mark([a, b, c, d]: Buffer): boolean {
  const isLittleEndian = a === 0xff && b === 0xfe && c !== undefined && c !== 0;
  const isBigEndian = a === 0xfe && b === 0xff && c === 0;
  return (isLittleEndian && (d === undefined || d === 0)) || (isBigEndian && d !== 0);
}

/** Whether most characters have a single non-zero byte, at `place`, and none has zero there. */
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
