import { afterEach, describe, expect, it } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import type { MappingText } from '../../src/mapping/mapping.ts';
import { proposeMapping } from '../../src/pipeline/propose.ts';
import type { RunReport } from '../../src/pipeline/reports.ts';
import { KNOWN_TYPES } from '../fixtures/known-types.ts';
import { hasShared, sharedPath } from '../fixtures/shared-samples.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

let lake: TestLake | undefined;
afterEach(async () => {
  await lake?.[Symbol.asyncDispose]();
  lake = undefined;
});

/** Makes a lake of this file, whose source has this mapping. */
async function run(
  path: string,
  mapping: MappingText,
  nowMs: number = Date.now(),
  money?: Settings['money'],
): Promise<RunReport> {
  lake = await openTestLake({ now: () => nowMs }, (settings) => ({
    ...settings,
    sources: { shop: mapping },
    money,
  }));
  const { refused } = await lake.lake.ingest([{ kind: 'file', path }], { source: 'shop' });
  expect(refused).toEqual([]);
  const report = await lake.lake.run({ fullRefresh: false });
  const { checks } = await lake.lake.verify();
  expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  return report;
}

type Row = Record<string, unknown>;

async function rows(sql: string): Promise<Row[]> {
  return (await lake?.rows(sql)) ?? [];
}

const EVENTS = 'SELECT * FROM silver_events ORDER BY event_timestamp, event_id';
const ITEMS = 'SELECT * FROM silver_items ORDER BY event_timestamp, event_id, item_number';

function layout(name: string): string {
  return sharedPath(`samples/layouts/${name}`);
}

describe.skipIf(!hasShared)('layouts that senders really have', () => {
  it('are read from the export of Google Analytics 4', async () => {
    const path = layout('01-ga4-bq-export/events_20260105.json');
    const report = await run(path, { preset: 'ga4' });
    expect(report).toMatchObject({ lines: 8, valid: 8, duplicates: 0, quarantined: {} });
    const events = await rows(EVENTS);
    expect(events.map((event) => event.event_type).toSorted()).toEqual([
      ...['add_to_cart', 'checkout', 'page_view', 'product_view', 'purchase', 'purchase'],
      ...['scroll', 'session_start'],
    ]);
    for (const event of events) {
      expect(event).toMatchObject({
        ...{ anonymous_id: '1111.2222', user_id: null, session_id: '1111.2222.1767607000' },
        ...{ device: 'mobile', country: 'GERMANY', page_url: 'https://shop.example/p/1' },
        ...{ campaign_source: 'google', campaign_medium: 'cpc' },
      });
    }
    const order = { order_id: 'T-1', order_value: '29.98', item_count: 2 };
    expect(events.filter((event) => event.event_type === 'purchase')).toMatchObject([order, order]);
    const bought = (await rows(ITEMS)).filter((item) => item.event_type === 'purchase');
    const tea = { product_id: 'SKU1', product_name: 'Tea', price: '9.99', quantity: 2 };
    const cup = { product_id: 'SKU2', product_name: 'Cup', price: '10.00', quantity: 1 };
    expect(bought).toMatchObject([tea, cup, tea, cup]);
  });

  it("are read from Segment's log, compressed", async () => {
    const path = layout('02-segment-raw/1767607200000.gz');
    const report = await run(path, { preset: 'segment' });
    expect(report).toMatchObject({ lines: 6, valid: 6, quarantined: {} });
    const browser = { anonymous_id: 'anon-7', session_id: null, user_agent: 'Mozilla/5.0' };
    expect(await rows(EVENTS)).toMatchObject([
      { ...browser, event_id: 'ajs-next-1', event_type: 'page_view', user_id: null },
      { ...browser, event_type: 'product_view', product_id: 'SKU1', price: '9.99' },
      { ...browser, event_type: 'add_to_cart', quantity: 2 },
      { ...browser, event_type: 'identify', user_id: 'cust-9' },
      { ...browser, event_type: 'checkout', user_id: 'cust-9', order_id: 'A-1' },
      {
        ...{ ...browser, event_type: 'purchase', user_id: 'cust-9', order_id: 'A-1' },
        ...{ order_value: '29.98', shipping: '5.00', currency: 'EUR', item_count: 2 },
      },
    ]);
    expect((await rows(ITEMS)).slice(-2)).toMatchObject([
      { order_id: 'A-1', product_id: 'SKU1', price: '9.99', quantity: 2 },
      { order_id: 'A-1', product_id: 'SKU2', price: '10.00', quantity: 1 },
    ]);
  });

  it('are read with their products in parallel arrays, and in a list of objects', async () => {
    const mapping = {
      fields: { product_id: 'product_id[0]', price: [], quantity: [], order_value: 'revenue' },
      items: {
        ...{ from: 'products', product_id: ['product_id', 'product_id[]'] },
        price: ['price', 'price[]'],
        quantity: ['quantity', 'quantity[]', 'product_quantity[]'],
      },
    };
    const report = await run(layout('15-array-order/e.ndjson'), mapping);
    expect(report).toMatchObject({ lines: 4, valid: 4, quarantined: {} });
    const order = [
      { product_id: '406', price: '455.00', quantity: 1 },
      { product_id: '337', price: '295.00', quantity: 1 },
    ];
    expect(await rows(ITEMS)).toMatchObject([
      { event_type: 'product_view', product_id: '406', quantity: null },
      { event_type: 'add_to_cart', product_id: '406', quantity: 1 },
      ...order.map((item) => ({ ...item, order_id: '145032915' })),
      ...order.map((item) => ({ ...item, order_id: '145032916' })),
    ]);
    expect(await rows('SELECT revenue FROM gold_sessions')).toMatchObject([{ revenue: '1500.00' }]);
  });

  it('are read with the total and the id of an order under other names', async () => {
    const mapping = {
      fields: {
        order_value: ['revenue', 'value', 'total'],
        order_id: ['order_id', 'transaction_id'],
      },
    };
    await run(layout('19-order-total/e.ndjson'), mapping);
    expect(await rows(EVENTS)).toMatchObject([
      { event_type: 'purchase', order_id: 'A1', order_value: '59.97', currency: 'EUR' },
      { event_type: 'purchase', order_id: 'T1', order_value: '29.98', currency: 'EUR' },
    ]);
  });

  it('are read from the CSV of REES46', async () => {
    const path = layout('20-rees46-csv/2019-Oct.csv');
    const report = await run(path, { preset: 'rees46' });
    expect(report).toMatchObject({ lines: 3, valid: 3, quarantined: {} });
    const events = await rows(EVENTS);
    expect(events).toMatchObject([
      {
        ...{ event_type: 'add_to_cart', product_id: '5773203', price: '2.62' },
        ...{ user_id: '463240011', session_id: '26dd6e6e-4dac-4778-8d2c-92e149dab885' },
      },
      { event_type: 'product_view', product_id: '5773353' },
      { event_type: 'purchase', product_id: '5881589', price: '-7.94' },
    ]);
    expect(new Set(events.map((event) => event.event_id)).size).toBe(3);
    expect(await rows(ITEMS)).toMatchObject([
      { product_id: '5773203', brand: 'runail', category: '1487580005134238553' },
      { product_id: '5773353', brand: 'runail' },
      { product_id: '5881589', brand: 'lovely', price: '-7.94' },
    ]);
  });
});

