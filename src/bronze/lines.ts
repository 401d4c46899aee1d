/** Lines in Bronze are separated by LF only. */
import { ClicklakeError } from '../errors.ts';

const LF = 0x0a;

/** A longer line is not an event, so it need not fit into memory. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/**
 * Calls `onLine` for every line of a stream, in order, with its position, `start` to `end`, without
 * the LF. A buffer per line would cost more than finding the line. A last line without LF counts;
 * nothing after the last LF does not. The bytes are valid only during the call, and those of a
 * chunk only until the next is requested. Throws `input_refused` for a line longer than
 * `MAX_LINE_BYTES`.
 */
export async function forEachLine(
  bytes: AsyncIterable<Buffer>,
  name: string,
  onLine: (chunk: Buffer, start: number, end: number) => void,
): Promise<void> {
  let carried: Buffer[] = [];
  let carriedBytes = 0;
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      if (carriedBytes === 0) {
        onLine(chunk, start, end);
      } else {
        const line = Buffer.concat([...carried, chunk.subarray(start, end)]);
        onLine(line, 0, line.length);
        carried = [];
        carriedBytes = 0;
      }
      start = end + 1;
    }
    if (start < chunk.length) {
      carried.push(Buffer.from(chunk.subarray(start)));
      carriedBytes += chunk.length - start;
      if (carriedBytes > MAX_LINE_BYTES) {
        throw lineTooLong(name);
      }
    }
  }
  if (carriedBytes > 0) {
    onLine(Buffer.concat(carried), 0, carriedBytes);
  }
}

/** Whether a line has only ASCII white space. Such lines are counted as blank, not as received. */
export function isBlank(line: Buffer): boolean {
  for (const byte of line) {
    if (byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) {
      return false;
    }
  }
  return true;
}

function lineTooLong(name: string): ClicklakeError {
  return new ClicklakeError(
    'input_refused',
    `${name} has a line longer than ${MAX_LINE_BYTES / (1024 * 1024)} MiB: it is not an event`,
    { hint: 'a record has at most that size; nothing of the file was ingested' },
  );
}
