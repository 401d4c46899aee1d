import { describe, expect, it } from 'vitest';
import { scanText } from '../../src/bronze/scan-text.ts';

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const LINES = '{"a":"ä€😀"}\n\n \n{"b":2}\n{"c":"last"}';
describe('a look at the text of a file', () => {
  it.each([1, 2, 3, 5, 8, 13, 100])('finds the same in chunks of %i bytes', async (size) => {
    const text = Buffer.from(LINES);
    expect(await scanText(inChunks(text, size), 'file')).toEqual({
      textBytes: text.length,
      ...{ lineCount: 3, blankLineCount: 2, needsExactRead: false },
    });
    const marked = Buffer.from(`\ufeff${LINES}`);
    expect(await scanText(inChunks(marked, size), 'file')).toEqual({
      textBytes: marked.length,
      ...{ lineCount: 3, blankLineCount: 2, needsExactRead: true },
    });
  });
});
