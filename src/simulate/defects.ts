/**
 * Every kind of line for quarantine, with the reason that it must get.
 *
 * A malformed line is an extra line: garbage, or a damaged copy of an event that is also delivered
 * intact. It does not change the truth except for one more line in quarantine.
 */
import { FIELD_NAMES, VISITOR_FIELDS } from '../contract/fields.ts';
import { type Field, joinFields, type LineFacts } from './line-fields.ts';
import type { LineRandom } from './respelling.ts';

export interface Defect {
  /** As in silver_quarantine. */
  reason: string;
  /** The line's bytes, without LF. */
  spoil(line: LineFacts, random: LineRandom): Buffer;
}

/** A spoiled line as text. */
type SpoilText = (line: LineFacts, random: LineRandom) => string;

const plain: SpoilText = (line) => joinFields(line.fields);

/** Sets a field's JSON text where the field is, or adds it at the end. */
function withField(line: LineFacts, name: string, value: string): LineFacts {
  const isThere = line.fields.some((field) => field.name === name);
  const fields: Field[] = isThere
    ? line.fields.map((field) => (field.name === name ? { name, value } : field))
    : [...line.fields, { name, value }];
  return { ...line, fields };
}

function withoutField(line: LineFacts, name: string): LineFacts {
  return { ...line, fields: line.fields.filter((field) => field.name !== name) };
}

function textDefects(reason: string, spoils: readonly SpoilText[]): Defect[] {
  return spoils.map((spoil) => ({
    reason,
    spoil: (line, random) => Buffer.from(spoil(line, random)),
  }));
}

/** Bytes that are not UTF-8, put into the page's address. */
const NOT_UTF8: Defect[] = [
  [0xe9],
  [0xff, 0xfe],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xe2, 0x82],
  [0xf5, 0x80, 0x80, 0x80],
].map((bytes) => ({
  reason: 'not_utf8',
  spoil(line) {
    const [before, after] = plain(withField(line, 'page_url', '"/caf\u0000"'), () => 0).split(
      '\u0000',
    );
    return Buffer.concat([Buffer.from(before!), Buffer.from(bytes), Buffer.from(after!)]);
  },
}));

const NOT_JSON = textDefects('not_json', [
  // Cut off: anywhere, and right after a key, where some readers swallow the next line.
  (line, random) => plain(line, random).slice(0, 1 + random(5, plain(line, random).length - 2)),
  (line, random) => `${plain(line, random).split('"event_type"')[0]}"event_type":`,
  (line, random) => `${plain(line, random).slice(0, -1)},}`,
  (line) => joinFields(line.fields, { open: '{,', colon: ':', comma: ',', close: '}' }),
  (line, random) => plain(withField(line, 'price', 'NaN'), random),
  (line, random) => plain(withField(line, 'price', '-Infinity'), random),
  (line, random) => plain(withField(line, 'quantity', '01'), random),
  (line, random) => plain(withField(line, 'quantity', '+1'), random),
  (line, random) => plain(withField(line, 'price', '.5'), random),
  (line, random) => plain(withField(line, 'price', '5.'), random),
  (line, random) => plain(withField(line, 'quantity', '0x10'), random),
  (line, random) => plain(withField(line, 'device', 'undefined'), random),
  (line, random) => plain(withField(line, 'device', 'True'), random),
  (line, random) => plain(withField(line, 'page_url', '"/caf\\ud800"'), random),
  (line, random) => plain(withField(line, 'page_url', '"/caf\\udc00\\ud83d"'), random),
  (line, random) => plain(withField(line, 'note\\ud83d', '1'), random),
  (line, random) => plain(withField(line, 'page_url', '"/a\tb"'), random),
  (line, random) => plain(withField(line, 'page_url', '"/a\u0000b"'), random),
  (line, random) => plain(withField(line, 'page_url', '"/a\\x62"'), random),
  (line, random) => plain(withField(line, 'page_url', '"/a\\u00g1"'), random),
  (line, random) => plain(line, random).replaceAll('"', "'"),
  (line, random) => `${plain(line, random)} // sent by the old app`,
  (line, random) => plain(line, random).replace(',', ',/* old app */'),
  (line, random) => `${plain(line, random)}}`,
  (line, random) => `${plain(line, random)}${plain(line, random)}`,
  (line, random) => `${plain(line, random)};`,
  (line, random) => plain(line, random).replace('":"', '"="'),
  (line, random) => plain(line, random).replace('","', '" "'),
  (line, random) => plain(line, random).replace('"event_id"', 'event_id'),
  () => '<html><head><title>502 Bad Gateway</title></head></html>',
  () => 'event_id,user_id,session_id,event_type,event_timestamp',
  () => '\u00a0',
  () => '{',
  () => 'nul',
  (line, random) => `[${plain(line, random)},]`,
]);

const NOT_AN_OBJECT = textDefects('not_an_object', [
  (line, random) => `[${plain(line, random)}]`,
  (line, random) => JSON.stringify(plain(line, random)),
  () => '[]',
  () => 'null',
  () => 'true',
  () => '"ping"',
  () => '42',
  () => '-1.5e+300',
]);

