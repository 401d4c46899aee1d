/** Orders: what is told of one, in whatever order and however often, counts once. */
import { describe, expect } from 'vitest';
import { casesOfOneLake } from './cases-of-one-lake.ts';
import type { Sent } from './gold-support.ts';

const { it, itIsSameAsRefresh } = casesOfOneLake((settings) => ({
  ...settings,
  sources: {
    test: {
      items: { from: 'items', product_id: 'product_id', price: 'price', quantity: 'quantity' },
    },
  },
}));

const event = (id: string, at: string, fields: Partial<Sent> = {}): Sent => ({
  ...{ id, at, type: 'purchase', user: 'u1', session: 's1' },
  ...fields,
});

const RELOADED = [
  event('e1', '2026-02-04T09:30:00Z', { type: 'product_view', product_id: 'p' }),
  event('e2', '2026-02-04T09:31:35Z', { order_id: 'A', product_id: 'p', price: 175 }),
  event('e3', '2026-02-04T09:31:36Z', { order_id: 'A', product_id: 'p', price: '175.0000' }),
  event('e4', '2026-03-20T08:00:00Z', {
    ...{ order_id: 'A', product_id: 'p', price: 175, session: 's2', user: 'bot' },
  }),
];
const ONCE = [{ revenue: '175.00', delivery_count: 3, session_id: 's1', visitor_id: 'u1' }];
const ORDERS = 'SELECT revenue, delivery_count, session_id, visitor_id FROM gold_orders';

