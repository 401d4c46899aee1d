/** The quick reader against the strict one, by mappings of every kind. */
import { describe, expect, it } from 'vitest';
import { createLineColumns, isQuick, type LineColumns } from '../../src/bronze/line-columns.ts';
import { readExactly } from '../../src/engines/exact-lines.ts';
import { fieldColumns, lineLayout } from '../../src/engines/lines/line-layout.ts';
import { type MappingText, readMapping } from '../../src/mapping/mapping.ts';
import { listPresets, readPreset } from '../../src/mapping/presets.ts';
import { layOut } from '../../src/mapping/record-layout.ts';
import { bitsOf } from '../fixtures/line-columns.ts';
import { mappedLines, SOURCES } from '../fixtures/mapped-records.ts';
import { SAMPLES } from '../fixtures/preset-samples.ts';

const DECLARED = ['loyalty'];
const COLUMNS = fieldColumns(DECLARED);
const PLACE = { fileNumber: 1, offset: 0 };
const LONG = process.env.CLICKLAKE_TEST_LONG !== undefined;
const SEED = Number(process.env.CLICKLAKE_TEST_SEED ?? 11);

function openReaders(text: MappingText, preset?: MappingText) {
  const { mapping, problems } = readMapping(text, DECLARED, preset);
  expect(problems).toEqual([]);
  const layout = layOut(mapping, DECLARED);
  const lines = lineLayout(layout, COLUMNS);
  expect(isQuick(lines)).toBe(true);
  const [quick, strict] = [createLineColumns(lines), createLineColumns(lines)];
  const found = new Set<number>();
  return {
    /** Numbers of the places that have had a value, by each reader. */
    foundPlaces: () => ({
      quick: [...quick.foundPlaces().entries()].filter(([, byte]) => byte === 1).map(([at]) => at),
      strict: [...found].toSorted((a, b) => a - b),
    }),
    /** Undefined: it gives the line up. */
    quickly(line: string) {
      const bytes = Buffer.from(`${line}\n`);
      bytes.copy(quick.input(bytes.length));
      const { ended } = quick.readLines(0, bytes.length, PLACE);
      const left = quick.input(bytes.length).toString('utf8', 0, bytes.length);
      const others = Object.fromEntries(quick.takeOtherFields().lines);
      const rows = takeRows(quick);
      if (ended === 'given_up') {
        // The strict reader reads it as it was sent.
        expect([left, rows.count, others]).toEqual([`${line}\n`, 0, {}]);
        return undefined;
      }
      return { rows, others };
    },
    strictly(line: string) {
      const exact = readExactly(Buffer.from(line), false, layout, (place) => found.add(place));
      const { problem, items } = exact;
      strict.addTexts(PLACE, { problem, fields: [...exact.fields, ...exact.declared], items });
      const others: Record<string, number> = {};
      for (const name of exact.unknownFields) {
        others[name] = (others[name] ?? 0) + 1;
      }
      return { rows: takeRows(strict), others };
    },
  };
}

function takeRows(columns: LineColumns) {
  const count = columns.rowCount();
  const all = [
    columns.problems(),
    columns.items(),
    ...COLUMNS.map((_, field) => columns.column(field)),
  ];
  const values = all.map(({ valueBits, flagBits, bytes }, index) => [
    ['problem', 'items', ...COLUMNS.map(({ column }) => column)][index],
    bitsOf(valueBits, count),
    bitsOf(flagBits, count),
    Buffer.from(bytes).toString('latin1'),
  ]);
  columns.clear();
  return { count, values };
}

