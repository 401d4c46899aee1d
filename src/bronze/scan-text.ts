/** Reads a file's record lines once when it is received, to count them and to detect the format. */
import { FORMAT_WINDOW_BYTES, LONGEST_WINDOW_BYTES } from './detect-format.ts';
import { forEachLine, isBlank } from './lines.ts';

export interface TextScan {
  textBytes: number;
  /** Number of lines that are not blank. */
  lineCount: number;
  blankLineCount: number;
  /**
   * True if the text begins with a byte-order mark, which some readers drop and others read as a
   * character.
   */
  needsExactRead: boolean;
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export function startsWithByteOrderMark(bytes: Buffer): boolean {
  return bytes.subarray(0, 3).equals(BYTE_ORDER_MARK);
}

/**
 * Reads the lines once. Throws errors of the stream, and `input_refused` for a line that is too
 * long.
 */
export async function scanText(text: AsyncIterable<Buffer>, name: string): Promise<TextScan> {
  const scan: TextScan = { textBytes: 0, lineCount: 0, blankLineCount: 0, needsExactRead: false };
  let start = Buffer.alloc(0);
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of text) {
      if (start.length < BYTE_ORDER_MARK.length) {
        start = Buffer.concat([start, chunk.subarray(0, BYTE_ORDER_MARK.length)]);
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
  return { ...scan, needsExactRead: startsWithByteOrderMark(start) };
}

/** The beginning of a text, as much as is needed to detect its format, and the whole text again. */
export async function peekText(
  text: AsyncIterable<Buffer>,
): Promise<{ start: Buffer; text: AsyncIterable<Buffer> }> {
  const iterator = text[Symbol.asyncIterator]();
  let read = Buffer.alloc(0);
  while (read.length < windowBytes(read)) {
    const next = await iterator.next();
    if (next.done === true) {
      break;
    }
    read = Buffer.concat([read, next.value]);
  }
  const again = async function* (): AsyncGenerator<Buffer> {
    try {
      if (read.length > 0) {
        yield read;
      }
      yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      await iterator.return?.();
    }
  };
  return { start: read.subarray(0, windowBytes(read)), text: again() };
}

/** A long object is read to the end of its line, because another may follow on the same line. */
function windowBytes(read: Buffer): number {
  if (!/^\ufeff?\s*\{/.test(read.toString('utf8', 0, 64))) {
    return FORMAT_WINDOW_BYTES;
  }
  const lineEnd = read.indexOf('\n');
  const wanted = lineEnd === -1 ? LONGEST_WINDOW_BYTES : lineEnd + 1;
  return Math.min(LONGEST_WINDOW_BYTES, Math.max(FORMAT_WINDOW_BYTES, wanted));
}
