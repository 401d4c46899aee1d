/** Deliveries in every format, from ingest to the recount. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Schema } from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { avroFile, CAPTURE_SCHEMA } from '../fixtures/avro-file.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';
import { hasShared, sharedPath } from '../fixtures/shared-samples.ts';
import { ENRICHED_EVENTS } from '../fixtures/snowplow-tsv.ts';
import { openTestLake, receiveBytes, type TestLake } from './lake-support.ts';
import { dropLedgerColumns } from './older-ledger.ts';

const RECEIVED_AT_MS = Date.UTC(2026, 10, 1);
const TEXTS = [
  ...['event_id', 'user_id', 'session_id', 'event_type', 'product_id', 'device', 'country'],
  ...['page_url', 'order_id', 'currency'],
] as const;

interface Event {
  texts: Record<(typeof TEXTS)[number], string | null>;
  micros: number;
  quantity: number | null;
  cents: number | null;
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('', ' ', '"', '\\', 'a,b;c\td', 'one\ntwo\r\n', 'NULL', '1e3', '{"a":1}'),
);
const event: fc.Arbitrary<Event> = fc.record({
  texts: fc.record({
    event_id: fc.uuid(),
    user_id: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('u1', 'u2') }, text),
    session_id: fc.constantFrom('s1', 's2', 's3'),
    event_type: fc.constantFrom('page_view', 'Purchase', 'add_to_cart', 'zoom'),
    product_id: fc.option(text),
    device: fc.option(text),
    country: fc.option(text),
    page_url: fc.option(text),
    order_id: fc.option(text),
    currency: fc.option(text),
  }),
  micros: fc.integer({ min: 1_577_836_800_000_000, max: 1_767_225_600_000_000 }),
  quantity: fc.option(fc.integer({ min: -5, max: 1_000_000 })),
  cents: fc.option(fc.integer({ min: -10_000, max: 1_000_000_000 })),
});

function isoOf(micros: number): string {
  const seconds = new Date(Math.floor(micros / 1e6) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(micros % 1e6).padStart(6, '0')}Z`;
}

function flat({ texts, micros, quantity, cents }: Event): Record<string, string | number | null> {
  const price = cents === null ? null : cents / 100;
  return { ...texts, event_timestamp: isoOf(micros), quantity, price };
}

const FORMATS: Record<string, (events: readonly Event[], folder: string) => Promise<Buffer>> = {
  'json_lines.json': async (events) =>
    Buffer.from(events.map((each) => `${JSON.stringify(flat(each))}\n`).join('')),
  'json_array.json': async (events) => Buffer.from(JSON.stringify(events.map(flat), null, 2)),
  'json_values.json': async (events) =>
    Buffer.from(events.map((each) => JSON.stringify(flat(each))).join('')),
  'csv.csv': async (events) => {
    const quote = (value: unknown) => `"${String(value ?? '').replaceAll('"', '""')}"`;
    const rows = events.map((each) => Object.values(flat(each)).map(quote).join(';'));
    return Buffer.from([Object.keys(flat(events[0]!)).join(';'), ...rows].join('\r\n'));
  },
  'parquet.parquet': writeParquet,
  'avro.avro': (events) => avroFile(AVRO_SCHEMA, [events.map(toAvro)], 'deflate'),
};

async function writeParquet(events: readonly Event[], folder: string): Promise<Buffer> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const texts = TEXTS.map((name) => `${name} VARCHAR`).join(', ');
  await connection.run(
    `CREATE TABLE events (${texts}, event_timestamp TIMESTAMP, quantity INTEGER, price DECIMAL(12, 2))`,
  );
  const places = TEXTS.map((_, index) => `$${index + 1}`).join(', ');
  const insert = `INSERT INTO events VALUES (${places}, make_timestamp($11::BIGINT), $12, $13::BIGINT / 100)`;
  for (const { texts, micros, quantity, cents } of events) {
    const values = TEXTS.map((name) => texts[name]);
    await connection.run(insert, [...values, micros, quantity, cents]);
  }
  const path = join(folder, 'written.parquet');
  await connection.run(`COPY events TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return await readFile(path);
}

const AVRO_SCHEMA: Schema = {
  type: 'record',
  name: 'Event',
  fields: [
    ...TEXTS.map((name) => ({ name, type: ['null', 'string'] })),
    { name: 'event_timestamp', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'quantity', type: ['null', 'int'] },
    { name: 'price', type: ['null', 'double'] },
  ],
};

function toAvro({ texts, micros, quantity, cents }: Event): Record<string, unknown> {
  const wrapped = Object.entries(texts).map(([name, value]) => [
    name,
    value === null ? null : { string: value },
  ]);
  return {
    ...Object.fromEntries(wrapped),
    event_timestamp: micros,
    quantity: quantity === null ? null : { int: quantity },
    price: cents === null ? null : { double: cents / 100 },
  };
}

async function silverOf(lake: TestLake): Promise<unknown> {
  const run = await lake.lake.run({ fullRefresh: false });
  return {
    counts: { lines: run.lines, valid: run.valid, quarantined: run.quarantined },
    events: await lake.rows(
      'SELECT * EXCLUDE (bronze_path, received_at) FROM silver_events ORDER BY event_id',
    ),
  };
}

async function differencesOf(lake: TestLake): Promise<unknown[]> {
  return (await lake.lake.verify()).checks.filter(({ isEqual }) => !isEqual);
}

describe('the same flat records', () => {
  it('give the same Silver in every format', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 2, maxLength: 60 }), async (events) => {
        const found = new Map<string, unknown>();
        for (const [name, write] of Object.entries(FORMATS)) {
          await using lake = await openTestLake({ now: () => RECEIVED_AT_MS });
          await lake.receive(name, await write(events, lake.folder));
          const [file] = await lake.rows('SELECT format, line_count FROM bronze_files');
          expect(file).toEqual({ format: name.replace(/\..*/, ''), line_count: events.length });
          found.set(name, await silverOf(lake));
          expect(await differencesOf(lake)).toEqual([]);
        }
        const [first, ...others] = found.values();
        for (const other of others) {
          expect(other).toEqual(first);
        }
      }),
      propertyRuns(2, 30),
    );
  });
});

