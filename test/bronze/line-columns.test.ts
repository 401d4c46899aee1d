import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonRecord } from '../../src/bronze/json-line.ts';
import { createLineColumns, type LineColumns, MAX_ROWS } from '../../src/bronze/line-columns.ts';
import { flatLayout, textsOf } from '../fixtures/line-columns.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';

const FIELDS = [
  { name: 'id', kind: 'sent' },
  { name: 'price', kind: 'amount' },
  { name: 'kind', kind: 'text' },
  { name: 'own', kind: 'sent' },
] as const;
const LAYOUT = flatLayout(FIELDS);
const TEXT_FIELDS = FIELDS.map(({ kind }, index) => ({ kind, index })).filter(
  ({ kind }) => kind !== 'amount',
);

/** What the quick reader says of a line: undefined when it gives it up. */
function readQuickly(columns: LineColumns, line: Buffer) {
  // In the middle of other bytes, as in a file.
  const before = Buffer.from('}\n');
  const bytes = Buffer.concat([before, line, Buffer.from('\n')]);
  bytes.copy(columns.input(bytes.length));
  const place = { fileNumber: 7, offset: 5_000_000_000 };
  const result = columns.readLines(before.length, bytes.length, place);
  const others: Record<string, number> = {};
  for (const [name, value] of columns.takeOtherFields().lines) {
    Object.defineProperty(others, name, { value, enumerable: true });
  }
  if (result.ended === 'given_up') {
    expect(result).toEqual({ at: before.length, lineCount: 0, ended: 'given_up' });
    expect(columns.rowCount()).toBe(0);
    expect(others).toEqual({});
    return undefined;
  }
  expect(result).toEqual({ at: bytes.length, lineCount: 1, ended: 'at_end' });
  expect(Buffer.from(columns.fileNumbers()).readInt32LE()).toBe(7);
  expect(Buffer.from(columns.lineStarts()).readBigInt64LE()).toBe(5_000_000_000n);
  const texts = TEXT_FIELDS.map(({ index }) => textsOf(columns.column(index), 1)[0]);
  columns.clear();
  return { texts, others };
}

/** The same by the strict reader; undefined for lines that the quick one must give up. */
function readStrictly(line: Buffer) {
  const others: Record<string, number> = {};
  const json = readJsonRecord(line, LAYOUT, (name) =>
    Object.defineProperty(others, name, { value: 1, enumerable: true }),
  );
  if (json.kind !== 'object') {
    return undefined;
  }
  const texts = TEXT_FIELDS.map(({ index, kind }) => {
    const value = json.values[index];
    if (value === undefined || value.type === 'null' || value.type === 'container') {
      return null;
    }
    return kind === 'text' && /^[\t-\r ]*$/.test(value.text) ? null : value.text;
  });
  return { texts, others };
}

const space = fc.constantFrom('', '', '', '', ' ', '\t', '\r', ' \r\t');
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom('0', '-0', '1.50', '1E3', '12e-2', '01', '1.', '.5', '-', '+1', '1e', '0x1'),
);
const escapes = fc.constantFrom(
  ...['\\/', '\\"', '\\\\', '\\n', '\\u00e9', '\\u20AC', '\\u0000', '\\ud83d\\ude00'],
  ...['\\ud83d', '\\x', '\\u12', '\t', 'ä€😀', '\u007f', '"'],
);
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }).map((value) => JSON.stringify(value)),
    fc
      .array(fc.oneof(fc.string({ maxLength: 5 }), escapes), { maxLength: 4 })
      .map((parts) => `"${parts.join('')}"`),
  )
  .map((value) => value);
