import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonLine } from '../../src/bronze/json-line.ts';
import { copyUnescaped, createOrdinaryLineReader } from '../../src/bronze/ordinary-line.ts';
import { CONTRACT_FIELDS, readExactly } from '../../src/engines/exact-lines.ts';

const FIELDS = [
  { name: 'id', kind: 'text' },
  { name: 'price', kind: 'number' },
  { name: 'own', kind: 'any' },
] as const;
const SPARE = Buffer.from('\n\n\n\n');

/** What the quick reader says of a line: undefined when it gives it up. */
function readQuickly(reader: ReturnType<typeof createOrdinaryLineReader>, line: Buffer) {
  // In the middle of other bytes, as in a file.
  const bytes = Buffer.concat([Buffer.from('}\n'), line, SPARE]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = reader.find(bytes, view, 2);
  const others = reader.takeOtherFields();
  if (end < 0) {
    expect(others.size).toBe(0);
    return undefined;
  }
  expect(end).toBe(2 + line.length);
  const texts = FIELDS.map((_, index) => {
    const [from, to] = [reader.starts[index] as number, reader.ends[index] as number];
    if (from < 0) return null;
    if (reader.hasEscapes[index] !== 1) return bytes.toString('utf8', from, to);
    const target = Buffer.alloc(to - from);
    return target.toString('utf8', 0, copyUnescaped(bytes, from, to, target, 0));
  });
  return { texts, others: Object.fromEntries(others) };
}

/** The same by the strict reader; undefined for lines that the quick one must give up. */
function readStrictly(line: Buffer) {
  const json = readJsonLine(line);
  if (json.kind !== 'object') return undefined;
  const others: Record<string, number> = {};
  for (const name of json.fields.keys()) {
    if (!FIELDS.some((field) => field.name === name)) {
      Object.defineProperty(others, name, { value: 1, enumerable: true });
    }
  }
  const texts = FIELDS.map(({ name }) => {
    const value = json.fields.get(name);
    return value === undefined || value.type === 'null' || value.type === 'container'
      ? null
      : value.text;
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
  { weight: 5, arbitrary: fc.constantFrom('"id"', '"price"', '"own"', '"other"', '"__proto__"') },
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
    const reader = createOrdinaryLineReader(FIELDS);
    const seen = { found: 0, givenUp: 0 };
    const compare = (line: Buffer): void => {
      const quick = readQuickly(reader, line);
      if (quick === undefined) seen.givenUp += 1;
      else {
        seen.found += 1;
        expect(quick, line.toString()).toEqual(readStrictly(line));
      }
    };
    fc.assert(
      fc.property(object, fc.nat(), fc.nat(255), (source, at, byte) => {
        const line = Buffer.from(source.replaceAll('\n', ' '));
        compare(line);
        // One byte of it changed, where the text stays UTF-8.
        if (line.length === 0 || byte === 0x0a || byte > 0x7f) return;
        const place = at % line.length;
        if ((line[place] as number) > 0x7f) return;
        line[place] = byte;
        compare(line);
      }),
      { numRuns: 20_000 },
    );
    expect(seen.found).toBeGreaterThan(3000);
    expect(seen.givenUp).toBeGreaterThan(3000);
  });

  it('reads what producers send without giving up', () => {
    const reader = createOrdinaryLineReader(FIELDS);
    for (const line of [
      '{}',
      ' { "id" : "1" } \r',
      '{"id":"https:\\/\\/shop\\/caf\\u00e9 \\"x\\"","price":12.50}',
      '{"price":-0.5,"id":7,"own":true}',
      '{"id":null,"id":"second","own":{"a":[1,2,{"b":"}\\n"}]}}',
      '{"context":{"page":{"title":"ä\\t"}},"list":[],"none":{},"e":1e5,"id":"x"}',
    ]) {
      expect(readQuickly(reader, Buffer.from(line)), line).toEqual(readStrictly(Buffer.from(line)));
    }
  });

  it('gives up deep nesting and more names than it keeps, and goes on', () => {
    const reader = createOrdinaryLineReader(FIELDS);
    expect(
      readQuickly(reader, Buffer.from(`{"a":${'['.repeat(200)}${']'.repeat(200)}}`)),
    ).toBeUndefined();
    let givenUp = 0;
    for (let count = 0; count < 2000; count += 1) {
      if (readQuickly(reader, Buffer.from(`{"n${count}":1}`)) === undefined) givenUp += 1;
    }
    expect(givenUp).toBeGreaterThan(0);
    expect(readQuickly(reader, Buffer.from('{"id":"1"}'))?.texts).toEqual(['1', null, null]);
    const manyFields = Array.from({ length: 150 }, (_, index) => `"n${index}":0`).join(',');
    expect(readQuickly(reader, Buffer.from(`{${manyFields}}`))).toBeUndefined();
  });

  it('leaves numbers with an exponent and containers in fields of the contract to the strict one', () => {
    const reader = createOrdinaryLineReader(FIELDS);
    for (const line of ['{"price":1e2}', '{"id":{}}', '{"price":[1]}']) {
      expect(readQuickly(reader, Buffer.from(line))).toBeUndefined();
    }
    expect(readQuickly(reader, Buffer.from('{"id":1e2,"own":[]}'))?.texts).toEqual([
      '1e2',
      null,
      null,
    ]);
    expect(
      readExactly(Buffer.from('{"price":1e2}'), false, new Set()).fields[
        CONTRACT_FIELDS.indexOf('price')
      ],
    ).toBe('100');
  });
});