const EVENT = {
  ...{ event_id: 'e1', user_id: 'u', session_id: 's', event_type: 'page_view' },
  event_timestamp: '2026-01-05T10:00:00Z',
};
const HEADER = Object.keys(EVENT).join(',');
const ROW = Object.values(EVENT).join(',');

describe('a record that is not valid', () => {
  it('of CSV is quarantined as its JSON, and exported so', async () => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT_MS });
    await lake.receive('e.csv', `${HEADER}\n${ROW}\n"e,2",u,s,"zoom ""in""",yesterday\n`);
    const run = await lake.lake.run();
    expect(run).toMatchObject({ lines: 2, valid: 1, quarantined: { unknown_event_type: 1 } });
    const json =
      '{"event_id":"e,2","user_id":"u","session_id":"s","event_type":"zoom \\"in\\"","event_timestamp":"yesterday"}';
    const { rows } = await lake.lake.listQuarantine({ limit: 9 });
    expect(rows).toMatchObject([
      { reason: 'unknown_event_type', bronzePath: expect.stringMatching(/e\.csv$/), text: json },
    ]);
    const exported: Buffer[] = [];
    await lake.lake.exportQuarantine({}, async (chunk) => {
      exported.push(chunk);
    });
    expect(Buffer.concat(exported).toString()).toBe(`${json}\n`);
  });

  it('and one that is sent twice are found in each format', async () => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT_MS });
    const bad = { ...EVENT, event_id: 'e2', event_timestamp: 'yesterday' };
    const other = { ...EVENT, device: 'phone' };
    await lake.receive('a.json', JSON.stringify([EVENT, bad, EVENT]));
    await lake.receive('v.json', [EVENT, bad, other].map((each) => JSON.stringify(each)).join(''));
    await lake.receive('c.csv.gz', gzipSync(`${HEADER}\n${ROW}\n${ROW}\n${ROW.replace('Z', '')}`));
    expect(await lake.lake.run()).toMatchObject({
      ...{ lines: 9, valid: 1, duplicates: 5 },
      quarantined: { bad_timestamp: 2, conflicting_event_id: 1 },
    });
    expect(await differencesOf(lake)).toEqual([]);
    await lake.lake.run({ fullRefresh: true });
    expect(await differencesOf(lake)).toEqual([]);
  });
});

