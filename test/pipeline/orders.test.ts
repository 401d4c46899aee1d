/** Orders: what is told of one, in whatever order and however often, counts once. */
import { describe, expect, it } from 'vitest';
import type { MappingText } from '../../src/mapping/mapping.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

type Fields = Record<string, unknown>;

function event(id: string, time: string, fields: Fields = {}): Fields {
  return {
    ...{ event_id: id, user_id: 'u1', session_id: 's1', event_type: 'purchase' },
    ...{ event_timestamp: time, ...fields },
  };
}

/** After each file a run; then everything is as after a full refresh, and verified. */
async function lakeOf(
  files: readonly (readonly Fields[])[],
  source?: MappingText,
): Promise<TestLake> {
  const lake = await openTestLake({}, (settings) =>
    source === undefined ? settings : { ...settings, sources: { test: source } },
  );
  for (const [index, events] of files.entries()) {
    const lines = events.map((fields) => `${JSON.stringify(fields)}\n`);
    await lake.receive(`f${index}.ndjson`, lines.join(''));
    await lake.lake.run({ fullRefresh: false });
  }
  const { checks } = await lake.lake.verify();
  expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  const before = await contentOf(lake);
  await lake.lake.run({ fullRefresh: true });
  expect(await contentOf(lake)).toEqual(before);
  return lake;
}

async function contentOf(lake: TestLake): Promise<unknown[]> {
  const tables = ['orders', 'order_items', 'refunds', 'purchase_lines', 'sessions', 'users'];
  const content: unknown[] = [];
  for (const name of [...tables, 'conversion_metrics', 'products', 'funnel']) {
    content.push(await lake.rows(`SELECT * FROM gold_${name} ORDER BY ALL`));
  }
  return content;
}

const RELOADED = [
  event('e1', '2026-02-04T09:30:00Z', { event_type: 'product_view', product_id: 'p' }),
  event('e2', '2026-02-04T09:31:35Z', { order_id: 'A', product_id: 'p', price: 175 }),
  event('e3', '2026-02-04T09:31:36Z', { order_id: 'A', product_id: 'p', price: '175.0000' }),
  event('e4', '2026-03-20T08:00:00Z', {
    ...{ order_id: 'A', product_id: 'p', price: 175, session_id: 's2', user_id: 'bot' },
  }),
];
const ONCE = [{ revenue: '175.00', delivery_count: 3, session_id: 's1', visitor_id: 'u1' }];
const ORDERS = 'SELECT revenue, delivery_count, session_id, visitor_id FROM gold_orders';

