/** Deliveries as shops send them, with invented values; they lie outside this package. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { hasShared, sharedPath } from '../fixtures/shared-samples.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

const RECEIVED_AT_MS = Date.UTC(2026, 10, 1);

describe.skipIf(!hasShared)('a delivery', () => {
  it('with two steps in each second is a whole funnel', async () => {
    await using lake = await runOn('samples/layouts/17-second-ties/e.ndjson');
    expect(await lake.rows('SELECT session_id, funnel_step FROM gold_sessions')).toEqual([
      { session_id: 's1', funnel_step: 4 },
    ]);
  });

  it('with carts of no named product counts them', async () => {
    await using lake = await runOn('samples/layouts/36-cart-without-product/e.ndjson');
    const columns = 'sessions, add_to_carts, purchases, sessions_with_add_to_cart';
    const metrics = await lake.rows(
      `SELECT ${columns}, cart_abandonment_rate FROM gold_conversion_metrics`,
    );
    expect(metrics).toEqual([
      {
        sessions: 3,
        add_to_carts: 2,
        purchases: 1,
        sessions_with_add_to_cart: 2,
        cart_abandonment_rate: 0.5,
      },
    ]);
    expect(await lake.rows('SELECT reason FROM silver_quarantine')).toEqual([]);
  });
});

async function runOn(sample: string): Promise<TestLake> {
  const lake = await openTestLake({ now: () => RECEIVED_AT_MS });
  await lake.receive('delivery.ndjson', await readFile(sharedPath(sample)));
  await lake.lake.run({ fullRefresh: false });
  return lake;
}
