import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanText } from '../../src/bronze/scan-text.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';

/** All chunks lie in the same memory, as those of a file that is read do. */
async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  const memory = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    yield memory.subarray(0, bytes.copy(memory, 0, at, at + size));
  }
}

/** The lines of a text, counted the simple way. */
function countLines(text: string): { lineCount: number; blankLineCount: number } {
  const lines = text.split('\n');
  if (lines.at(-1) === '') {
    lines.pop();
  }
  const blankLineCount = lines.filter((line) => /^[\t-\r ]*$/.test(line)).length;
  return { lineCount: lines.length - blankLineCount, blankLineCount };
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

  it('counts blank lines of every kind, wherever chunks end', async () => {
    const text = '\r\n{"a":1}\r\n \t\v\f\r\n\u00a0\n\u0000\n\u001f\n\n  x\n  ';
    for (let size = 1; size <= text.length + 2; size += 1) {
      expect(await scanText(inChunks(Buffer.from(text), size), 'file')).toMatchObject({
        lineCount: 5,
        blankLineCount: 4,
      });
    }
  });

  it('agrees with a split on LF', async () => {
    const part = fc.constantFrom(
      '\n',
      '\n',
      '\r',
      ' ',
      '\t',
      '\v',
      '\f',
      '\b',
      'x',
      '{}',
      '\u0085',
    );
    await fc.assert(
      fc.asyncProperty(
        // Told by its first line, it is a file of lines whatever follows.
        fc.array(part, { maxLength: 60 }).map((parts) => `{}\n${parts.join('')}`),
        fc.integer({ min: 1, max: 20 }),
        async (text, size) => {
          const bytes = Buffer.from(text);
          expect(await scanText(inChunks(bytes, size), 'file')).toEqual({
            textBytes: bytes.length,
            ...{ ...countLines(text), needsExactRead: false },
          });
        },
      ),
      propertyRuns(500, 5_000),
    );
  });
});
