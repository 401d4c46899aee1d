import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/config/environment.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import type { ClicklakeError } from '../../src/errors.ts';

const MACHINE = { memoryBytes: 6_000_000_000, threads: 3, homeDir: '/home/someone' };

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'clicklake-sources-'));
});
afterEach(() => rm(cwd, { recursive: true }));

async function load(text: string, env: Environment = {}) {
  await writeFile(join(cwd, 'clicklake.yaml'), text);
  return loadSettings({ cwd, env, machine: MACHINE });
}

async function failure(loading: Promise<unknown>) {
  const error = await loading.then(
    () => undefined,
    (thrown: ClicklakeError) => thrown,
  );
  expect(error).toMatchObject({ code: 'config_invalid', exitCode: 2 });
  return { message: error?.message, hint: error?.hint };
}

const SEE = 'docs/mapping.md says how a mapping is written';
const SEE_KEYS = 'see docs/operations.md for every key and its values';

describe('a mapping that cannot be meant is refused with its place:', () => {
  it.each([
    [
      'an unknown key',
      'feilds: {}',
      '3:5: unknown key "feilds" in sources.web',
      'did you mean "fields"?',
    ],
    [
      'a key of another section',
      'lake: ./lake',
      '3:5: unknown key "lake" in sources.web',
      expect.stringMatching(/^known keys in sources.web: preset, format, landing, fields, /),
    ],
    [
      'a path that does not parse',
      'fields: { user_id: a..b }',
      '3:24: sources.web.fields.user_id is not a path into a record: a..b',
      SEE,
    ],
    [
      'one of several paths',
      'fields: { user_id: [user.id, "[0]"] }',
      '3:34: sources.web.fields.user_id is not a path into a record: [0]',
      SEE,
    ],
    [
      'a path to every element',
      'fields: { user_id: "users[]" }',
      '3:24: sources.web.fields.user_id is not a path into a record: users[]',
      SEE,
    ],
    [
      'a number as a path',
      'fields: { user_id: 5 }',
      '3:24: sources.web.fields.user_id must be a path into the record, such as properties.price, or a list of paths, not 5',
      SEE_KEYS,
    ],
    [
      'a field that there is not',
      'fields: { userid: a }',
      '3:15: sources.web.fields.userid is not a field of an event',
      'did you mean "user_id"?',
    ],
    [
      'a constant for no field',
      'constants: { shop: a }',
      '3:18: sources.web.constants.shop is not a field of an event',
      expect.stringMatching(/^there are event_id, user_id, .*discount$/),
    ],
    [
      'a constant that is a list',
      'constants: { currency: [a] }',
      '3:28: sources.web.constants.currency must be a text, not this list',
      SEE_KEYS,
    ],
    [
      'a constant instant that is none',
      'constants: { event_timestamp: yesterday }',
      '3:35: sources.web.constants.event_timestamp must be an instant such as 2026-01-05T10:00:00Z, not "yesterday"',
      SEE,
    ],
    [
      'a constant price that is no number',
      'constants: { currency: EUR, price: abc }',
      '3:40: sources.web.constants.price must be a number such as 12.50, not "abc"',
      SEE,
    ],
    [
      'a constant quantity that is not whole',
      'constants: { quantity: 1.5 }',
      '3:28: sources.web.constants.quantity must be a whole number, not 1.5',
      SEE,
    ],
    [
      'one id for all events',
      'constants: { event_id: x }',
      '3:28: sources.web.constants.event_id is one id for all events, and each needs its own',
      'for an id made from the whole record write event_id: content next to constants',
    ],
    [
      'a type that is both read and ignored',
      'ignore: [beat, " PING"]\n    event_types: { ping: purchase }',
      '3:20: sources.web.ignore names  PING, which is mapped to purchase under event_types',
      'keep one of the two: a record is either read or ignored',
    ],
    [
      'quotes that do not close',
      "fields: { user_id: 'a[k=\"x].v' }",
      '3:24: sources.web.fields.user_id is not a path into a record: a[k="x].v',
      SEE,
    ],
    [
      'an alias of nothing',
      'constants: { currency: *money }',
      '3:28: *money is an alias without an anchor above it',
      'define the anchor &money above it, or quote the value if it is text',
    ],
    [
      'items without a product',
      'items: { from: products, price: price }',
      '3:12: sources.web.items needs product_id, which identifies an item',
      SEE,
    ],
    [
      'a field of items that there is not',
      'items: { from: products, product_id: id, prise: p }',
      '3:46: sources.web.items.prise is not a field of an item',
      'did you mean "price"?',
    ],
    [
      'items of no array',
      'items: { product_id: product.id }',
      '3:26: sources.web.items.product_id is not an array: product.id; end it with [], or name the list of items with from',
      SEE,
    ],
    [
      'items of a list that only an array names',
      'items: { from: products, product_id: "ids[]" }',
      '3:12: sources.web.items needs product_id, which identifies an item',
      SEE,
    ],
    [
      'arrays beside a list, without one of products',
      'items: { from: products, product_id: sku, price: "prices[]" }',
      '3:12: sources.web.items needs an array for product_id as well',
      SEE,
    ],
    [
      'an event type for no other',
      'event_types: { buy: purchased }',
      '3:25: sources.web.event_types.buy stands for purchased, which is not an event type: add it to silver.event_types, or set unknown_event_types: keep',
      SEE,
    ],
    [
      'a preset that there is not',
      'preset: segmnt',
      expect.stringMatching(
        /^clicklake.yaml:3:13: sources.web.preset must be one of .*clicklake.*, not "segmnt"$/,
      ),
      SEE_KEYS,
    ],
    [
      'a field twice',
      'fields: { user_id: a, user_id: b }',
      '3:27: sources.web.fields.user_id is given twice, first on line 3',
      'remove one of the two: only one would be used',
    ],
    [
      'an event type twice, in other letters',
      'event_types: { "Buy Now": purchase, "buy NOW ": checkout }',
      '3:31: sources.web.event_types.Buy Now is given twice: upper and lower case are the same here',
      SEE,
    ],
    [
      'two problems',
      'fields: { userid: a, event_id: "]" }',
      '3:15: sources.web.fields.userid is not a field of an event (and 1 more)',
      'did you mean "user_id"?',
    ],
  ])('%s', async (_what, line, message, hint) => {
    const place = typeof message === 'string' ? `clicklake.yaml:${message}` : message;
    expect(await failure(load(`sources:\n  web:\n    ${line}\n`))).toEqual({
      message: place,
      hint,
    });
  });

  it('a source that is a text, or that has no name', async () => {
    expect(await failure(load('sources: { web: segment }'))).toEqual({
      message:
        'clicklake.yaml:1:17: sources.web must be a map of keys such as preset, fields and items, not "segment"',
      hint: SEE_KEYS,
    });
    expect(await failure(load('sources: { a b: {} }'))).toEqual({
      message:
        'clicklake.yaml:1:12: sources.a b must be named with letters, digits, dots, hyphens and underscores, as in ingest --source',
      hint: 'rename it',
    });
  });

  it('also from the environment, by its variable', async () => {
    const env = { CLICKLAKE_SOURCES: '{web: {fields: {user_id: "a["}}}' };
    expect(await failure(load('sources: { web: {} }', env))).toEqual({
      message: 'CLICKLAKE_SOURCES: sources.web.fields.user_id is not a path into a record: a[',
      hint: SEE,
    });
  });
});

