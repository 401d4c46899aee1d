/** Files of unknown senders, with the mapping that is proposed for them. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listPresets } from '../../src/mapping/presets.ts';
import { type Proposal, proposeMapping } from '../../src/pipeline/propose.ts';
import { refusalOf } from '../../src/pipeline/refuse-proposal.ts';
import { KNOWN_TYPES } from '../fixtures/known-types.ts';
import { hasShared, sharedPath } from '../fixtures/shared-samples.ts';
import { ENRICHED_EVENTS } from '../fixtures/snowplow-tsv.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

const NOW_MS = Date.UTC(2026, 10, 1);

function propose(...paths: string[]): Promise<Proposal> {
  const inputs = paths.map((path) => ({ kind: 'file', path }) as const);
  return proposeMapping(inputs, { types: KNOWN_TYPES, nowMs: NOW_MS });
}

/** A lake that has taken the files with the mapping. */
async function runWith({ text }: Proposal, ...paths: string[]) {
  const lake = await openTestLake({ now: () => NOW_MS }, (settings) => ({
    ...settings,
    sources: { test: text },
  }));
  const inputs = paths.map((path) => ({ kind: 'file', path }) as const);
  await lake.lake.ingest(inputs, { source: 'test' });
  return { lake, report: await lake.lake.run({ fullRefresh: false }) };
}

const LAYOUTS: readonly {
  file: string;
  preset?: string;
  /** Records that are valid, or that the preset ignores. */
  accepted: number;
  quarantined?: Record<string, number>;
  sql?: string;
  rows?: unknown[];
}[] = [
  { file: '01-ga4-bq-export/events_20260105.json', preset: 'ga4', accepted: 8 },
  { file: '02-segment-raw/1767607200000.gz', preset: 'segment', accepted: 6 },
  ...['06-firehose/stream-1-2026-01-05-10-00-00', '06-firehose/stream-2-literal-n'].map((file) => ({
    file,
    accepted: 3,
  })),
  {
    file: '08-json-array/clickstream.json',
    accepted: 6,
    sql: 'SELECT count(DISTINCT user_id) AS users FROM silver_events',
    rows: [{ users: 3 }],
  },
  { file: '08-json-array/slurped-one-line.json', accepted: 4 },
  { file: '08-json-array/slurped-pretty.json', accepted: 4 },
  {
    file: '08b-array-rows/e.json',
    accepted: 4,
    sql: 'SELECT sum(price * quantity) AS revenue FROM silver_events',
    rows: [{ revenue: '40.00' }],
  },
  ...['clickstream.json', 'renamed.json'].map((name) => ({
    file: `09-no-event-id/${name}`,
    accepted: 4,
    quarantined: { unknown_event_type: 1 },
    sql: 'SELECT event_type FROM silver_events ORDER BY event_timestamp',
    rows: ['product_view', 'add_to_cart', 'purchase', 'product_view'].map((event_type) => ({
      event_type,
    })),
  })),
  {
    file: '12-login-mid-session/e.ndjson',
    accepted: 6,
    sql: `SELECT count(DISTINCT anonymous_id) AS visitors, count(user_id) AS known FROM silver_events`,
    rows: [{ visitors: 2, known: 2 }],
  },
  {
    file: '15-array-order/e.ndjson',
    accepted: 4,
    sql: `SELECT order_id, count(*) AS items, sum(price * quantity) AS amount FROM silver_items
      WHERE order_id IS NOT NULL GROUP BY order_id ORDER BY order_id`,
    rows: [
      { order_id: '145032915', items: 2, amount: '750.00' },
      { order_id: '145032916', items: 2, amount: '750.00' },
    ],
  },
  { file: '17-second-ties/e.ndjson', accepted: 4 },
  {
    file: '19-order-total/e.ndjson',
    accepted: 2,
    sql: 'SELECT order_id, order_value FROM silver_events ORDER BY order_id',
    rows: [
      { order_id: 'A1', order_value: '59.97' },
      { order_id: 'T1', order_value: '29.98' },
    ],
  },
  {
    file: '20-rees46-csv/2019-Oct.csv',
    preset: 'rees46',
    accepted: 3,
    sql: 'SELECT event_type, price FROM silver_events ORDER BY event_timestamp',
    rows: [
      { event_type: 'add_to_cart', price: '2.62' },
      { event_type: 'product_view', price: '2.62' },
      { event_type: 'purchase', price: '-7.94' },
    ],
  },
  { file: '23-eventhub-avro/40.avro', accepted: 2 },
  { file: '36-cart-without-product/e.ndjson', accepted: 7 },
  {
    file: '37-layouts/a-only-timestamp-differs.json',
    accepted: 3,
    sql: "SELECT price FROM silver_events WHERE event_type = 'purchase'",
    rows: [{ price: '10.50' }],
  },
  {
    file: '37-layouts/b-no-event-id-cart.json',
    accepted: 3,
    sql: "SELECT session_id, price FROM silver_events WHERE event_type = 'purchase'",
    rows: [{ session_id: 'S1', price: '500.00' }],
  },
  {
    file: '37-layouts/c-customer-order-value.json',
    accepted: 3,
    sql: "SELECT user_id, order_value FROM silver_events WHERE event_type = 'purchase'",
    rows: [{ user_id: 'k1', order_value: '89.99' }],
  },
];

