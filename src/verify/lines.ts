/** Lines as Bronze defines them: separated by LF and nothing else. */
const LF = 0x0a;

/**
 * Calls `onLine` with every line, without its LF, in order. A last line without LF is a line; nothing
 * after the last LF is none. The buffer is only valid during the call.
 */
export async function forEachLine(
  bytes: AsyncIterable<Buffer>,
  onLine: (line: Buffer) => void,
): Promise<void> {
  let pieces: Buffer[] = [];
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      const piece = chunk.subarray(start, end);
      onLine(pieces.length === 0 ? piece : Buffer.concat([...pieces, piece]));
      pieces = [];
      start = end + 1;
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
  }
  if (pieces.length > 0) onLine(Buffer.concat(pieces));
}