describe('a mapping may', () => {
  it('name a field among the constants too, for records in which no path finds it', async () => {
    const text = 'sources: { web: { fields: { currency: a }, constants: { currency: EUR } } }';
    const { sources } = await load(text);
    expect(sources?.web).toEqual({
      fields: { currency: 'a' },
      constants: { currency: 'EUR' },
    });
  });

  it('have constants that are numbers and instants', async () => {
    const constants =
      '{ event_timestamp: 2026-01-05 10:00:00, price: "-.5", quantity: 2.0, tax: 0 }';
    const { sources } = await load(`sources: { web: { constants: ${constants} } }`);
    expect(sources?.web?.constants).toMatchObject({ quantity: 2, tax: 0 });
  });

  it('have aliases of values above', async () => {
    const { sources } = await load(
      'sources: { web: { fields: &paths { user_id: a } }, app: { fields: *paths } }',
    );
    expect(sources?.app?.fields).toEqual({ user_id: 'a' });
  });

  it('name extra columns, and types of its own where unknown ones are kept', async () => {
    const { sources } = await load(
      `silver: { extra_columns: { loyalty: string } }
sources:
  web: { fields: { loyalty: user.loyalty }, event_types: { a: own }, unknown_event_types: keep }`,
    );
    expect(sources?.web?.fields).toEqual({ loyalty: 'user.loyalty' });
  });
});