describe('an order', () => {
  it.each([
    ['at once', [RELOADED]],
    ['one by one', RELOADED.map((each) => [each])],
    ['backwards', RELOADED.toReversed().map((each) => [each])],
  ])('counts once when its page is loaded again, and its events come %s', async (_, files) => {
    await using lake = await lakeOf(files);
    expect(await lake.rows(ORDERS)).toEqual(ONCE);
    const days = `SELECT date, purchases, sessions_with_purchase, orders, revenue, conversion_rate
      FROM gold_conversion_metrics ORDER BY date`;
    expect(await lake.rows(days)).toEqual([
      {
        ...{ date: '2026-02-04', purchases: 2, sessions_with_purchase: 1, orders: 1 },
        ...{ revenue: '175.00', conversion_rate: 1 },
      },
      {
        ...{ date: '2026-03-20', purchases: 1, sessions_with_purchase: 0, orders: 0 },
        ...{ revenue: '0.00', conversion_rate: 0 },
      },
    ]);
    const users = 'SELECT visitor_id, order_count, is_buyer FROM gold_users ORDER BY 1';
    expect(await lake.rows(users)).toEqual([
      { visitor_id: 'bot', order_count: 0, is_buyer: false },
      { visitor_id: 'u1', order_count: 1, is_buyer: true },
    ]);
  });

  it('adds up one event per product line, and takes of each the largest quantity', async () => {
    const line = (id: string, product_id: string, price: number, quantity: number) =>
      event(id, '2026-01-05T10:00:00Z', { ...{ order_id: 'A', product_id }, price, quantity });
    await using lake = await lakeOf([
      [line('1', 'tea', 9.99, 1), line('2', 'cup', 10, 1)],
      [line('3', 'tea', 9.99, 2), line('4', 'tea', 5, 1)],
    ]);
    expect(
      await lake.rows('SELECT item_count, quantity, items_value, revenue FROM gold_orders'),
    ).toEqual([{ item_count: 3, quantity: 4, items_value: '34.98', revenue: '34.98' }]);
    const products = 'SELECT product_id, orders, quantity, revenue FROM gold_products ORDER BY 1';
    expect(await lake.rows(products)).toEqual([
      { product_id: 'cup', orders: 1, quantity: 1, revenue: '10.00' },
      { product_id: 'tea', orders: 1, quantity: 3, revenue: '24.98' },
    ]);
  });

  it('has the amounts of its earliest event, and moves when an earlier one arrives', async () => {
    const whole = { order_id: 'A', tax: 2, shipping: '4.90', currency: 'eur' };
    await using lake = await lakeOf([
      [event('2', '2026-01-06T00:10:00Z', { ...whole, order_value: 60, session_id: 's2' })],
      [event('1', '2026-01-05T23:50:00Z', { order_id: 'A', order_value: 50, currency: 'USD' })],
    ]);
    const orders = await lake.rows(
      'SELECT order_date, session_id, currency, revenue, tax, shipping FROM gold_orders',
    );
    expect(orders).toEqual([
      {
        ...{ order_date: '2026-01-05', session_id: 's1', currency: 'USD' },
        ...{ revenue: '50.00', tax: null, shipping: null },
      },
    ]);
    const sessions = 'SELECT session_id, order_count, revenue FROM gold_sessions ORDER BY 1';
    expect(await lake.rows(sessions)).toEqual([
      { session_id: 's1', order_count: 1, revenue: '50.00' },
      { session_id: 's2', order_count: 0, revenue: '0.00' },
    ]);
  });

  it('is one for each purchase without an order id', async () => {
    await using lake = await lakeOf([
      [event('1', '2026-01-05T10:00:00Z', { price: 3 }), event('2', '2026-01-05T10:00:00Z')],
    ]);
    expect(await lake.rows('SELECT order_id, revenue FROM gold_orders ORDER BY 1')).toEqual([
      { order_id: 'event_id=1', revenue: '3.00' },
      { order_id: 'event_id=2', revenue: '0.00' },
    ]);
  });

  it('is the first of the visitor who turns out to have placed it', async () => {
    const anonymous = { user_id: null, anonymous_id: 'a', session_id: null };
    await using lake = await lakeOf([
      [event('1', '2026-01-05T10:00:00Z', { order_id: 'A', ...anonymous })],
      [event('2', '2026-01-06T10:00:00Z', { order_id: 'B' })],
      // The login, a month later.
      [
        event('3', '2026-02-06T10:00:00Z', {
          ...{ event_type: 'page_view', anonymous_id: 'a', session_id: 's9' },
        }),
      ],
    ]);
    const orders = 'SELECT order_id, visitor_id, is_first_order FROM gold_orders ORDER BY 1';
    expect(await lake.rows(orders)).toEqual([
      { order_id: 'A', visitor_id: 'u1', is_first_order: true },
      { order_id: 'B', visitor_id: 'u1', is_first_order: false },
    ]);
    expect(await lake.rows('SELECT visitor_id, order_count FROM gold_users')).toEqual([
      { visitor_id: 'u1', order_count: 2 },
    ]);
  });

  it('changes the value of a derived session that has no new event itself', async () => {
    const derived = { session_id: null, user_id: null, anonymous_id: 'a', order_id: 'A' };
    await using lake = await lakeOf([
      [event('1', '2026-01-05T10:00:00Z', { ...derived, product_id: 'p', price: 10 })],
      [
        event('2', '2026-01-20T10:00:00Z', {
          ...{ ...derived, anonymous_id: 'b', product_id: 'p', price: 10, quantity: 3 },
        }),
      ],
    ]);
    const sessions = 'SELECT anonymous_id, revenue FROM gold_sessions ORDER BY 1';
    expect(await lake.rows(sessions)).toEqual([
      { anonymous_id: 'a', revenue: '30.00' },
      { anonymous_id: 'b', revenue: '0.00' },
    ]);
  });
});

