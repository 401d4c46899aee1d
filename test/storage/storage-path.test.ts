import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareBytes } from '../../src/storage/storage-path.ts';

it('orders paths by their bytes in UTF-8, as storages list them', () => {
  // Few characters, so that paths share beginnings; the last two are out of order in UTF-16.
  const character = fc.constantFrom('a', 'b', '/', '.', 'é', '\ud7ff', '\uffee', '🎈');
  const path = fc.oneof(fc.string({ unit: character }), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(path, path, (left, right) => {
      const expected = Buffer.compare(Buffer.from(left), Buffer.from(right));
      expect(Math.sign(compareBytes(left, right))).toBe(expected);
    }),
  );
});