const NOW_MS = Date.UTC(2026, 10, 1);

/** Sessions and orders by their time, as they come of the mapping that is proposed for the file. */
const PROPOSED: readonly { path: string; sessions?: Row[]; orders?: Row[] }[] = [
  {
    path: '01-ga4-bq-export/events_20260105.json',
    sessions: [{ visitor_id: '1111.2222', event_count: 8, derived_from: null }],
    orders: [{ order_id: 'T-1', revenue: '29.98', item_count: 2, delivery_count: 2 }],
  },
  {
    path: '02-segment-raw/1767607200000.gz',
    sessions: [
      { visitor_id: 'cust-9', event_count: 6, derived_from: 'anonymous_id=anon-7', funnel_step: 4 },
    ],
    orders: [{ order_id: 'A-1', revenue: '29.98', shipping: '5.00', item_count: 2, quantity: 3 }],
  },
  {
    path: '03-order-reload/e.ndjson',
    orders: [{ revenue: '175.00', delivery_count: 3, session_id: 's1' }],
  },
  {
    path: '04-refund/e.ndjson',
    orders: [
      { revenue: '20.00', refunded: '20.00', net_revenue: '0.00' },
      { revenue: '20.00', refunded: '20.00', net_revenue: '0.00' },
    ],
  },
  {
    path: '08-json-array/clickstream.json',
    sessions: ['cust-001', 'cust-002', 'cust-003'].map((visitor) => ({
      ...{ visitor_id: visitor, derived_from: `user_id=${visitor}` },
    })),
  },
  ...['clickstream.json', 'renamed.json'].map((name) => ({
    path: `09-no-event-id/${name}`,
    sessions: [
      { visitor_id: 'ua', event_count: 3, has_purchase: true },
      { visitor_id: 'ub', event_count: 1, is_bounce: true },
    ],
  })),
  {
    path: '12-login-mid-session/e.ndjson',
    sessions: [
      {
        ...{ session_id: 's1', visitor_id: 'cust-9', event_count: 5, funnel_step: 4 },
        ...{ duration_seconds: '600.000', revenue: '30.00' },
      },
      { session_id: 's9', visitor_id: 'a2', event_count: 1 },
    ],
  },
  {
    path: '15-array-order/e.ndjson',
    orders: [
      { revenue: '750.00', item_count: 2 },
      { revenue: '750.00', item_count: 2 },
    ],
  },
  {
    path: '19-order-total/e.ndjson',
    orders: [
      { order_id: 'A1', revenue: '59.97' },
      { order_id: 'T1', revenue: '29.98' },
    ],
  },
  {
    path: '20-rees46-csv/2019-Oct.csv',
    orders: [{ first_event_id: null, revenue: '0.00', refunded: '7.94' }],
  },
  {
    path: '36-cart-without-product/e.ndjson',
    sessions: [
      { session_id: 's-c1', has_add_to_cart: true, is_cart_abandoned: false },
      { session_id: 's-c2', has_add_to_cart: false, is_cart_abandoned: false },
      { session_id: 's-c3', has_add_to_cart: true, is_cart_abandoned: true },
    ],
  },
  {
    path: '37-layouts/a-only-timestamp-differs.json',
    sessions: [{ session_id: 's1', visitor_id: 'u1', event_count: 3 }],
    orders: [{ revenue: '10.50' }],
  },
  {
    path: '37-layouts/b-no-event-id-cart.json',
    sessions: [{ session_id: 'S1', visitor_id: '101', event_count: 3 }],
    orders: [{ revenue: '500.00' }],
  },
  {
    path: '37-layouts/c-customer-order-value.json',
    sessions: [{ visitor_id: 'k1', event_count: 3, derived_from: 'user_id=k1', is_engaged: true }],
    orders: [{ revenue: '89.99' }],
  },
];