const WRONG_TYPE = FIELD_NAMES.flatMap((name) =>
  textDefects(`wrong_type:${name}`, [
    (line, random) =>
      plain(withField(line, name, WRONG_VALUES[random(5, WRONG_VALUES.length)]!), random),
  ]),
);
const WRONG_VALUES = ['{}', '[]', '{"value":"x"}', '["x"]', '[null]'];

/** What is missing when its fields are: all three ids of who was there count as one. */
const MISSING_FIELDS: Readonly<Record<string, readonly string[]>> = {
  event_id: ['event_id'],
  user_id: VISITOR_FIELDS,
  event_type: ['event_type'],
  event_timestamp: ['event_timestamp'],
};

const MISSING = Object.entries(MISSING_FIELDS).flatMap(([reason, names]) =>
  textDefects(`missing:${reason}`, [
    (line, random) => plain(names.reduce(withoutField, line), random),
    ...['null', '""', '" \\t\\n "'].map(
      (value): SpoilText =>
        (line, random) =>
          plain(
            names.reduce((spoiled, name) => withField(spoiled, name, value), line),
            random,
          ),
    ),
  ]),
);

/** Of a product view, the one type that needs a product, under its names. */
const MISSING_PRODUCT = ['product_view', 'PRODUCT_VIEW', 'Product Viewed', 'view_item'].flatMap(
  (type) =>
    textDefects('missing:product_id', [
      (line, random) => {
        // A list of products would do as well.
        const alone = withoutField(line, 'items');
        const typed = withField(alone, 'event_type', JSON.stringify(type));
        const value = ['null', '""', '"   "'][random(5, 4)];
        return plain(
          value === undefined
            ? withoutField(typed, 'product_id')
            : withField(typed, 'product_id', value),
          random,
        );
      },
    ]),
);

const UNKNOWN_EVENT_TYPE = textDefects(
  'unknown_event_type',
  [
    'add_to_wishlist',
    'view_item_list',
    'Product Clicked',
    'product-view',
    'purchasé',
    'PAGEVIEW',
    'ſearch',
  ].map(
    (type) => (line: LineFacts, random: LineRandom) =>
      plain(withField(line, 'event_type', JSON.stringify(type)), random),
  ),
);

const timestamps = (reason: string, texts: readonly string[]): Defect[] =>
  textDefects(
    reason,
    texts.map(
      (value) => (line: LineFacts, random: LineRandom) =>
        plain(withField(line, 'event_timestamp', value), random),
    ),
  );

const BAD_TIMESTAMP = timestamps('bad_timestamp', [
  '"yesterday"',
  '"2026-02-30T10:00:00Z"',
  '"2025-02-29T10:00:00Z"',
  '"2026-13-01T10:00:00Z"',
  '"2026-01-01T24:00:00Z"',
  '"2026-01-01T23:59:60Z"',
  '"2026-01-01T10:00:00z"',
  '"2026-01-01t10:00:00Z"',
  '"2026-01-01T10:00Z"',
  '"2026-01-01"',
  '"2026-1-1T10:00:00Z"',
  '"2026-01-01T10:00:00.Z"',
  '"2026-01-01T10:00:00.1234567890Z"',
  '"2026-01-01T10:00:00,5Z"',
  '"2026-01-01T10:00:00+15:00"',
  '"2026-01-01T10:00:00+01:60"',
  '"2026-01-01  10:00:00"',
  '"2026-01-01T10:00:00 GMT"',
  '"01/02/2026 10:00:00"',
  '"Thu, 01 Jan 2026 10:00:00 GMT"',
  '"1.767e9"',
  '"0x69560000"',
  '"infinity"',
  '"epoch"',
  'true',
]);

const OUT_OF_RANGE = timestamps('timestamp_out_of_range', [
  '"1970-01-01T00:00:00Z"',
  '"1999-12-31T23:59:59.999999Z"',
  '"2000-01-01T00:59:59+01:00"',
  '"2199-01-01T00:00:00Z"',
  '"9999-12-31 23:59:59 UTC"',
  '"0001-01-01T00:00:00Z"',
  '0',
  '-1',
  '"946684799.999"',
  '7226582400',
  '7226582400000000',
  '1767225600000000000',
  '1e400',
]);

/** In order of their reasons; the index is part of the line's random numbers. */
export const DEFECTS: readonly Defect[] = [
  ...NOT_UTF8,
  ...NOT_JSON,
  ...NOT_AN_OBJECT,
  ...WRONG_TYPE,
  ...MISSING,
  ...MISSING_PRODUCT,
  ...UNKNOWN_EVENT_TYPE,
  ...BAD_TIMESTAMP,
  ...OUT_OF_RANGE,
];

/** The reasons, each once; every one of them appears in a run that is long enough. */
export const DEFECT_REASONS: readonly string[] = [...new Set(DEFECTS.map(({ reason }) => reason))];
