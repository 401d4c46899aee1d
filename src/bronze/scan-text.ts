/** One pass over a file's text when it is received: how many lines, and can it be read quickly? */
import { isUtf8 } from 'node:buffer';
import { ClicklakeError } from '../errors.ts';
import { forEachLinePlace, isBlank } from './lines.ts';

export interface TextScan {
  textBytes: number;
  /** Lines that are not blank. */
  lineCount: number;
  blankLineCount: number;
  /**
   * The text holds something that the engine's plain text reader would lose or change: bytes that
   * are not UTF-8, a carriage return, a byte-order mark, NUL, a very long line, or the byte sequence
   * that the reader takes for a column separator.
   */
  needsExactRead: boolean;
}

/** What DuckDB's reader is told to split columns at; no JSON contains it. */
export const COLUMN_SEPARATOR = Buffer.from([0x02, 0x03, 0x02, 0x03]);

/** Longer lines do not fit the reader's buffer. */
export const MAX_QUICK_LINE_BYTES = 8 * 1024 * 1024;

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** True when a single line, without its LF, can be read by the plain text reader. */
export function isQuickLine(line: Buffer): boolean {
  return (
    line.length <= MAX_QUICK_LINE_BYTES &&
    !line.includes(0x0d) &&
    !line.includes(0x00) &&
    isUtf8(line) &&
    !line.includes(COLUMN_SEPARATOR)
  );
}

export function startsWithByteOrderMark(bytes: Buffer): boolean {
  return bytes.subarray(0, 3).equals(BYTE_ORDER_MARK);
}

/**
 * A byte-order mark of UTF-16 with an ASCII character behind it, or the beginning of an object without
 * one. The bytes are the start of a file.
 */
function looksLikeUtf16(bytes: Buffer): boolean {
  const [a, b, c, d] = bytes;
  if (a === undefined || b === undefined || c === undefined) return false;
  const isBrace = (byte: number): boolean => byte === 0x7b;
  const isLittleEndian =
    (a === 0xff && b === 0xfe && c !== 0) || (isBrace(a) && b === 0 && c !== 0);
  const isBigEndian = (a === 0xfe && b === 0xff && c === 0) || (a === 0 && isBrace(b) && c === 0);
  return (isLittleEndian && (d === undefined || d === 0)) || (isBigEndian && d !== 0);
}

/** Every line would go to quarantine: nobody means that. */
function notUtf8(name: string): ClicklakeError {
  return new ClicklakeError(
    'input_refused',
    `${name} looks like UTF-16, and events must be UTF-8`,
    {
      hint: 'convert it, for example: iconv -f UTF-16 -t UTF-8',
    },
  );
}

/**
 * Reads the text once. Throws what the stream throws, and `input_refused` for an endless line and for
 * UTF-16.
 */
export async function scanText(text: AsyncIterable<Buffer>, name: string): Promise<TextScan> {
  const scan: TextScan = { textBytes: 0, lineCount: 0, blankLineCount: 0, needsExactRead: false };
  let isFirstLine = true;
  const chunkwise = async function* (): AsyncGenerator<Buffer> {
    const inspect = chunkInspector();
    for await (const chunk of text) {
      scan.textBytes += chunk.length;
      if (!scan.needsExactRead) scan.needsExactRead = inspect(chunk);
      yield chunk;
    }
    if (!scan.needsExactRead) scan.needsExactRead = inspect(undefined);
  };
  await forEachLinePlace(chunkwise(), name, (chunk, start, end) => {
    if (isFirstLine) {
      isFirstLine = false;
      const line = chunk.subarray(start, end);
      if (looksLikeUtf16(line)) throw notUtf8(name);
      if (startsWithByteOrderMark(line)) scan.needsExactRead = true;
    }
    if (end - start > MAX_QUICK_LINE_BYTES) scan.needsExactRead = true;
    const mayBeBlank = start === end || (chunk[start] as number) <= 0x20;
    if (mayBeBlank && isBlank(chunk.subarray(start, end))) {
      scan.blankLineCount += 1;
    } else {
      scan.lineCount += 1;
    }
  });
  return scan;
}

/**
 * Looks at whole chunks, which is some ten times quicker than looking at lines. A character or a
 * separator may be cut by the end of a chunk, so each chunk is seen up to its last LF, and the rest
 * with the next one. `undefined` stands for the end.
 */
function chunkInspector(): (chunk: Buffer | undefined) => boolean {
  let rest = Buffer.alloc(0);
  const isOdd = (bytes: Buffer): boolean =>
    bytes.includes(0x0d) ||
    bytes.includes(0x00) ||
    !isUtf8(bytes) ||
    bytes.includes(COLUMN_SEPARATOR);
  return (chunk) => {
    if (chunk === undefined) return isOdd(rest);
    const cut = chunk.lastIndexOf(0x0a) + 1;
    if (cut === 0) {
      rest = Buffer.concat([rest, chunk]);
      // An endless line is refused elsewhere; do not look at it again and again.
      return false;
    }
    // Only the line that began in the chunk before has to be put together.
    const first = rest.length === 0 ? 0 : chunk.indexOf(0x0a) + 1;
    const isOddChunk =
      isOdd(chunk.subarray(first, cut)) ||
      (first > 0 && isOdd(Buffer.concat([rest, chunk.subarray(0, first)])));
    rest = Buffer.from(chunk.subarray(cut));
    return isOddChunk;
  };
}