describe('an order', () => {
  for (const [how, deliveries] of [
    ['at once', [RELOADED]],
    ['one by one', RELOADED.map((each) => [each])],
    ['backwards', RELOADED.toReversed().map((each) => [each])],
  ] as const) {
    it(
      `counts once when its page is loaded again, and its events come ${how}`,
      deliveries,
      async ({ rows }) => {
        expect(await rows(ORDERS)).toEqual(ONCE);
        const days = `SELECT date, purchases, sessions_with_purchase, orders, revenue, conversion_rate
        FROM gold_conversion_metrics ORDER BY date`;
        expect(await rows(days)).toEqual([
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
        expect(await rows(users)).toEqual([
          { visitor_id: 'bot', order_count: 0, is_buyer: false },
          { visitor_id: 'u1', order_count: 1, is_buyer: true },
        ]);
      },
    );
  }

  const line = (id: string, product_id: string, price: number, quantity: number) =>
    event(id, '2026-01-05T10:00:00Z', { ...{ order_id: 'A', product_id }, price, quantity });
  it(
    'adds up one event per product line, and takes of each the largest quantity',
    [
      [line('1', 'tea', 9.99, 1), line('2', 'cup', 10, 1)],
      [line('3', 'tea', 9.99, 2), line('4', 'tea', 5, 1)],
    ],
    async ({ rows }) => {
      expect(
        await rows('SELECT item_count, quantity, items_value, revenue FROM gold_orders'),
      ).toEqual([{ item_count: 3, quantity: 4, items_value: '34.98', revenue: '34.98' }]);
      const products = 'SELECT product_id, orders, quantity, revenue FROM gold_products ORDER BY 1';
      expect(await rows(products)).toEqual([
        { product_id: 'cup', orders: 1, quantity: 1, revenue: '10.00' },
        { product_id: 'tea', orders: 1, quantity: 3, revenue: '24.98' },
      ]);
    },
  );

  const whole = { order_id: 'A', tax: 2, shipping: '4.90', currency: 'eur' };
  it(
    'has the amounts of its earliest event, and moves when an earlier one arrives',
    [
      [event('2', '2026-01-06T00:10:00Z', { ...whole, order_value: 60, session: 's2' })],
      [event('1', '2026-01-05T23:50:00Z', { order_id: 'A', order_value: 50, currency: 'USD' })],
    ],
    async ({ rows }) => {
      const orders = await rows(
        'SELECT order_date, session_id, currency, revenue, tax, shipping FROM gold_orders',
      );
      expect(orders).toEqual([
        {
          ...{ order_date: '2026-01-05', session_id: 's1', currency: 'USD' },
          ...{ revenue: '50.00', tax: null, shipping: null },
        },
      ]);
      const sessions = 'SELECT session_id, order_count, revenue FROM gold_sessions ORDER BY 1';
      expect(await rows(sessions)).toEqual([
        { session_id: 's1', order_count: 1, revenue: '50.00' },
        { session_id: 's2', order_count: 0, revenue: '0.00' },
      ]);
    },
  );

  it(
    'is one for each purchase without an order id',
    [[event('1', '2026-01-05T10:00:00Z', { price: 3 }), event('2', '2026-01-05T10:00:00Z')]],
    async ({ rows }) => {
      expect(await rows('SELECT order_id, revenue FROM gold_orders ORDER BY 1')).toEqual([
        { order_id: 'event_id=1', revenue: '3.00' },
        { order_id: 'event_id=2', revenue: '0.00' },
      ]);
    },
  );

  const anonymous = { user: undefined, device: 'a', session: undefined };
  it(
    'is the first of the visitor who turns out to have placed it',
    [
      [event('1', '2026-01-05T10:00:00Z', { order_id: 'A', ...anonymous })],
      [event('2', '2026-01-06T10:00:00Z', { order_id: 'B' })],
      // The login, a month later.
      [event('3', '2026-02-06T10:00:00Z', { type: 'page_view', device: 'a', session: 's9' })],
    ],
    async ({ rows }) => {
      const orders = 'SELECT order_id, visitor_id, is_first_order FROM gold_orders ORDER BY 1';
      expect(await rows(orders)).toEqual([
        { order_id: 'A', visitor_id: 'u1', is_first_order: true },
        { order_id: 'B', visitor_id: 'u1', is_first_order: false },
      ]);
      expect(await rows('SELECT visitor_id, order_count FROM gold_users')).toEqual([
        { visitor_id: 'u1', order_count: 2 },
      ]);
    },
  );

  it(
    'has the visitor who logs in later in its session',
    [
      [event('1', '2026-01-05T10:00:00Z', { order_id: 'A', user: undefined, device: 'a' })],
      [event('2', '2026-01-05T10:01:00Z', { type: 'page_view', device: 'a' })],
    ],
    async ({ rows }) => {
      expect(await rows('SELECT session_id, visitor_id FROM gold_orders')).toEqual([
        { session_id: 's1', visitor_id: 'u1' },
      ]);
    },
  );

  const derived = { ...anonymous, order_id: 'A', product_id: 'p', price: 10 };
  it(
    'changes the value of a derived session that has no new event itself',
    [
      [event('1', '2026-01-05T10:00:00Z', derived)],
      [event('2', '2026-01-20T10:00:00Z', { ...derived, device: 'b', quantity: 3 })],
    ],
    async ({ rows }) => {
      const sessions = 'SELECT anonymous_id, revenue FROM gold_sessions ORDER BY 1';
      expect(await rows(sessions)).toEqual([
        { anonymous_id: 'a', revenue: '30.00' },
        { anonymous_id: 'b', revenue: '0.00' },
      ]);
    },
  );
});

describe('a refund', () => {
  const ordered = event('1', '2026-01-05T10:00:00Z', {
    ...{ order_id: 'A', product_id: 'p', price: 20, quantity: 3, currency: 'EUR' },
  });
  const refund = (id: string, at: string, fields: Partial<Sent> = {}): Sent =>
    event(id, at, { type: 'refund', order_id: 'A', session: 'back-office', ...fields });
  const NET = 'SELECT revenue, refunded, net_revenue FROM gold_orders';

  const all = refund('2', '2026-01-07T09:00:00Z');
  it(
    'takes the whole order where it says no more, however often it is told of',
    [[ordered], [all], [{ ...all, id: '3' }, refund('4', '2026-01-08T09:00:00Z')]],
    async ({ rows }) => {
      expect(await rows(NET)).toEqual([
        { revenue: '60.00', refunded: '60.00', net_revenue: '0.00' },
      ]);
      const days =
        'SELECT date, sessions, revenue, refunded FROM gold_conversion_metrics ORDER BY 1';
      expect(await rows(days)).toEqual([
        { date: '2026-01-05', sessions: 1, revenue: '60.00', refunded: '0.00' },
        { date: '2026-01-07', sessions: 0, revenue: '0.00', refunded: '60.00' },
        { date: '2026-01-08', sessions: 0, revenue: '0.00', refunded: '0.00' },
      ]);
    },
  );

  it(
    'takes the lines that it names, at the price of the order',
    [
      [refund('2', '2026-01-07T09:00:00Z', { product_id: 'p', quantity: 1 })],
      [ordered],
      [refund('3', '2026-01-08T09:00:00Z', { product_id: 'p', quantity: -1, price: 20 })],
    ],
    async ({ rows }) => {
      expect(await rows(NET)).toEqual([
        { revenue: '60.00', refunded: '40.00', net_revenue: '20.00' },
      ]);
    },
  );

  const early = refund('2', '2026-01-07T09:00:00Z', { order_value: 15 });
  it('may have no purchase yet', [[early]], async ({ rows }) => {
    expect(await rows(NET)).toEqual([
      { revenue: '0.00', refunded: '15.00', net_revenue: '-15.00' },
    ]);
    expect(await rows('SELECT count(*) AS n FROM gold_sessions')).toEqual([{ n: 0 }]);
  });

  it('may come before its purchase', [[early], [ordered]], async ({ rows }) => {
    expect(await rows(NET)).toEqual([
      { revenue: '60.00', refunded: '15.00', net_revenue: '45.00' },
    ]);
  });

  const most = '9999999999999999.99';
  it(
    'of an order never placed is cut off with the others of it, where they come to more digits than an amount has',
    [
      [
        refund('1', '2026-02-04T10:00:00Z', { order_value: most }),
        refund('2', '2026-02-05T10:00:00Z', { order_value: most }),
      ],
    ],
    async ({ rows }) => {
      expect(await rows('SELECT refunded, reported_refunded FROM gold_orders')).toEqual([
        { refunded: most, reported_refunded: most },
      ]);
    },
  );

  const items = (price: number, quantity = 1) => ({
    items: [{ product_id: 'p', price, quantity }],
  });
  it(
    'is a purchase whose list of products comes to less than nothing',
    [
      [event('1', '2026-02-04T10:00:00Z', { order_id: 'A', ...items(20) })],
      [event('2', '2026-02-05T10:00:00Z', { order_id: 'A', session: 's2', ...items(20, -1) })],
      [event('3', '2026-02-06T10:00:00Z', { session: 's3', ...items(-7.94) })],
    ],
    async ({ rows }) => {
      expect(
        await rows('SELECT order_id, revenue, refunded, item_count FROM gold_orders ORDER BY 1'),
      ).toEqual([
        { order_id: 'A', revenue: '20.00', refunded: '20.00', item_count: 1 },
        { order_id: 'event_id=3', revenue: '0.00', refunded: '7.94', item_count: 0 },
      ]);
    },
  );

  const negative = { order_id: 'A', product_id: 'p', price: -20, session: 'back-office' };
  it(
    'is a purchase of a negative amount',
    [[ordered, event('2', '2026-01-07T09:00:00Z', negative)]],
    async ({ rows }) => {
      expect(await rows(NET)).toEqual([
        { revenue: '60.00', refunded: '20.00', net_revenue: '40.00' },
      ]);
      expect(await rows('SELECT session_id FROM gold_sessions')).toEqual([{ session_id: 's1' }]);
    },
  );
});

itIsSameAsRefresh();
