/** Records become lines: most of them plain, the others each in its own way. */
import { createIdentityKeys } from './identity.ts';
import { createOddLineWriter } from './odd-lines.ts';
import { createPlainLines } from './plain-lines.ts';
import type { Records } from './records.ts';
import type { Shop } from './shop.ts';

export { MAX_LINE_BYTES } from './plain-lines.ts';

export interface LineWriter {
  /**
   * Writes the records as lines, each ended by LF, to the start of `out`, which must have room for
   * `MAX_LINE_BYTES` per record. Answers the number of bytes. The same records give the same bytes.
   */
  write(records: Records, out: Uint8Array): number;
}

const LF = 0x0a;

export function createLineWriter(
  shop: Shop,
  seed: number,
  rates: { extraFields: number; spellings: number },
): LineWriter {
  const plainLines = createPlainLines(shop, seed, rates);
  const oddLines = createOddLineWriter(shop, createIdentityKeys(seed));

  /** Writes the records from `from` to before `to` to the module's memory; answers the number of bytes. */
  function writePart(records: Records, from: number, to: number): number {
    plainLines.take(records, from, to);
    for (let at = 0, index = 0; ; index++) {
      const written = plainLines.write(index, at);
      ({ at, next: index } = written);
      if (index === to - from) return at;
      at += oddLines.write(records, from + index, written.isRespelled, plainLines.out, at);
      plainLines.out[at++] = LF;
    }
  }

  return {
    write(records, out) {
      let sizeBytes = 0;
      for (let from = 0; from < records.count; from += plainLines.capacity) {
        const to = Math.min(from + plainLines.capacity, records.count);
        const partBytes = writePart(records, from, to);
        out.set(plainLines.out.subarray(0, partBytes), sizeBytes);
        sizeBytes += partBytes;
      }
      return sizeBytes;
    },
  };
}
