/** One pass over a file's text when it is received: how many lines, and how does it begin? */
import { FORMAT_WINDOW_BYTES } from './detect-format.ts';
import { forEachLine, isBlank } from './lines.ts';
import { refuseOtherFormats } from './other-formats.ts';

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
 * Reads the text once. Throws what the stream throws, and `input_refused` for an endless line and for a
 * text that is not made of lines of JSON.
 */
export async function scanText(text: AsyncIterable<Buffer>, name: string): Promise<TextScan> {
  const scan: TextScan = { textBytes: 0, lineCount: 0, blankLineCount: 0, needsExactRead: false };
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of checkStart(text, name)) {
      if (scan.textBytes === 0) {
        scan.needsExactRead = startsWithByteOrderMark(chunk);
      }
      scan.textBytes += chunk.length;
      yield chunk;
    }
  };
  await forEachLine(counted(), name, (chunk, start, end) => {
    const mayBeBlank = start === end || (chunk[start] as number) <= 0x20;
    if (mayBeBlank && isBlank(chunk.subarray(start, end))) {
      scan.blankLineCount += 1;
    } else {
      scan.lineCount += 1;
    }
  });
  return scan;
}

/** Hands the text on when its beginning is that of lines; the first piece has all of that. */
async function* checkStart(text: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of text) {
    if (start === undefined) {
      yield chunk;
      continue;
    }
    start = start.length === 0 ? Buffer.from(chunk) : Buffer.concat([start, chunk]);
    if (start.length < FORMAT_WINDOW_BYTES) {
      continue;
    }
    refuseOtherFormats(start, name);
    yield start;
    start = undefined;
  }
  if (start === undefined || start.length === 0) {
    return;
  }
  refuseOtherFormats(start, name);
  yield start;
}
