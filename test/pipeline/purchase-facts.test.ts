/** What Gold's sums leave open is told. */
import { expect, it } from 'vitest';
import type { RunReport } from '../../src/pipeline/reports.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

let count = 0;

function purchase(fields: Record<string, unknown>): string {
  count += 1;
  return JSON.stringify({
    ...{ event_id: `e${count}`, user_id: 'u1', session_id: 's1', event_type: 'purchase' },
    ...{ product_id: 'p1', quantity: 1, price: 10, event_timestamp: '2026-01-05T10:00:00Z' },
    ...fields,
  });
}

async function runOver(test: TestLake, lines: string[]): Promise<RunReport> {
  await test.receive(`file-${count}.ndjson`, `${lines.join('\n')}\n`);
  return await test.lake.run({ fullRefresh: false });
}

it('counts currencies of orders', async () => {
  await using test = await openTestLake();
  await runOver(test, [
    purchase({ order_id: 'o1', currency: 'EUR' }),
    purchase({ order_id: 'o2', currency: 'eur' }),
    purchase({ order_id: null, currency: null }),
    purchase({ order_id: null }),
    purchase({ event_type: 'product_view', order_id: 'o1', currency: 'CHF' }),
  ]);
  expect(await test.lake.purchaseFacts()).toEqual({
    ...{ currencyCount: 1, currencies: ['EUR'], convertedTo: null, unconverted: [] },
    ...{ orders: 4, suspiciousIds: [] },
  });
  await runOver(test, [
    purchase({ order_id: 'o2', currency: 'USD' }),
    purchase({ order_id: 'o3', currency: 'USD' }),
    purchase({ order_id: 'o3', currency: 'USD', product_id: 'p2' }),
    purchase({ order_id: 'o3', currency: 'USD' }),
  ]);
  expect(await test.lake.purchaseFacts()).toEqual({
    ...{ currencyCount: 2, currencies: ['EUR', 'USD'], convertedTo: null, unconverted: [] },
    ...{ orders: 5, suspiciousIds: [] },
  });
});

it('names the ten most frequent of many currencies', async () => {
  await using test = await openTestLake();
  const codes = Array.from({ length: 12 }, (_, index) => `C${String(index).padStart(2, '0')}`);
  await runOver(
    test,
    [...codes, 'C11'].map((currency) => purchase({ currency })),
  );
  const facts = await test.lake.purchaseFacts();
  expect(facts?.currencyCount).toBe(12);
  expect(facts?.currencies).toEqual(['C11', ...codes.slice(0, 9)]);
});

it('has nothing to tell of a lake without events', async () => {
  await using test = await openTestLake();
  await test.receive('none.ndjson', '{}\n');
  expect(await test.lake.purchaseFacts()).toEqual({
    ...{ currencyCount: 0, currencies: [], convertedTo: null, unconverted: [] },
    ...{ orders: 0, suspiciousIds: [] },
  });
});

it('says in the run summary what the new events tell of currencies', async () => {
  await using test = await openTestLake();
  const first = await runOver(test, [
    purchase({ order_id: 'o1', currency: 'EUR' }),
    purchase({ order_id: 'o2', currency: 'eur' }),
    purchase({ event_type: 'product_view', order_id: 'o1', currency: 'CHF' }),
  ]);
  const none = { convertedTo: null, unconverted: [], mixedOrders: null, suspiciousIds: [] };
  const single = { currencyCount: 1, currencies: ['EUR'], ...none };
  expect(first.purchases).toEqual(single);
  // The statistics name CHF too, which no purchase is in.
  const second = await runOver(test, [
    purchase({ order_id: 'o3', currency: 'EUR', event_timestamp: '2026-01-06T10:00:00Z' }),
  ]);
  expect(second.purchases).toEqual(single);
  // Each date has one currency, the lake two.
  const third = await runOver(test, [
    purchase({ order_id: 'o4', currency: 'USD', event_timestamp: '2026-01-07T10:00:00Z' }),
    purchase({ order_id: 'o4', currency: 'USD', event_timestamp: '2026-01-07T10:00:00Z' }),
  ]);
  expect(third.purchases).toEqual({
    ...{ currencyCount: 2, currencies: ['EUR', 'USD'], ...none },
  });
  const whole = await test.lake.run({ fullRefresh: true });
  expect(whole.purchases).toEqual({
    ...{ currencyCount: 2, currencies: ['EUR', 'USD'], ...none },
  });
  const idle = await test.lake.run({ fullRefresh: false });
  expect(idle.purchases).toBeUndefined();
});

it('names order ids that may stand for no order, until they are ignored', async () => {
  const lines = (order_id: string, number: number): string[] =>
    Array.from({ length: number }, (_, index) => purchase({ order_id, price: index + 1 }));
  const deliveries = [...lines('undefined', 3), ...lines('0', 2), ...lines('A1', 2)];
  const suspiciousIds = [
    { id: 'undefined', deliveries: 3 },
    { id: '0', deliveries: 2 },
  ];
  await using test = await openTestLake();
  expect((await runOver(test, deliveries)).purchases).toMatchObject({ suspiciousIds });
  expect(await test.lake.purchaseFacts()).toMatchObject({ orders: 3, suspiciousIds });
  await using careful = await openTestLake({}, (settings) => ({
    ...settings,
    orders: { ignoredIds: ['undefined', '0'] },
  }));
  expect((await runOver(careful, deliveries)).purchases).toMatchObject({ suspiciousIds: [] });
  expect(await careful.lake.purchaseFacts()).toMatchObject({ orders: 6 });
});

it('takes ten thousand deliveries of one id', async () => {
  await using test = await openTestLake();
  const lines = Array.from({ length: 10_000 }, () => purchase({ order_id: 'A1' }));
  await runOver(test, lines.slice(0, 6_000));
  const { purchases } = await runOver(test, lines.slice(6_000));
  expect(purchases).toMatchObject({ suspiciousIds: [{ id: 'A1', deliveries: 10_000 }] });
  expect(await test.rows('SELECT revenue, delivery_count FROM gold_orders')).toEqual([
    { revenue: '10.00', delivery_count: 10_000 },
  ]);
});

it('names an order whose events have several currencies', async () => {
  await using test = await openTestLake();
  await runOver(test, [purchase({ order_id: 'A1', currency: 'EUR' })]);
  const { purchases } = await runOver(test, [
    purchase({ order_id: 'A1', currency: 'USD' }),
    purchase({ order_id: 'A2', currency: 'USD' }),
  ]);
  expect(purchases).toMatchObject({ mixedOrders: { id: 'A1', orders: 1 } });
});