describe("Snowplow's enriched TSV", () => {
  it('is read by the preset snowplow', async () => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT_MS }, (settings) => ({
      ...settings,
      sources: { test: { preset: 'snowplow' } },
    }));
    await lake.receive('part-00000', ENRICHED_EVENTS);
    expect(await lake.rows('SELECT format, line_count FROM bronze_files')).toEqual([
      { format: 'snowplow_tsv', line_count: 4 },
    ]);
    expect(await lake.lake.run()).toMatchObject({
      ...{ lines: 4, valid: 2, ignored: 1, quarantined: { bad_timestamp: 1 } },
    });
    const events = await lake.rows(
      `SELECT event_type, user_id, anonymous_id, session_id, device, country, campaign_source, user_agent,
         order_id, CAST(order_value AS VARCHAR) AS order_value, item_count FROM silver_events ORDER BY event_timestamp`,
    );
    expect(events).toEqual([
      {
        ...SHOPPER,
        ...{ event_type: 'page_view', campaign_source: 'news', user_agent: 'Mozilla/5.0 "x"' },
        ...{ order_id: null, order_value: null, item_count: null },
      },
      {
        ...SHOPPER,
        ...{ event_type: 'purchase', campaign_source: null, user_agent: null },
        ...{ order_id: 'A-2', order_value: '29.98', item_count: 2 },
      },
    ]);
    expect(
      await lake.rows('SELECT product_id, quantity FROM silver_items ORDER BY item_number'),
    ).toEqual([
      { product_id: 'SKU1', quantity: 2 },
      { product_id: 'SKU2', quantity: 1 },
    ]);
    expect(await differencesOf(lake)).toEqual([]);
    const { rows } = await lake.lake.listQuarantine({ limit: 9 });
    expect(rows[0]?.position).toEqual({ unit: 'line', number: 4 });
  });
});

const SHOPPER = {
  ...{ user_id: 'cust-9', anonymous_id: 'anon-7', device: 'mobile', country: 'DE' },
  session_id: '0f2c7a9e-5a1d-4b3c-9a8b-aaaaaaaaaaaa',
};

describe('the position of a quarantined record', () => {
  const events = [3, 1, 2, 3, 4].map((number, index) => ({
    texts: {
      ...{ event_id: `e${index}`, user_id: number === 3 ? '' : 'u', session_id: '' },
      ...{ event_type: 'page_view', product_id: null, device: 'a\nb', country: null },
      ...{ page_url: null, order_id: null, currency: null },
    },
    ...{ micros: 1_577_836_800_000_000, quantity: null, cents: null },
  }));
  it.each([
    ['json_lines.json', 'line'],
    ['json_array.json', 'record'],
    ['json_values.json', 'record'],
    ['csv.csv', 'row'],
    ['parquet.parquet', 'row'],
    ['avro.avro', 'record'],
  ])('is found in %s', async (name, unit) => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT_MS });
    await lake.receive(`${name}.gz`, gzipSync(await FORMATS[name]!(events, lake.folder)));
    await lake.lake.run();
    const { rows } = await lake.lake.listQuarantine({ limit: 9 });
    const found = rows.map(({ position, text }) => [JSON.parse(text).event_id, position]);
    expect(found.toSorted()).toEqual([
      ['e0', { unit, number: 1 }],
      ['e3', { unit, number: 4 }],
    ]);
  });

  it('is found in bodies of Event Hubs Capture', async () => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT_MS });
    const bodies = [JSON.stringify(EVENT), '', `{"a":1}\n{"b":1}`];
    const records = bodies.map((body) => ({
      ...{ SequenceNumber: 1, Offset: '0', EnqueuedTimeUtc: '', SystemProperties: {} },
      ...{ Properties: {}, Body: { bytes: Buffer.from(body) } },
    }));
    await lake.receive('0.avro', await avroFile(CAPTURE_SCHEMA, [records]));
    await lake.lake.run();
    const { rows } = await lake.lake.listQuarantine({ limit: 9 });
    expect(rows.map(({ position, text }) => [text, position])).toEqual([
      ['{"a":1}', { unit: 'record', number: 3 }],
      ['{"b":1}', { unit: 'record', number: 4 }],
    ]);
  });
});

