import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  trimEnd,
  trimStart,
  writeInstant,
  writePrice,
  writeQuantity,
} from '../../src/bronze/field-values.ts';
import { parseHundredths, parseInt32 } from '../../src/verify/decimal-text.ts';
import { parseInstant } from '../../src/verify/instant.ts';

type Write = typeof writeInstant;

/** What is written of a text that lies between other digits; undefined: nothing. */
function written(write: Write, text: string, bits: 32 | 64): bigint | undefined {
  const bytes = Buffer.from(`7${text}7`, 'latin1');
  const target = new DataView(new ArrayBuffer(24));
  target.setBigInt64(0, -1n, true);
  target.setBigInt64(16, -1n, true);
  const isValue = write(bytes, 1, bytes.length - 1, target, 8);
  expect(target.getBigInt64(0, true)).toBe(-1n);
  expect(target.getBigInt64(16, true)).toBe(-1n);
  if (!isValue) return undefined;
  return bits === 64 ? target.getBigInt64(8, true) : BigInt(target.getInt32(8, true));
}

const digits = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 0, maxLength });
const numbers = fc
  .tuple(
    fc.constantFrom('', '', '', '-', '+', '--'),
    digits(22),
    fc.constantFrom('', '.', '.', '..', 'e'),
    digits(12),
  )
  .map((parts) => parts.join(''));
const two = (max: number) =>
  fc.integer({ min: 0, max }).map((value) => String(value).padStart(2, '0'));
const instants = fc
  .tuple(
    fc.oneof(fc.constantFrom('0000', '0004', '1900', '2000', '2024', '2026', '9999'), digits(5)),
    fc.constantFrom('-', '-', '-', '/'),
    two(13),
    fc.constantFrom('-', '-', '-', ''),
    two(32),
    fc.constantFrom('T', 'T', ' ', 't'),
    two(25),
    fc.constantFrom(':', ':', ':', '.'),
    two(60),
    fc.constantFrom(':', ':', ':', ''),
    two(61),
    fc.oneof(
      fc.constant(''),
      fc.constant('.'),
      digits(11).map((fraction) => `.${fraction}`),
    ),
    fc.oneof(
      fc.constantFrom('', 'Z', ' UTC', 'z', 'UTC', '+14:00', '+14:01', '-1400', '+5', '+02:', 'ZZ'),
      fc
        .tuple(fc.constantFrom('+', '-', ' '), two(15), fc.constantFrom('', ':'), two(61))
        .map((p) => p.join('')),
      fc.tuple(fc.constantFrom('+', '-'), two(15)).map((parts) => parts.join('')),
    ),
  )
  .map((parts) => parts.join(''));

describe('values of fields', () => {
  it('are the instants that verify finds', () => {
    const outOfRange = (micros: bigint | undefined): bigint | 'before' | 'behind' | undefined => {
      if (micros === undefined) return undefined;
      // Epochs beyond four digits of years have no instant; which one stands for them does not matter.
      if (micros > 253_402_200_000_000_000n) return 'behind';
      return micros < -62_135_596_700_000_000n ? 'before' : micros;
    };
    let valueCount = 0;
    fc.assert(
      fc.property(fc.oneof(instants, numbers, fc.string()), (text) => {
        if (/[^\0-\x7f]/.test(text)) return;
        const expected = outOfRange(parseInstant(text));
        expect(outOfRange(written(writeInstant, text, 64)), text).toBe(expected);
        if (expected !== undefined) valueCount += 1;
      }),
      { numRuns: 30_000 },
    );
    expect(valueCount).toBeGreaterThan(3000);
  });

  it('are the right days in every month of 10,000 years', () => {
    for (let year = 0; year <= 9999; year += year < 1900 || year > 2110 ? 7 : 1) {
      for (let month = 1; month <= 12; month += 1) {
        for (const day of [1, 28, 29, 30, 31]) {
          const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${day < 10 ? '01' : day}T00:00:00Z`;
          const date = new Date(0);
          date.setUTCFullYear(year, month - 1, day);
          const isDay = date.getUTCMonth() === month - 1;
          const micros = isDay ? BigInt(date.getTime()) * 1000n : undefined;
          if (written(writeInstant, text, 64) !== micros) expect.fail(text);
        }
      }
    }
  });

  it('are the prices and quantities that verify finds', () => {
    const edges = ['9999999999999999.99', '9999999999999999.995', '-9999999999999999.994'];
    const whole = ['2147483647', '2147483648', '-2147483648', '-2147483649', '0002147483647.000'];
    fc.assert(
      fc.property(fc.oneof(numbers, fc.constantFrom(...edges, ...whole), fc.string()), (text) => {
        if (/[^\0-\x7f]/.test(text)) return;
        expect(written(writePrice, text, 64), text).toBe(parseHundredths(text));
        const quantity = parseInt32(text);
        expect(written(writeQuantity, text, 32), text).toBe(
          quantity === undefined ? undefined : BigInt(quantity),
        );
      }),
      { numRuns: 30_000 },
    );
  });

  it('are trimmed of ASCII white space only', () => {
    const bytes = Buffer.from('x \t\n\v\f\r\u00a0a b\u2003 \r x');
    const start = trimStart(bytes, 1, bytes.length - 1);
    const end = trimEnd(bytes, start, bytes.length - 1);
    expect(bytes.toString('utf8', start, end)).toBe('\u00a0a b\u2003');
    expect(trimStart(Buffer.from('   '), 0, 3)).toBe(3);
    expect(trimEnd(Buffer.from('   '), 0, 3)).toBe(0);
  });
});
