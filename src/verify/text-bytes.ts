/** Short texts into bytes and back, without the cost of a call into the runtime for each. */

/** Writes UTF-8 and returns the position after it. There must be room for three bytes per unit. */
export function writeText(bytes: Buffer, start: number, text: string): number {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) return start + bytes.write(text, start, 'utf8');
    bytes[start + index] = code;
  }
  return start + text.length;
}

export function readText(bytes: Buffer, start: number, end: number): string {
  return bytes.toString(isAscii(bytes, start, end) ? 'latin1' : 'utf8', start, end);
}

export function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at]! >= 0x80) return false;
  return true;
}