describe('the quick reader of mapped lines', () => {
  const lines = mappedLines(LONG ? 30_000 : 3_000, SEED);
  it.each(Object.keys(SOURCES))('reads none otherwise than the strict one: %s', (source) => {
    const { quickly, strictly, foundPlaces } = openReaders(SOURCES[source] ?? {});
    let found = 0;
    for (const line of lines[source] ?? []) {
      const quick = quickly(line);
      if (quick !== undefined) {
        found += 1;
        expect(quick, line).toEqual(strictly(line));
      }
    }
    expect(found).toBeGreaterThan((lines[source]?.length ?? 0) / 5);
    // Of a line that it gives up it may have seen the beginning.
    expect(foundPlaces().quick).toEqual(expect.arrayContaining(foundPlaces().strict));
  });

  it.each(listPresets())('reads what senders send by their presets: %s', (name) => {
    const { quickly, strictly, foundPlaces } = openReaders({}, readPreset(name));
    for (const record of SAMPLES[name]?.records ?? []) {
      const line = JSON.stringify(record);
      expect(quickly(line), line).toEqual(strictly(line));
    }
    expect(foundPlaces().quick).toEqual(foundPlaces().strict);
  });
});

describe('paths into arrays', () => {
  const { quickly, strictly } = openReaders({
    fields: {
      event_id: ['ids[1]', 'deep[0][1].id'],
      user_id: ['p[key=user].value', 'p[7=x].value', 'p[key=é"\\].value'],
      session_id: ['p[key=session]', 'p[2].value'],
      event_type: 'p[key=user].list[0].type',
      page_url: 'p[0].url',
      product_id: 'p[no=1].id',
    },
    missing: ['(not set)', 'é"'],
  });
  it.each([
    '{"ids":[1,"two"],"p":[{"key":"user","value":"u"},{"key":"user","value":"second"}]}',
    '{"ids":[],"deep":[[0,{"id":"d"}]],"p":[]}',
    '{"ids":["only"],"ids":["a","b"],"p":{"key":"user","value":"u"}}',
    '{"p":[{"value":"behind","key":"user"},{"7":"x","value":1},[{"key":"user"}],"user",null]}',
    '{"p":[{"key":"é\\"\\\\","value":1}]}',
    '{"p":[{"key":["user"],"value":1},{"key":{"a":1},"key":"user","value":2}]}',
    '{"p":[{"key":null,"key":"user","value":3},{"key":"session"},{"value":"third"}]}',
    '{"p":[ {"no":1,"id":5} , {"no":"1","id":6}\t, {"no":1.0,"id":7} ] }',
    '{"p":[{"url":"a","x":1,"key":"user","value":"u","y":[{}]},{"z":1,"key":"user"}],"w":2}',
    '{"p":[{"key":"user","list":[{"type":"look","more":1},{"type":"no"}],"value":true}]}',
    '{"p":[{"key":"user","value":"(not set)"},{"7":"x","value":"(n\\u006ft set)"}]}',
    '{"p":[{"key":"user","value":"\\u00e9\\""},{"7":"x","value":"kept"}],"ids":[0,"(not set) "]}',
    '{"ids":[0,"a"],"p":[{"key":"user","value":"u"}]',
    '{"ids":[0,"a"],"p":[{"key":"user","value":"u"},]}',
    '{"ids":[0,"a"],"p":[{"key":"user" "value":"u"}]}',
    '{"ids":[0,"a" "b"],"p":[]}',
    '{"p":[{"key":"user","list":[{"type":"\\ud800"}]}]}',
    '{"p":[{"key":tru}]}',
  ])('are read as the strict reader reads them: %s', (line) => {
    const quick = quickly(line);
    if (quick !== undefined) {
      expect(quick).toEqual(strictly(line));
    }
  });

  it('are followed, not left to the strict reader', () => {
    const line = '{"ids":[0,"a"],"p":[{"key":"user","value":"u"},{"x":1}],"w":2}';
    expect(quickly(line)).toEqual(strictly(line));
  });
});