const { value: json } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    number,
    fc.constantFrom('true', 'false', 'null', 'nul', 'True', 'NaN', ''),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    fc
      .array(fc.tuple(text, space, tie('value')), { maxLength: 3 })
      .map(
        (items) => `{${items.map(([key, gap, item]) => `${key}${gap}:${gap}${item}`).join(',')}}`,
      ),
  ),
}));
const name = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom('"id"', '"price"', '"kind"', '"own"', '"other"', '"__proto__"'),
  },
  text,
);
const member = fc
  .tuple(space, name, space, space, json, space)
  .map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${String(value)}${d}`);
const object = fc
  .tuple(space, fc.array(member, { maxLength: 6 }), fc.constantFrom('', '', '', ',', ' ', '}', 'x'))
  .map(([gap, members, tail]) => `${gap}{${members.join(',')}}${tail}`);

describe('the quick reader of lines', () => {
  it('reads no line otherwise than the strict one', () => {
    const columns = createLineColumns(LAYOUT);
    const seen = { found: 0, givenUp: 0 };
    const compare = (line: Buffer): void => {
      const quick = readQuickly(columns, line);
      if (quick === undefined) {
        seen.givenUp += 1;
      } else {
        seen.found += 1;
        expect(quick, line.toString()).toEqual(readStrictly(line));
      }
    };
    fc.assert(
      fc.property(object, fc.nat(), fc.nat(255), (source, at, byte) => {
        const line = Buffer.from(source.replaceAll('\n', ' '));
        compare(line);
        // One byte of it changed, where the text stays UTF-8.
        if (line.length === 0 || byte === 0x0a || byte > 0x7f) {
          return;
        }
        const place = at % line.length;
        if ((line[place] as number) > 0x7f) {
          return;
        }
        line[place] = byte;
        compare(line);
      }),
      propertyRuns(5_000, 100_000),
    );
    expect(seen.found).toBeGreaterThan(500);
    expect(seen.givenUp).toBeGreaterThan(500);
  });

  it('reads what producers send without giving up', () => {
    const columns = createLineColumns(LAYOUT);
    for (const line of [
      '{}',
      ' { "id" : "1" } \r',
      '{"id":"https:\\/\\/shop\\/caf\\u00e9 \\"x\\"","price":12.50}',
      '{"price":-0.5,"id":7,"own":true}',
      '{"id":null,"id":"second","own":{"a":[1,2,{"b":"}\\n"}]}}',
      '{"context":{"page":{"title":"ä\\t"}},"list":[],"none":{},"e":1e5,"id":"x"}',
    ]) {
      expect(readQuickly(columns, Buffer.from(line)), line).toEqual(
        readStrictly(Buffer.from(line)),
      );
    }
  });

  it('gives up deep nesting and very many names in a line, and goes on', () => {
    const columns = createLineColumns(LAYOUT);
    expect(
      readQuickly(columns, Buffer.from(`{"a":${'['.repeat(200)}${']'.repeat(200)}}`)),
    ).toBeUndefined();
    expect(readQuickly(columns, Buffer.from('{"id":"1"}'))?.texts).toEqual(['1', null, null]);
    const manyFields = Array.from({ length: 150 }, (_, index) => `"n${index}":0`).join(',');
    expect(readQuickly(columns, Buffer.from(`{${manyFields}}`))).toBeUndefined();
  });

  it('reads lines with ever new names, and counts each name', () => {
    const columns = createLineColumns(LAYOUT);
    const count = 5000;
    const lines = Buffer.from(
      Array.from(
        { length: count },
        (_, index) => `{"n${index}":1,"id":"${index}","late":${index},"own":{"n${index}":[]}}\n`,
      ).join(''),
    );
    lines.copy(columns.input(lines.length));
    const place = { fileNumber: 1, offset: 70 };
    expect(columns.readLines(0, lines.length, place)).toEqual({
      ...{ at: lines.length, lineCount: count, ended: 'at_end' },
    });
    const ids = Array.from({ length: count }, (_, index) => String(index));
    expect(textsOf(columns.column(0), count)).toEqual(ids);
    const last = lines.lastIndexOf('{"n4999":1');
    expect(Buffer.from(columns.lineStarts()).readBigInt64LE(8 * (count - 1))).toBe(
      BigInt(70 + last),
    );
    const { lines: counts, isCut } = columns.takeOtherFields();
    expect([counts.size, counts.get('late'), counts.get('n0'), isCut]).toEqual([
      ...[count + 1, count, 1, false],
    ]);
    expect(columns.takeOtherFields().lines.size).toBe(0);
  });

  it('leaves numbers with an exponent and containers in fields of the contract to the strict one', () => {
    const columns = createLineColumns(LAYOUT);
    for (const line of ['{"price":1e2}', '{"kind":{}}', '{"price":[1]}']) {
      expect(readQuickly(columns, Buffer.from(line))).toBeUndefined();
    }
    const line = Buffer.from('{"id":1e2,"own":[]}');
    expect(readQuickly(columns, line)?.texts).toEqual(['1e2', null, null]);
  });

  it('refuses more fields than it has room for', () => {
    const fields = Array.from({ length: 1001 }, (_, index) => ({
      ...{ name: `f${index}`, kind: 'sent' as const },
    }));
    expect(() => createLineColumns(flatLayout(fields))).toThrow(
      expect.objectContaining({ code: 'config_invalid', hint: expect.stringContaining('1000') }),
    );
    const columns = createLineColumns(flatLayout(fields.slice(1)));
    const line = Buffer.from('{"f1000":"last","f1":"first"}\n');
    line.copy(columns.input(line.length));
    columns.readLines(0, line.length, { fileNumber: 1, offset: 0 });
    expect(textsOf(columns.column(999), 1)).toEqual(['last']);
    expect(textsOf(columns.column(0), 1)).toEqual(['first']);
  });

  it('stops when there are as many rows as it has room for', () => {
    const columns = createLineColumns(LAYOUT);
    const lines = Buffer.from('{"id":"x","other":1}\n'.repeat(MAX_ROWS + 10));
    lines.copy(columns.input(lines.length));
    const place = { fileNumber: 1, offset: 0 };
    const first = columns.readLines(0, lines.length, place);
    expect(first).toMatchObject({ lineCount: MAX_ROWS, ended: 'full' });
    expect(columns.isFull()).toBe(true);
    expect(textsOf(columns.column(0), MAX_ROWS)).toEqual(new Array(MAX_ROWS).fill('x'));
    columns.clear();
    const rest = columns.readLines(first.at, lines.length, place);
    expect(rest).toEqual({ at: lines.length, lineCount: 10, ended: 'at_end' });
    expect(columns.takeOtherFields().lines).toEqual(new Map([['other', MAX_ROWS + 10]]));
  });

  it('makes room for long texts, and keeps what it had', () => {
    const columns = createLineColumns(LAYOUT);
    const long = 'é\\n'.repeat(6_000_000);
    const lines = Buffer.from(`{"id":"1"}\n{"id":"${long}","own":"a"}\n{"id":"2"}\n`);
    columns.input(1000).write('kept');
    expect(columns.input(lines.length).toString('utf8', 0, 4)).toBe('kept');
    lines.copy(columns.input(lines.length));
    columns.addTexts(
      { fileNumber: 1, offset: 9 },
      { problem: 'not_json', fields: ['0', '1.5', ' ', ''], items: null },
    );
    const place = { fileNumber: 1, offset: 100 };
    const { at, ended } = columns.readLines(0, lines.length, place);
    // The long one fills its column.
    expect([ended, lines.length - at]).toEqual(['full', 11]);
    const unescaped = long.replaceAll('\\n', '\n');
    expect(textsOf(columns.column(0), 3)).toEqual(['0', '1', unescaped]);
    expect(textsOf(columns.column(2), 3)).toEqual([null, null, null]);
    expect(textsOf(columns.column(3), 3)).toEqual(['', null, 'a']);
    expect(textsOf(columns.problems(), 3)).toEqual(['not_json', null, null]);
  });
});
