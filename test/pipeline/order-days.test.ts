/** How long visitors take to their first order and to the next, in gold_orders. */
import { expect, it } from 'vitest';
import { deliver, expectSameAsRefresh, lakeOf, type Sent } from './gold-support.ts';

const buy = (order_id: string, at: string, more: Partial<Sent> = {}): Sent => ({
  ...{ id: order_id, at, type: 'purchase', user: 'ann', session: `of ${order_id}` },
  ...{ order_id, order_value: 10, ...more },
});
const DAYS = `SELECT order_id, days_since_first_session AS session, days_since_previous_order AS before
  FROM gold_orders ORDER BY order_id`;

it('days go by the dates of the shop', async () => {
  await using lake = await lakeOf(
    [
      [
        // 23:30 and 00:30 in Berlin.
        { id: '1', at: '2026-01-05T22:30:00Z', user: 'ann', session: 's' },
        buy('a', '2026-01-05T23:30:00Z'),
        buy('b', '2026-01-06T22:59:00Z'),
        buy('c', '2026-01-06T23:01:00Z'),
      ],
    ],
    (settings) => ({ ...settings, reporting: { timeZone: 'Europe/Berlin' } }),
  );
  expect(await lake.rows(DAYS)).toEqual([
    { order_id: 'a', session: 1, before: null },
    { order_id: 'b', session: 1, before: 0 },
    { order_id: 'c', session: 2, before: 1 },
  ]);
  await expectSameAsRefresh(lake);
});

it('an earlier session, a late order and a late login change the days of other orders', async () => {
  await using lake = await lakeOf([
    [
      buy('a', '2025-12-08T10:00:00Z'),
      buy('b', '2025-12-20T10:00:00Z'),
      buy('other', '2025-12-09T10:00:00Z', { user: 'bob' }),
      {
        id: 'r',
        at: '2025-12-09T11:00:00Z',
        type: 'refund',
        user: 'eve',
        order_id: 'unknown',
        order_value: 5,
      },
    ],
  ]);
  const rest = [
    { order_id: 'other', session: 0, before: null },
    { order_id: 'unknown', session: null, before: null },
  ];
  expect(await lake.rows(DAYS)).toEqual([
    { order_id: 'a', session: 0, before: null },
    { order_id: 'b', session: 12, before: 12 },
    ...rest,
  ]);
  await deliver(lake, [{ id: '1', at: '2025-12-05T10:00:00Z', user: 'ann', session: 's' }]);
  expect(await lake.rows(DAYS)).toEqual([
    { order_id: 'a', session: 3, before: null },
    { order_id: 'b', session: 15, before: 12 },
    ...rest,
  ]);
  await deliver(lake, [buy('late', '2025-12-12T10:00:00Z')]);
  expect(await lake.rows(DAYS)).toEqual([
    { order_id: 'a', session: 3, before: null },
    { order_id: 'b', session: 15, before: 8 },
    { order_id: 'late', session: 7, before: 4 },
    ...rest,
  ]);
  await deliver(lake, [{ id: '2', at: '2025-12-01T10:00:00Z', device: 'd', session: 't' }]);
  await deliver(lake, [
    { id: '3', at: '2025-12-21T10:00:00Z', device: 'd', user: 'ann', session: 'u' },
  ]);
  expect(await lake.rows(DAYS)).toEqual([
    { order_id: 'a', session: 7, before: null },
    { order_id: 'b', session: 19, before: 8 },
    { order_id: 'late', session: 11, before: 4 },
    ...rest,
  ]);
  await expectSameAsRefresh(lake);
});
