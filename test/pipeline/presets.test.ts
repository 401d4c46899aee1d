import { writeFile } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MappingText } from '../../src/mapping/mapping.ts';
import type { RunReport } from '../../src/pipeline/reports.ts';
import { SAMPLES } from '../fixtures/preset-samples.ts';
import {
  PAGE,
  recordsOfPostHog,
  recordsOfRudderStack,
  recordsOfSegment,
  recordsOfSnowplow,
  type SentRecord,
} from '../fixtures/sender-libraries.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

const LIBRARIES: Record<string, { preset: string; records: () => Promise<SentRecord[]> }> = {
  'segment-library': { preset: 'segment', records: recordsOfSegment },
  'rudderstack-library': { preset: 'segment', records: recordsOfRudderStack },
  'posthog-library': { preset: 'posthog', records: recordsOfPostHog },
  'snowplow-library': { preset: 'snowplow', records: recordsOfSnowplow },
};

/** A source for each preset, named as it is, and one for each library. */
const SOURCES: Record<string, MappingText> = Object.fromEntries([
  ...Object.keys(SAMPLES).map((preset) => [preset, { preset }]),
  ...Object.entries(LIBRARIES).map(([source, { preset }]) => [source, { preset }]),
  ['ga4-parquet', { preset: 'ga4' }],
]);

/** What ORDER comes to. */
const PAID = {
  ...{ order_id: 'A-1', order_value: '29.98', tax: '1.50', shipping: '5.00', currency: 'EUR' },
  item_count: 2,
};
const LINES = [
  {
    ...{ product_id: 'SKU1', product_name: 'Tea', category: 'Drinks', brand: 'Leaf' },
    ...{ variant: 'green', price: '9.99', quantity: 2 },
  },
  { product_id: 'SKU2', product_name: 'Cup', price: '10.00', quantity: 1 },
];

let test: TestLake;
let report: RunReport;
const sent: Record<string, SentRecord[]> = {};

beforeAll(async () => {
  test = await openTestLake({}, (settings) => ({ ...settings, sources: SOURCES }));
  for (const [source, { records }] of Object.entries(SAMPLES)) {
    await receive(source, [...records]);
  }
  for (const [source, { records }] of Object.entries(LIBRARIES)) {
    sent[source] = await records();
    await receive(source, sent[source]);
  }
  await ingest('ga4-parquet', await writeGa4Parquet(`${test.folder}/ga4.ndjson`));
  report = await test.lake.run({ fullRefresh: false });
});

afterAll(() => test[Symbol.asyncDispose]());

