import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../fixtures/long-runs.ts';
import { linesOf } from '../../fixtures/record-lines.ts';

const EVENT = '{"a":"x\\"}\\\\","b":[1,{"c":"]"}],"d":"ä€"}';

describe('the records of JSON arrays', () => {
  it.each<[string, string, string[]]>([
    ['on one line', `[${EVENT},${EVENT}]`, [EVENT, EVENT]],
    ['a row a line', `[\n${EVENT},\n${EVENT}\n]\n`, [EVENT, EVENT]],
    ['with the comma first', `[${EVENT}\r\n, ${EVENT}]`, [EVENT, EVENT]],
    ['pretty', '[\n  {\n    "a": 1,\n    "b": []\n  }\n]\n', ['{ "a": 1, "b": [] }']],
    ['none', ' [ ] ', []],
    ['behind a byte-order mark', `\ufeff[${EVENT}]`, [EVENT]],
    ['several arrays', `[${EVENT}]\n[${EVENT}]\n[]`, [EVENT, EVENT]],
    [
      'that are no objects',
      '[1,"a",null,true , -2.5e3,[2]]',
      ['1', '"a"', 'null', 'true', '-2.5e3', '[2]'],
    ],
  ])('%s', async (_, text, records) => {
    for (const size of [1, 2, 3, 7, 1000]) {
      expect(await linesOf('json_array', text, size)).toEqual(records);
    }
  });

  it.each<[string, string, RegExp]>([
    ['is truncated in a record', `[${EVENT},{"a":"b`, /truncated/],
    ['is truncated behind a comma', `[${EVENT},`, /truncated/],
    ['lacks its bracket', `[${EVENT}`, /truncated/],
    ['lacks a comma', `[${EVENT}${EVENT}]`, /lacks a comma .*at byte 45/],
    ['has a comma too many', `[${EVENT},]`, /lacks a record/],
    ['goes on with other text', `[${EVENT}] and more`, /other text than a JSON array/],
  ])('are refused as a whole when the array %s', async (_, text, message) => {
    for (const size of [1, 5, 1000]) {
      const reading = linesOf('json_array', text, size);
      await expect(reading).rejects.toMatchObject({ code: 'input_refused' });
      await expect(linesOf('json_array', text, size)).rejects.toThrow(message);
    }
  });
});

describe('JSON objects one behind the other', () => {
  it.each<[string, string, string[]]>([
    ['without anything between', EVENT.repeat(3), [EVENT, EVENT, EVENT]],
    ['with a literal \\n between', `${EVENT}\\n${EVENT}\\r\\n${EVENT}\\n`, [EVENT, EVENT, EVENT]],
    ['on lines', `${EVENT}\r\n${EVENT}\n`, [EVENT, EVENT]],
    ['with separators of JSON text sequences', `\x1e${EVENT}\n\x1e${EVENT}\n`, [EVENT, EVENT]],
    ['pretty', '{\n\t"a":\n1}{"b"\n:2}', ['{ "a": 1}', '{"b" :2}']],
  ])('%s', async (_, text, records) => {
    for (const size of [1, 2, 3, 7, 1000]) {
      expect(await linesOf('json_values', text, size)).toEqual(records);
    }
  });

  it('do not become JSON by being put on a line', async () => {
    const [text, array] = await linesOf('json_values', '{"a":"one\ntwo"}{"a":[1\n2]}');
    expect(text).toBe('{"a":"one\ftwo"}');
    expect(array).toBe('{"a":[1 2]}');
  });

  it('are refused as a whole when the last does not end', async () => {
    await expect(linesOf('json_values', `${EVENT}{"a":{}`)).rejects.toThrow(/truncated/);
  });
});

describe('records of any content', () => {
  const record = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()).map((value) => value);
  const space = fc.constantFrom('', ' ', '\n', '\r\n', '\t');
  it('come out as they went in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(record, fc.constantFrom(0, 2)), { maxLength: 5 }),
        space,
        fc.integer({ min: 1, max: 40 }),
        async (records, between, size) => {
          const values = records.map(([value]) => value);
          const texts = records.map(([value, indent]) => JSON.stringify(value, null, indent));
          const parsed = (lines: string[]) => lines.map((line) => JSON.parse(line));
          const same = values.map((value) => JSON.parse(JSON.stringify(value)));
          const array = `[${between}${texts.join(`${between},${between}`)}${between}]`;
          expect(parsed(await linesOf('json_array', array, size))).toEqual(same);
          expect(parsed(await linesOf('json_values', texts.join(between), size))).toEqual(same);
        },
      ),
      propertyRuns(200, 2_000),
    );
  });
});
