/** Zstandard as its command writes it, with checksums. */
import { describe, expect, it } from 'vitest';
import { decompressZstd, decompressZstdBlock, ZstdError } from '../../src/bronze/zstd.ts';
import { LINE, ZSTD_LINE } from '../fixtures/zstd-line.ts';

const SKIPPED = Buffer.from('512a4d1803000000090909', 'hex');
/** No text, and the checksum of that. */
const EMPTY = Buffer.from('28b52ffd240001000099e9d851', 'hex');

async function textOf(bytes: Buffer, chunkBytes: number): Promise<string> {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      yield bytes.subarray(at, at + chunkBytes);
    }
  }
  const texts: Buffer[] = [];
  for await (const text of decompressZstd(chunks())) {
    texts.push(Buffer.from(text));
  }
  return Buffer.concat(texts).toString();
}

describe('zstd', () => {
  it.each([1, 2, 3, 7, 100_000])(
    'gives the text of its frames, in chunks of %i bytes',
    async (size) => {
      expect(await textOf(ZSTD_LINE, size)).toBe(LINE);
      const more = Buffer.concat([SKIPPED, ZSTD_LINE, EMPTY, SKIPPED, ZSTD_LINE]);
      expect(await textOf(more, size)).toBe(LINE + LINE);
      expect(await decompressZstdBlock(more)).toEqual(Buffer.from(LINE + LINE));
    },
  );

  it('is refused with any bit changed that changes the text', async () => {
    let refused = 0;
    for (let bit = 0; bit < ZSTD_LINE.length * 8; bit += 1) {
      const changed = Buffer.from(ZSTD_LINE);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const text = await textOf(changed, 64).catch((error: unknown) => error);
      if (text !== LINE) {
        expect(text, `bit ${bit}`).toBeInstanceOf(ZstdError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(ZSTD_LINE.length * 7.5);
  });

  it('is refused when it is cut anywhere but between frames', async () => {
    const two = Buffer.concat([ZSTD_LINE, SKIPPED]);
    for (let end = 1; end < two.length; end += 1) {
      const text = await textOf(two.subarray(0, end), 64).catch((error: unknown) => error);
      if (end === ZSTD_LINE.length) {
        expect(text).toBe(LINE);
      } else {
        expect(text, `${end} bytes`).toBeInstanceOf(ZstdError);
      }
    }
  });
});
