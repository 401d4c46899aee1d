import fc from 'fast-check';
import { expect, it } from 'vitest';
import { orderOf } from '../../src/simulate/order.ts';

it('orders indexes by their values, equal values by their place', () => {
  const anyValue = fc.oneof(fc.nat({ max: 2 ** 28 - 1 }), fc.nat({ max: 5 }));
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 300 }), (values) => {
      // Array.prototype.sort is stable.
      const expected = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
      expect([...orderOf(Uint32Array.from(values))]).toEqual(expected);
    }),
  );
});