const hasPreset = ({ preset }: { preset?: string }): boolean =>
  preset === undefined || listPresets().includes(preset);

describe.skipIf(!hasShared)('a delivery with a proposed mapping', () => {
  let lake: TestLake | undefined;
  afterEach(async () => {
    await lake?.[Symbol.asyncDispose]();
    lake = undefined;
  });

  it.each(LAYOUTS.filter(hasPreset))('comes to its events: $file', async (layout) => {
    const path = sharedPath(`samples/layouts/${layout.file}`);
    const proposal = await propose(path);
    expect(proposal.text.preset).toBe(layout.preset);
    const { valid, ignored, quarantined } = proposal.judged;
    const reasons = Object.entries(quarantined).map(([reason, { records }]) => [reason, records]);
    expect(valid + ignored).toBe(layout.accepted);
    expect(Object.fromEntries(reasons)).toEqual(layout.quarantined ?? {});
    const run = await runWith(proposal, path);
    lake = run.lake;
    expect(run.report).toMatchObject({ valid, ignored, quarantined: layout.quarantined ?? {} });
    if (layout.sql !== undefined) {
      expect(await lake.rows(layout.sql)).toEqual(layout.rows);
    }
  });
});

describe('a proposal', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-propose-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function write(name: string, records: readonly unknown[]): Promise<string> {
    const path = join(folder, name);
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    await writeFile(path, name.endsWith('.gz') ? gzipSync(text) : text);
    return path;
  }

  const at = (minute: number) => `2026-01-05T10:${String(minute).padStart(2, '0')}:00Z`;

  it('is the preset of a sender although field by field would do', async () => {
    const path = await write('log.gz', [
      {
        ...{ messageId: 'm1', type: 'track', event: 'Product Viewed', anonymousId: 'a' },
        ...{ timestamp: at(1), properties: { product_id: 'p' } },
      },
      { messageId: 'm2', type: 'identify', userId: 'u', anonymousId: 'a', timestamp: at(2) },
    ]);
    const { text, judged, used } = await propose(path);
    expect(text).toEqual({ preset: 'segment' });
    expect(judged.valid + judged.ignored).toBe(2);
    expect(used).toContainEqual({
      field: 'event_type',
      paths: [
        { path: 'event', records: 1 },
        { path: 'type', records: 1 },
      ],
    });
  });

  it('is the preset of Snowplow for its enriched TSV', async () => {
    const path = join(folder, 'part-00000');
    await writeFile(path, ENRICHED_EVENTS);
    const { text, judged } = await propose(path);
    expect(text).toEqual({ preset: 'snowplow' });
    expect(judged).toMatchObject({ records: 4, valid: 2, ignored: 1 });
  });

  it('is no preset that would lose what other paths have', async () => {
    const record = {
      ...{ messageId: 'm', type: 'Product Viewed', userId: 'u', timestamp: at(1), sku: 'p' },
    };
    const path = await write('log.json', [record]);
    const { text, judged } = await propose(path);
    expect(text.preset).toBeUndefined();
    expect(judged).toMatchObject({ valid: 1, says: { product: 1 } });
  });

  it('looks at all the files, and at each no further than its share', async () => {
    const record = (user: string) => ({ user, time: at(1), action: 'search' });
    const many = Array.from({ length: 12_000 }, (_, n) => record(String(n)));
    const paths = [
      await write('a.json', many),
      await write('b.json', [{ visitor_id: 'v', action: 'checkout', time: at(2) }]),
    ];
    const { judged, used } = await propose(...paths);
    expect(judged.records).toBe(5_001);
    expect(used.map(({ field }) => field)).toContain('anonymous_id');
  });

  it('shows events of each type, five at most', async () => {
    const records = ['search', 'search', 'page_view', 'checkout', 'purchase', 'add_to_cart'].map(
      (type, n) => ({ uid: 'u', event: type, ts: at(n), order_id: `o${n}` }),
    );
    const { judged } = await propose(await write('e.json', records));
    expect(judged.samples.map((sample) => sample.event_type)).toEqual([
      'search',
      'page_view',
      'checkout',
      'purchase',
      'add_to_cart',
    ]);
    expect(judged.samples[1]).toMatchObject({
      user_id: 'u',
      event_timestamp: '2026-01-05T10:02:00.000Z',
      order_id: 'o2',
    });
  });

  it('shows events of each file in turn, of other types where there are', async () => {
    const many = Array.from({ length: 9 }, (_, n) => ({ uid: 'u', event: 'search', ts: at(n) }));
    const paths = [
      await write('a.json', many),
      await write('b.json', [{ visitor: 'v', action: 'search', time: at(11) }]),
      await write('c.json', [
        { uid: 'c', event: 'search', ts: at(21) },
        { uid: 'c', event: 'checkout', ts: at(23) },
      ]),
    ];
    const { judged } = await propose(...paths);
    expect(judged.samples.map(({ event_timestamp }) => event_timestamp)).toEqual(
      [0, 11, 23, 1, 21].map((minute) => at(minute).replace('Z', '.000Z')),
    );
  });

  it('takes what senders write for no value as none, so the preset of Google Analytics is found', async () => {
    const event = (name: string, second: number, rest: object) => ({
      ...{ event_timestamp: String(1_767_607_200_000_000 + second), event_name: name },
      event_params: [
        { key: 'ga_session_id', value: { int_value: '1767607200' } },
        { key: 'page_location', value: { string_value: 'https://shop.example/' } },
      ],
      ...{ user_pseudo_id: '1.2', items: [], ...rest },
    });
    const records = [
      event('view_item', 1, { items: [{ item_id: 'p', price: 9.5 }] }),
      event('view_item', 2, { items: [{ item_id: '(not set)' }] }),
      event('purchase', 3, { ecommerce: { transaction_id: 'T1', purchase_revenue: 9.5 } }),
      event('purchase', 4, { ecommerce: { transaction_id: '(not set)' } }),
    ];
    expect((await propose(await write('e.json', records))).text).toEqual({ preset: 'ga4' });
  });

  it('counts what its purchases have for their revenue', async () => {
    const order = (minute: number, rest: object) => ({
      ...{ uid: 'u', event: 'purchase', ts: at(minute), ...rest },
    });
    const path = await write('e.json', [
      { uid: 'u', event: 'view', ts: at(0), sku: 'p', price: 2, qty: 1 },
      order(1, { sku: 'p' }),
      order(2, { lines: [{ sku: 'p', price: 2 }, { sku: 'q' }] }),
      order(3, { total: 5 }),
      order(4, { sku: 'p', price: 2, qty: 2 }),
    ]);
    expect((await propose(path)).judged.purchases).toEqual({
      ...{ events: 4, withProduct: 3, withQuantity: 1, withPrice: 2, withOrderValue: 1 },
    });
  });

  it('says so where records have more events than are read', async () => {
    const body = (...names: string[]) => ({
      client_id: 'c',
      timestamp_micros: 1_767_607_200_000_000,
      events: names.map((name) => ({ name, params: { session_id: '1' } })),
    });
    const path = await write('e.json', [
      body('page_view'),
      body('page_view', 'purchase'),
      body('search', 'search', 'search'),
    ]);
    const { text, furtherEvents } = await propose(path);
    expect(text).toEqual({ preset: 'ga4-measurement' });
    expect(furtherEvents).toEqual([{ path: 'events', records: 2 }]);
  });

  it('counts times without an offset', async () => {
    const record = (ts: unknown) => ({ uid: 'u', event: 'search', ts });
    const times = ['2026-01-05 10:00:00', '2026-01-05T10:00:00.123', at(1), 1_767_607_200];
    const path = await write('e.json', times.map(record));
    expect((await propose(path)).judged).toMatchObject({ valid: 4, withoutOffset: 2 });
  });

  it('counts damaged records among the others', async () => {
    const path = join(folder, 'e.json');
    const good = `{"uid":"u","event":"search","ts":"${at(1)}"}`;
    await writeFile(path, `${good}\n{"uid":\n\n[1]\n${good}`);
    const { judged } = await propose(path);
    expect(judged).toMatchObject({ records: 4, valid: 2 });
    expect(judged.quarantined).toMatchObject({
      not_json: { records: 1, example: '{"uid":' },
      not_an_object: { records: 1 },
    });
  });

  it('takes files of every format, told by their content', async () => {
    const record = (id: number) => ({ id, uid: 'u', event: 'search', ts: at(id) });
    const array = join(folder, 'array');
    await writeFile(array, JSON.stringify([record(1), record(2)], null, 2));
    const lines = join(folder, 'lines.csv');
    await writeFile(lines, `\ufeff${JSON.stringify(record(3))}\n`);
    const csv = join(folder, 'table.txt');
    await writeFile(csv, `id;uid;event;ts\n4;u;search;${at(4)}\n`);
    const zipped = join(folder, 'zipped');
    await writeFile(zipped, gzipSync(JSON.stringify(record(5))));
    const { judged, text } = await propose(array, lines, csv, zipped);
    expect(judged).toMatchObject({ records: 5, valid: 5 });
    expect(text.fields).toEqual({
      event_id: 'id',
      user_id: 'uid',
      event_type: 'event',
      event_timestamp: 'ts',
    });
  });

  it('is refused where no record becomes an event, with what was wrong', async () => {
    const path = await write('e.json', [{ uid: 'u', event: 'search', date: '05.01.2026' }]);
    expect(refusalOf(await propose(path))).toMatchObject({
      code: 'input_refused',
      message:
        'no valid event among 1 record: no time found; date has that name, but values such as "05.01.2026"; 1 would be quarantined as missing:event_timestamp, for example {"uid":"u","event":"search","date":"05.01.2026"}',
    });
    const anonymous = await write('a.json', [{ who: 'u', event: 'search', ts: at(1) }]);
    const proposal = await propose(anonymous);
    expect(refusalOf(proposal)?.message).toContain('no user, device or session found');
    expect(proposal.used.map(({ field }) => field)).toEqual(['event_type', 'event_timestamp']);
    expect(proposal.unmapped.map(({ path }) => path)).toEqual(['who']);
    const types = await write('t.json', [{ uid: 'u', event: 'zoom', ts: at(1) }]);
    expect(refusalOf(await propose(types))).toMatchObject({
      hint: expect.stringContaining('their types are zoom'),
    });
    const empty = await write('n.json', []);
    expect(refusalOf(await propose(empty))).toMatchObject({ message: 'the files have no record' });
    const good = await write('g.json', [{ uid: 'u', event: 'search', ts: at(1) }]);
    expect(refusalOf(await propose(good))).toBeUndefined();
  });

  it('lists what no field reads, also in items and lists', async () => {
    const path = await write('e.json', [
      { ...{ uid: 'u', event: 'search', ts: at(1) }, page: { theme: 'dark' }, tags: ['a', 'b'] },
      {
        ...{ uid: 'u', event: 'purchase', ts: at(2), page: { theme: 'light' }, steps: [{ n: 1 }] },
        lines: [
          { sku: 'p', price: 1, packs: 2 },
          { sku: 'q', price: 1 },
        ],
      },
    ]);
    expect((await propose(path)).unmapped).toEqual([
      { path: 'page.theme', filled: 2, total: 2, examples: ['dark', 'light'] },
      { path: 'tags[]', filled: 1, total: 2, examples: [] },
      { path: 'steps[]', filled: 1, total: 2, examples: ['{"n":1}'] },
      { path: 'lines[].packs', filled: 1, total: 2, examples: ['2'] },
    ]);
  });

  it('names a file that it cannot read', async () => {
    const plain = await write('e.json', [{ a: 1 }]);
    await rename(plain, `${plain}.gz`);
    await expect(propose(`${plain}.gz`)).rejects.toMatchObject({ code: 'input_refused' });
    const path = join(folder, 'e.json.gz');
    await writeFile(path, gzipSync('{"a":1}\n').subarray(0, 20));
    await expect(propose(path)).rejects.toThrow(basename(path));
  });
});