async function receive(source: string, records: readonly SentRecord[]): Promise<void> {
  const path = `${test.folder}/${source}.ndjson`;
  await writeFile(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  await ingest(source, path);
}

async function ingest(source: string, path: string): Promise<void> {
  const { refused } = await test.lake.ingest([{ kind: 'file', path }], { source });
  expect(refused).toEqual([]);
}

/** The rows of a file of JSON lines with the types that BigQuery gives them. */
async function writeGa4Parquet(path: string): Promise<string> {
  const target = path.replace('.ndjson', '.parquet');
  const parameter = `STRUCT("key" VARCHAR, "value" STRUCT(
    string_value VARCHAR, int_value BIGINT, float_value DOUBLE, double_value DOUBLE))`;
  const source =
    'STRUCT(manual_source VARCHAR, manual_medium VARCHAR, manual_campaign_name VARCHAR)';
  const item = `STRUCT(item_id VARCHAR, item_name VARCHAR, item_category VARCHAR, item_brand VARCHAR,
    item_variant VARCHAR, price DOUBLE, quantity BIGINT)`;
  const columns = {
    ...{ event_date: 'VARCHAR', event_timestamp: 'BIGINT', event_name: 'VARCHAR' },
    ...{ event_params: `${parameter}[]`, user_id: 'VARCHAR', user_pseudo_id: 'VARCHAR' },
    ...{ device: 'STRUCT(category VARCHAR)', geo: 'STRUCT(country VARCHAR)' },
    ...{ traffic_source: 'STRUCT("name" VARCHAR, medium VARCHAR, source VARCHAR)' },
    ...{ collected_traffic_source: source, items: `${item}[]` },
    ecommerce: 'STRUCT(transaction_id VARCHAR, purchase_revenue DOUBLE, tax_value DOUBLE)',
  };
  const typed = Object.entries(columns).map(([name, type]) => `${name}: '${type}'`);
  const database = await DuckDBInstance.create();
  const connection = await database.connect();
  await connection.run(`COPY (FROM read_json('${path}', format = 'newline_delimited',
    columns = {${typed.join(', ')}})) TO '${target}' (FORMAT parquet)`);
  connection.closeSync();
  database.closeSync();
  return target;
}

/** By time, as they were sent. */
function idsOf(source: string, key: string): unknown[] {
  return (sent[source] ?? []).map((record) => record[key]);
}

function eventsOf(source: string) {
  return test.rows(`SELECT * FROM silver_events WHERE bronze_path LIKE '%/${source}/%'
    ORDER BY event_timestamp, event_id`);
}

function itemsOf(source: string) {
  return test.rows(`SELECT i.* FROM silver_items i SEMI JOIN silver_events e
      ON e.event_id = i.event_id AND e.bronze_path LIKE '%/${source}/%'
    ORDER BY i.event_timestamp, i.event_id, i.item_number`);
}

describe('records of known senders', () => {
  it.each(Object.keys(SAMPLES))('become the events and items they tell of: %s', async (source) => {
    const { events, items } = SAMPLES[source] ?? { events: [], items: [] };
    expect(await eventsOf(source)).toMatchObject(events);
    expect(await itemsOf(source)).toMatchObject(items);
  });

  it('are the same from Parquet as from JSON', async () => {
    const { events, items } = SAMPLES.ga4 ?? { events: [], items: [] };
    expect(await eventsOf('ga4-parquet')).toMatchObject(events);
    expect(await itemsOf('ga4-parquet')).toMatchObject(items);
  });

  it('come as the Segment library sends them', async () => {
    const ids = idsOf('segment-library', 'messageId');
    const browser = { anonymous_id: 'anon-7', page_url: PAGE.url, campaign_source: 'news' };
    expect(await eventsOf('segment-library')).toMatchObject([
      { ...browser, event_id: ids[0], event_type: 'page_view', user_id: null },
      { ...browser, event_id: ids[1], event_type: 'product_view', product_id: 'SKU1' },
      { ...browser, event_id: ids[2], event_type: 'identify', user_id: 'cust-9' },
      { ...browser, event_id: ids[3], event_type: 'purchase', user_id: 'cust-9', ...PAID },
      { event_id: ids[4], event_type: 'refund', order_id: 'A-1', order_value: '29.98' },
    ]);
    expect(await itemsOf('segment-library')).toMatchObject([{ product_id: 'SKU1' }, ...LINES]);
  });

  it('come as the RudderStack library sends them', async () => {
    const ids = idsOf('rudderstack-library', 'messageId');
    const session = { session_id: 'anon-7.1767607200000', device: 'ios', referrer: PAGE.referrer };
    expect(await eventsOf('rudderstack-library')).toMatchObject([
      { ...session, event_id: ids[0], event_type: 'add_to_cart', quantity: 2, price: '9.99' },
      { ...session, event_id: ids[1], event_type: 'purchase', user_id: 'cust-9', ...PAID },
    ]);
    expect(await itemsOf('rudderstack-library')).toMatchObject([{ quantity: 2 }, ...LINES]);
  });

  it('come as the PostHog library sends them', async () => {
    const ids = idsOf('posthog-library', 'uuid');
    const session = { session_id: '0199aa00-0000-7000-8000-000000000001', anonymous_id: 'anon-7' };
    expect(await eventsOf('posthog-library')).toMatchObject([
      { ...session, event_id: ids[0], event_type: 'page_view', user_id: null, page_url: PAGE.url },
      { ...session, event_id: ids[1], event_type: 'purchase', user_id: 'cust-9', ...PAID },
    ]);
    expect(await itemsOf('posthog-library')).toMatchObject(LINES);
  });

  it('come as the Snowplow tracker and its enrichment make them', async () => {
    const ids = idsOf('snowplow-library', 'event_id');
    const session = {
      ...{ session_id: '0f2c7a9e-5a1d-4b3c-9a8b-aaaaaaaaaaaa', anonymous_id: 'anon-7' },
      user_id: 'cust-9',
    };
    expect(await eventsOf('snowplow-library')).toMatchObject([
      { ...session, event_id: ids[0], event_type: 'page_view', page_url: PAGE.url },
      { ...session, event_id: ids[1], event_type: 'product_view', currency: 'EUR', item_count: 1 },
      { ...session, event_id: ids[2], event_type: 'purchase', ...PAID },
    ]);
    expect(await itemsOf('snowplow-library')).toMatchObject([LINES[0], ...LINES]);
  });

  it('leave nothing over but what a preset ignores', () => {
    const samples = Object.values(SAMPLES).map(({ records }) => records);
    const parquet = SAMPLES.ga4?.records ?? [];
    const received = [...samples, ...Object.values(sent), parquet].flat().length;
    expect(report).toMatchObject({ lines: received, quarantined: {}, duplicates: 0 });
    // A group call, a $set, a page ping and typing in a form.
    expect(report.ignored).toBe(4);
  });

  it('are found again by an independent recount', async () => {
    const { checks } = await test.lake.verify();
    expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  });
});
