import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineColumns } from '../../src/bronze/line-columns.ts';
import { parseHundredths, parseInt32 } from '../../src/verify/decimal-text.ts';
import { parseInstant } from '../../src/verify/instant.ts';
import { bitsOf, flatLayout, textsOf } from '../fixtures/line-columns.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';

const KINDS = ['instant', 'amount', 'quantity', 'lower', 'upper', 'text'] as const;
const columns = createLineColumns(flatLayout(KINDS.map((kind) => ({ name: kind, kind }))));

/** What a text becomes as each kind. */
function valuesOf(text: string) {
  columns.clear();
  const sent = KINDS.map(() => text);
  columns.addTexts({ fileNumber: 1, offset: 0 }, { problem: null, fields: sent, items: null });
  const number = (kind: (typeof KINDS)[number]): { value: bigint | undefined; flag: boolean } => {
    const { valueBits, flagBits, bytes } = columns.column(KINDS.indexOf(kind));
    const buffer = Buffer.from(bytes);
    const flag = bitsOf(flagBits, 1)[0] === true;
    if (bitsOf(valueBits, 1)[0] !== true) {
      return { value: undefined, flag };
    }
    const isLong = kind !== 'quantity';
    expect(buffer.length).toBe(isLong ? 8 : 4);
    return { value: isLong ? buffer.readBigInt64LE() : BigInt(buffer.readInt32LE()), flag };
  };
  const textOf = (kind: (typeof KINDS)[number]) =>
    textsOf(columns.column(KINDS.indexOf(kind)), 1)[0];
  return { number, textOf };
}

/** Without ASCII white space around it. */
function trim(text: string): string {
  return text.replace(/^[\t-\r ]+|[\t-\r ]+$/g, '');
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
      if (micros === undefined) {
        return undefined;
      }
      // Epochs beyond four digits of years have no instant; which one stands for them does not matter.
      if (micros > 253_402_200_000_000_000n) {
        return 'behind';
      }
      return micros < -62_135_596_700_000_000n ? 'before' : micros;
    };
    let valueCount = 0;
    fc.assert(
      fc.property(fc.oneof(instants, numbers, fc.string()), (text) => {
        const expected = outOfRange(parseInstant(trim(text)));
        const { value, flag } = valuesOf(text).number('instant');
        expect([outOfRange(value), flag], text).toEqual([expected, trim(text) !== '']);
        if (expected !== undefined) {
          valueCount += 1;
        }
      }),
      propertyRuns(8_000, 150_000),
    );
    expect(valueCount).toBeGreaterThan(1000);
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
          if (valuesOf(text).number('instant').value !== micros) {
            expect.fail(text);
          }
        }
      }
    }
  });

  it('are the prices and quantities that verify finds', () => {
    const edges = ['9999999999999999.99', '9999999999999999.995', '-9999999999999999.994'];
    const whole = ['2147483647', '2147483648', '-2147483648', '-2147483649', '0002147483647.000'];
    fc.assert(
      fc.property(fc.oneof(numbers, fc.constantFrom(...edges, ...whole), fc.string()), (text) => {
        const { number } = valuesOf(text);
        const price = parseHundredths(trim(text));
        const isSent = trim(text) !== '';
        expect(number('amount'), text).toEqual({
          value: price,
          flag: isSent && price === undefined,
        });
        const quantity = parseInt32(trim(text));
        expect(number('quantity'), text).toEqual({
          value: quantity === undefined ? undefined : BigInt(quantity),
          flag: isSent && quantity === undefined,
        });
      }),
      propertyRuns(8_000, 150_000),
    );
  });

  it('are texts in one case, trimmed, or as sent, by ASCII only', () => {
    const letters = fc.string({
      unit: fc.constantFrom(
        ...'azAZ@[`{',
        ' ',
        '\t',
        '\n',
        '\v',
        '\f',
        '\r',
        '\u00a0',
        'İ',
        'ß',
        'é',
      ),
      maxLength: 40,
    });
    fc.assert(
      fc.property(letters, (text) => {
        const { textOf } = valuesOf(text);
        const trimmed = trim(text) === '' ? null : trim(text);
        const lower = trimmed?.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) ?? null;
        const upper = trimmed?.replace(/[a-z]/g, (letter) => letter.toUpperCase()) ?? null;
        expect(textOf('lower')).toBe(lower);
        expect(textOf('upper')).toBe(upper);
        expect(textOf('text')).toBe(trimmed === null ? null : text);
      }),
      propertyRuns(2_000, 25_000),
    );
  });
});
