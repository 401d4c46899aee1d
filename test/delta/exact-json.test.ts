import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberText, parseExactJson, parseJsonKeepingNumbers } from '../../src/delta/exact-json.ts';

describe('exact JSON', () => {
  it('keeps integers beyond 2^53 as bigint, and smaller ones as numbers', () => {
    expect(parseExactJson('{"a":9007199254740993,"b":[-12345678901234567890,1,1.5e3]}')).toEqual({
      a: 9007199254740993n,
      b: [-12345678901234567890n, 1, 1500],
    });
  });

  it('does not touch digits inside strings and keys', () => {
    const text =
      '{"12345678901234567890":"say \\"12345678901234567890\\", \\\\","n":12345678901234567890}';
    expect(parseExactJson(text)).toEqual({
      '12345678901234567890': 'say "12345678901234567890", \\',
      n: 12345678901234567890n,
    });
  });

  it('parses every value that JSON.parse parses, the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify({ value, pad: '1234567890123456789' });
        const withoutUnsafe = JSON.stringify(parseExactJson(text), (_key, item) =>
          typeof item === 'bigint' ? Number(item) : item,
        );
        expect(withoutUnsafe).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('keeps every digit of a number as text where asked', () => {
    const parsed = parseJsonKeepingNumbers('{"min":-0.10,"max":1234567890123456789.123,"s":"5"}');
    expect(parsed).toEqual({
      min: new NumberText('-0.10'),
      max: new NumberText('1234567890123456789.123'),
      s: '5',
    });
  });

  it.each([
    '{"a":1234567890123456789',
    '{"a":01234567890123456789}',
    '{"a":1234567890123456789.}',
    '{"a":+1234567890123456789}',
    '{"a":1234567890123456789 1}',
    '{1234567890123456789:1}',
    "{'a':1234567890123456789}",
    '{"a":NaN,"b":1234567890123456789}',
  ])('refuses %s as JSON.parse does', (text) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
    expect(() => parseJsonKeepingNumbers(text)).toThrow(SyntaxError);
  });
});
