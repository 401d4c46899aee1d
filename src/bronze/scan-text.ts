/** One pass over a file's text when it is received: how many lines, and how does it begin? */
import { ClicklakeError } from '../errors.ts';
import { forEachLine, isBlank } from './lines.ts';

export interface TextScan {
  textBytes: number;
  /** Lines that are not blank. */
  lineCount: number;
  blankLineCount: number;
  /** The text begins with a byte-order mark, which plain text readers drop or take for a character. */
  needsExactRead: boolean;
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

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
    for await (const chunk of text) {
      scan.textBytes += chunk.length;
      yield chunk;
    }
  };
  await forEachLine(chunkwise(), name, (chunk, start, end) => {
    if (isFirstLine) {
      isFirstLine = false;
      const line = chunk.subarray(start, end);
      if (looksLikeUtf16(line)) throw notUtf8(name);
      if (startsWithByteOrderMark(line)) scan.needsExactRead = true;
    }
    const mayBeBlank = start === end || (chunk[start] as number) <= 0x20;
    if (mayBeBlank && isBlank(chunk.subarray(start, end))) {
      scan.blankLineCount += 1;
    } else {
      scan.lineCount += 1;
    }
  });
  return scan;
}