describe('a file that is damaged or truncated', () => {
  const array = JSON.stringify([EVENT, EVENT]);
  it.each<[string, string | Buffer, RegExp]>([
    ['a.json', array.slice(0, -1), /truncated/],
    ['b.json.gz', gzipSync(array).subarray(0, -9), /damaged or truncated/],
    ['c.csv', `${HEADER}\n${ROW}\n${ROW.slice(0, 5)}`, /c\.csv has 3 fields, not 5, at line 3/],
    [
      'd.csv',
      Buffer.from(`${HEADER}\n${ROW}\n${ROW.replace('u', 'ü')}`, 'latin1'),
      /not UTF-8: see line 3/,
    ],
    ['e.parquet', 'PAR1 and no more', /damaged or truncated/],
    ['f.parquet', ROW, /is not Parquet/],
  ])('is refused as a whole: %s', async (name, bytes, reason) => {
    await using lake = await openTestLake();
    const path = join(lake.folder, name);
    await expect(receiveBytes(lake.lake, path, bytes)).rejects.toThrow(reason);
    expect(existsSync(join(lake.settings.lake, 'bronze/test'))).toBe(false);
  });
});

it('a lake whose ledger does not tell formats yet goes on', async () => {
  await using lake = await openTestLake({ now: () => RECEIVED_AT_MS });
  await lake.receive('a.ndjson.gz', gzipSync(`${JSON.stringify(EVENT)}\n`));
  await dropLedgerColumns(lake, ['format', 'compression']);
  expect(await lake.lake.run()).toMatchObject({ lines: 1, valid: 1 });
  await lake.receive('b.csv', `${HEADER}\n${ROW.replace('e1', 'e2')}\n`);
  expect(await lake.lake.run()).toMatchObject({ lines: 1, valid: 1 });
  expect(await lake.rows('SELECT format FROM bronze_files ORDER BY file_number')).toEqual([
    { format: null },
    { format: 'csv' },
  ]);
  expect(await differencesOf(lake)).toEqual([]);
});

describe.skipIf(!hasShared)('real layouts (need the shared samples)', () => {
  it.each<[string, number]>([
    ['06-firehose/stream-1-2026-01-05-10-00-00', 3],
    ['06-firehose/stream-2-literal-n', 3],
    ['08-json-array/clickstream.json', 6],
    ['08-json-array/slurped-one-line.json', 4],
    ['08-json-array/slurped-pretty.json', 4],
    ['08b-array-rows/e.json', 4],
    ['20-rees46-csv/2019-Oct.csv', 3],
    ['23-eventhub-avro/40.avro', 2],
    ['23-eventhub-avro/41.avro', 0],
  ])('give their records: %s', async (name, records) => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT_MS });
    await lake.receive(
      name.replace(/.*\//, ''),
      await readFile(sharedPath(`samples/layouts/${name}`)),
    );
    const run = await lake.lake.run();
    expect(run.lines).toBe(records);
    expect(await differencesOf(lake)).toEqual([]);
    const { rows } = await lake.lake.listQuarantine({ limit: 9 });
    expect(rows.filter(({ reason }) => /^not_/.test(reason))).toEqual([]);
  });

  it('of files of all names are taken', async () => {
    await using lake = await openTestLake({ now: () => RECEIVED_AT_MS });
    const report = await lake.lake.ingest([sharedPath('samples/layouts/31-file-names')]);
    expect(report.refused).toEqual([]);
    expect(report.ingested).toHaveLength(13);
  });
});