describe('a refund', () => {
  const ordered = event('1', '2026-01-05T10:00:00Z', {
    ...{ order_id: 'A', product_id: 'p', price: 20, quantity: 3, currency: 'EUR' },
  });
  const refund = (id: string, time: string, fields: Fields = {}) =>
    event(id, time, { event_type: 'refund', order_id: 'A', session_id: 'back-office', ...fields });
  const NET = 'SELECT revenue, refunded, net_revenue FROM gold_orders';

  it('takes the whole order where it says no more, however often it is told of', async () => {
    const whole = refund('2', '2026-01-07T09:00:00Z');
    await using lake = await lakeOf([
      [ordered],
      [whole],
      [{ ...whole, event_id: '3' }, refund('4', '2026-01-08T09:00:00Z')],
    ]);
    expect(await lake.rows(NET)).toEqual([
      { revenue: '60.00', refunded: '60.00', net_revenue: '0.00' },
    ]);
    const days = 'SELECT date, sessions, revenue, refunded FROM gold_conversion_metrics ORDER BY 1';
    expect(await lake.rows(days)).toEqual([
      { date: '2026-01-05', sessions: 1, revenue: '60.00', refunded: '0.00' },
      { date: '2026-01-07', sessions: 0, revenue: '0.00', refunded: '60.00' },
      { date: '2026-01-08', sessions: 0, revenue: '0.00', refunded: '0.00' },
    ]);
  });

  it('takes the lines that it names, at the price of the order', async () => {
    await using lake = await lakeOf([
      [refund('2', '2026-01-07T09:00:00Z', { product_id: 'p', quantity: 1 })],
      [ordered],
      [refund('3', '2026-01-08T09:00:00Z', { product_id: 'p', quantity: -1, price: 20 })],
    ]);
    expect(await lake.rows(NET)).toEqual([
      { revenue: '60.00', refunded: '40.00', net_revenue: '20.00' },
    ]);
  });

  it('may come before its purchase', async () => {
    const early = refund('2', '2026-01-07T09:00:00Z', { order_value: 15 });
    await using alone = await lakeOf([[early]]);
    expect(await alone.rows(NET)).toEqual([
      { revenue: '0.00', refunded: '15.00', net_revenue: '-15.00' },
    ]);
    expect(await alone.rows('SELECT count(*) AS n FROM gold_sessions')).toEqual([{ n: 0 }]);
    await using lake = await lakeOf([[early], [ordered]]);
    expect(await lake.rows(NET)).toEqual([
      { revenue: '60.00', refunded: '15.00', net_revenue: '45.00' },
    ]);
  });

  it('of an order never placed is cut off with the others of it, where they come to more digits than an amount has', async () => {
    const most = '9999999999999999.99';
    const refund = { event_type: 'refund', order_id: 'A', order_value: most };
    const events = ['2026-02-04T10:00:00Z', '2026-02-05T10:00:00Z'].map((time, index) =>
      event(`r${index}`, time, refund),
    );
    await using lake = await lakeOf([events]);
    expect(await lake.rows('SELECT refunded, reported_refunded FROM gold_orders')).toEqual([
      { refunded: most, reported_refunded: most },
    ]);
  });

  it('is a purchase whose list of products comes to less than nothing', async () => {
    const items = (price: number, quantity = 1) => ({
      items: [{ product_id: 'p', price, quantity }],
    });
    await using lake = await lakeOf(
      [
        [event('1', '2026-02-04T10:00:00Z', { order_id: 'A', ...items(20) })],
        [event('2', '2026-02-05T10:00:00Z', { order_id: 'A', session_id: 's2', ...items(20, -1) })],
        [event('3', '2026-02-06T10:00:00Z', { session_id: 's3', ...items(-7.94) })],
      ],
      { items: { from: 'items', product_id: 'product_id', price: 'price', quantity: 'quantity' } },
    );
    expect(
      await lake.rows('SELECT order_id, revenue, refunded, item_count FROM gold_orders ORDER BY 1'),
    ).toEqual([
      { order_id: 'A', revenue: '20.00', refunded: '20.00', item_count: 1 },
      { order_id: 'event_id=3', revenue: '0.00', refunded: '7.94', item_count: 0 },
    ]);
  });

  it('is a purchase of a negative amount', async () => {
    await using lake = await lakeOf([
      [
        ordered,
        event('2', '2026-01-07T09:00:00Z', {
          ...{ order_id: 'A', product_id: 'p', price: -20, session_id: 'back-office' },
        }),
      ],
    ]);
    expect(await lake.rows(NET)).toEqual([
      { revenue: '60.00', refunded: '20.00', net_revenue: '40.00' },
    ]);
    expect(await lake.rows('SELECT session_id FROM gold_sessions')).toEqual([{ session_id: 's1' }]);
  });
});
