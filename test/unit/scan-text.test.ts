import { describe, expect, it } from 'vitest';
import { scanText } from '../../src/bronze/scan-text.ts';

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const LINES = '{"a":"ä€😀"}\n\n \n{"b":2}\n{"c":"last"}';
const ODD = {
  'a carriage return': Buffer.from(LINES.replace('2}', '2}\r')),
  'a zero byte': Buffer.from(LINES.replace('ä', '\u0000')),
  'half a character at the end': Buffer.from(LINES).subarray(0, -2 + LINES.indexOf('\n')),
  'a broken character': Buffer.from(LINES.replace('€', '#')).fill(0xe2, 6, 7),
  'a byte-order mark': Buffer.from(`\ufeff${LINES}`),
};

describe('a look at the text of a file', () => {
  it.each([1, 2, 3, 5, 8, 13, 100])('finds the same in chunks of %i bytes', async (size) => {
    const text = Buffer.from(LINES);
    expect(await scanText(inChunks(text, size), 'file')).toEqual({
      textBytes: text.length,
      ...{ lineCount: 3, blankLineCount: 2, needsExactRead: false },
    });
    for (const [what, bytes] of Object.entries(ODD)) {
      const scan = await scanText(inChunks(bytes, size), 'file');
      expect([what, scan.needsExactRead]).toEqual([what, true]);
    }
  });
});