/** These rows, with these values. */
async function expectRows(sql: string, expected: readonly Row[]): Promise<Row[]> {
  const found = await rows(sql);
  expect(found).toHaveLength(expected.length);
  expect(found).toMatchObject(expected);
  return found;
}

describe.skipIf(!hasShared)('what senders really send', () => {
  it.each(PROPOSED)(
    'comes to the sessions and orders of $path',
    async ({ path, sessions, orders }) => {
      const { text } = await proposeMapping([{ kind: 'file', path: layout(path) }], {
        types: KNOWN_TYPES,
        nowMs: NOW_MS,
      });
      await run(layout(path), text, NOW_MS);
      if (sessions !== undefined) {
        const found = await expectRows(
          'SELECT * FROM gold_sessions ORDER BY started_at, session_id',
          sessions,
        );
        // A bare Mozilla/5.0, as one of the files has it, is a program's.
        const people = found.filter((session) => session.is_bot === false);
        const visitors = new Set(people.map((session) => session.visitor_id));
        expect(await rows('SELECT visitor_id FROM gold_users')).toHaveLength(visitors.size);
      }
      if (orders !== undefined) {
        await expectRows('SELECT * FROM gold_orders ORDER BY ordered_at, order_id', orders);
      }
    },
  );
});

describe.skipIf(!hasShared)('the sessions and visitors of what senders really send', () => {
  it('rate the day on which somebody logs in half-way', async () => {
    await run(layout('12-login-mid-session/e.ndjson'), {});
    expect(
      await rows('SELECT sessions, visitors, conversion_rate FROM gold_conversion_metrics'),
    ).toEqual([{ sessions: 2, visitors: 2, conversion_rate: 0.5 }]);
    expect(await rows('SELECT anonymous_id, user_id FROM gold_identities ORDER BY 1')).toEqual([
      { anonymous_id: 'a1', user_id: 'cust-9' },
      { anonymous_id: 'a2', user_id: null },
    ]);
  });

  it('count every file of a folder, whatever its name', async () => {
    lake = await openTestLake({ now: () => NOW_MS });
    await lake.lake.ingest([layout('31-file-names')]);
    await lake.lake.run({ fullRefresh: false });
    expect(await rows('SELECT visitor_id, event_count FROM gold_sessions')).toEqual([
      { visitor_id: 'u', event_count: 13 },
    ]);
  });
});

describe.skipIf(!hasShared)('the orders of what senders really send', () => {
  it('are counted on their own days, and refunds on theirs', async () => {
    await run(layout('04-refund/e.ndjson'), {}, NOW_MS);
    expect(
      await rows(`SELECT CAST(date AS STRING) AS date, sessions, orders, refunded, conversion_rate
        FROM gold_conversion_metrics ORDER BY date`),
    ).toEqual([
      { date: '2026-01-05', sessions: 2, orders: 2, refunded: '0.00', conversion_rate: 1 },
      { date: '2026-01-07', sessions: 1, orders: 0, refunded: '40.00', conversion_rate: 0 },
    ]);
  });

  it('add up as sent, and say so, when they are in several currencies', async () => {
    const report = await run(layout('05-currencies/e.ndjson'), {}, NOW_MS);
    expect(report.purchases?.currencies.toSorted()).toEqual(['EUR', 'JPY', 'SEK']);
    expect(await rows('SELECT sum(revenue) AS revenue FROM gold_orders')).toEqual([
      { revenue: '18100.00' },
    ]);
  });

  it('add up in one currency by the rates of their day', async () => {
    const report = await run(layout('05-currencies/e.ndjson'), {}, NOW_MS, {
      currency: 'EUR',
      assume: undefined,
      rates: [
        { date: '2000-01-01', currency: 'SEK', rate: '0.09' },
        { date: '2000-01-01', currency: 'JPY', rate: '0.006' },
      ],
    });
    expect(report.purchases).toMatchObject({ convertedTo: 'EUR', unconverted: [] });
    expect(await rows('SELECT sum(revenue) AS revenue FROM gold_conversion_metrics')).toEqual([
      { revenue: '292.00' },
    ]);
  });
});
