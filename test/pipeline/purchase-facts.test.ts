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

it('counts currencies of purchases, and orders that several purchase events name', async () => {
  await using test = await openTestLake();
  await runOver(test, [
    purchase({ order_id: 'o1', currency: 'EUR' }),
    purchase({ order_id: 'o2', currency: 'eur' }),
    purchase({ order_id: null, currency: null }),
    purchase({ order_id: null }),
    purchase({ event_type: 'product_view', order_id: 'o1', currency: 'CHF' }),
  ]);
  expect(await test.lake.purchaseFacts()).toEqual({
    ...{ currencyCount: 1, currencies: ['EUR'] },
    ...{ orders: 2, ordersOfSeveralEvents: 0 },
  });
  await runOver(test, [
    purchase({ order_id: 'o2', currency: 'USD' }),
    purchase({ order_id: 'o3', currency: 'USD' }),
    purchase({ order_id: 'o3', currency: 'USD', product_id: 'p2' }),
    purchase({ order_id: 'o3', currency: 'USD' }),
  ]);
  expect(await test.lake.purchaseFacts()).toEqual({
    ...{ currencyCount: 2, currencies: ['USD', 'EUR'] },
    ...{ orders: 3, ordersOfSeveralEvents: 2 },
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
    ...{ currencyCount: 0, currencies: [] },
    ...{ orders: 0, ordersOfSeveralEvents: 0 },
  });
});

it('says in the run summary what the new events tell of currencies and repeated orders', async () => {
  await using test = await openTestLake();
  const first = await runOver(test, [
    purchase({ order_id: 'o1', currency: 'EUR' }),
    purchase({ order_id: 'o2', currency: 'eur' }),
    purchase({ event_type: 'product_view', order_id: 'o1', currency: 'CHF' }),
  ]);
  const single = { currencyCount: 1, currencies: ['EUR'], ordersOfSeveralEvents: 0 };
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
    ...{ currencyCount: 2, currencies: ['USD', 'EUR'], ordersOfSeveralEvents: 1 },
  });
  const whole = await test.lake.run({ fullRefresh: true });
  expect(whole.purchases).toEqual({
    ...{ currencyCount: 2, currencies: ['EUR', 'USD'], ordersOfSeveralEvents: 1 },
  });
  const idle = await test.lake.run({ fullRefresh: false });
  expect(idle.purchases).toBeUndefined();
});