describe('items', () => {
  const { quickly, strictly } = openReaders({
    fields: { product_id: 'sku', loyalty: ['own', 'other'] },
    missing: ['(none)'],
    items: {
      from: ['a.lines', 'b'],
      product_id: ['sku', 'ids[1]', 'skus[]', 'sku[]'],
      product_name: ['name', 'titles[lang=de].text'],
      price: ['price', 'unit.price', 'prices[]'],
      quantity: ['price', 'n'],
      brand: 'brands[]',
    },
  });
  it.each([
    [
      '{"a":{"lines":[{"sku":"x","price":1.5},{},{"sku":" "},7,null,"t",[],{"n":2}]},"b":[{"sku":"b"}]}',
      true,
    ],
    ['{"a":{"lines":[]},"b":{"sku":"b","unit":{"price":"3"},"price":"(none)"}}', true],
    [
      '{"a":{"lines":[{"sku":{"x":1},"ids":[1,2]}]},"b":[ {"sku":null,"ids":[1,"2"]} , {"n":1} ] }',
      true,
    ],
    ['{"skus":["1",2,null,{},[],"","(none)"],"prices":[1.5],"brands":"one","sku":"own"}', true],
    ['{"skus":{"a":1},"prices":[],"brands":null,"sku":"single"}', true],
    ['{"skus":"(none)","prices":7,"brands":["a","b" , "c"],"sku":" "}', true],
    ['{"sku":"alone","own":{"x":1},"other":"never"}', true],
    ['{"own":" ","other":"kept"}', true],
    [
      '{"b":[{"sku":"a","sku":"b","titles":[{"lang":"en","text":"no"},{"lang":"de","text":"ja"}]}]}',
      true,
    ],
    [
      '{"b":[{"sku":"15\\" \\/ \\u00e9\\u20ac\\u0041 \\b\\f\\n\\r\\t\\\\ \\u0022\\u005C\\u000A\\u001F\\u0007 \u007f"}]}',
      true,
    ],
    ['{"b":[{"sku":"\\n\\u0020"},{"sku":"\\u0028none)"},{"name":"b"}]}', true],
    ['{"b":[{"sku":"a","price":1e2}]}', false],
    ['{"skus":["a"],"prices":[1e2]}', false],
    ['{"b":[{"\\u0073ku":"a"}]}', false],
    ['{"b":[{"sku":"\\ud83d\\ude00"}]}', false],
    [
      `{"b":[${Array.from({ length: 120 }, (_, index) => `{"sku":"${'é'.repeat(400)}${index}"}`)}]}`,
      true,
    ],
    [`{"b":[{"sku":"${'\\n'.repeat(3000)}"}]}`, false],
  ])('are read as the strict reader reads them: %s', (line, isQuickly) => {
    const quick = quickly(line);
    expect(quick !== undefined).toBe(isQuickly);
    expect(quick ?? strictly(line)).toEqual(strictly(line));
  });
});

describe('a line with more names than the quick reader has room for', () => {
  const { quickly, strictly } = openReaders({
    fields: { user_id: 'p[key=user].value' },
    items: { from: 'lines', product_id: 'sku' },
  });
  const names = Array.from({ length: 3000 }, (_, index) => `"n${index}":0`).join(',');
  it.each([`"p":[{"key":"user",${names}}]`, `"lines":[{"sku":"a",${names}}]`])(
    'is left to the strict one, and the next is read: %#',
    (member) => {
      expect(quickly(`{${member}}`) ?? strictly(`{${member}}`)).toEqual(strictly(`{${member}}`));
      const next = '{"p":[{"key":"user","value":"u"}],"lines":[{"sku":"b"}]}';
      expect(quickly(next)).toEqual(strictly(next));
    },
  );
});

describe('ids made of the content', () => {
  it.each([
    '{"id":"sent","a":1}',
    ' \t{"a":1} \r',
    '{"id":" ","a":"\\n"}',
    '{"id":"","other":"\\u0041"}',
    '{"id":null}',
    '{"id":"\\u0041"}',
    '{"id":"\\n"}',
  ])('are those of the strict reader, whatever was sent: %s', (line) => {
    const { quickly, strictly } = openReaders({ fields: { event_id: 'id' }, event_id: 'content' });
    const quick = quickly(line);
    expect(quick ?? strictly(line)).toEqual(strictly(line));
    expect(quick === undefined).toBe(line.includes('"id":"\\'));
  });

  it('give way to a constant', () => {
    for (const constant of ['fixed', ' ']) {
      // A configuration may not say so, but the readers must still agree on it.
      const preset = { constants: { event_id: constant } };
      const text: MappingText = { fields: { event_id: 'id' }, event_id: 'content' };
      const { quickly, strictly } = openReaders(text, preset);
      expect(quickly('{"a":1}')).toEqual(strictly('{"a":1}'));
    }
  });
});
