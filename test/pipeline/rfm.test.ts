/** Buyers by how recently, how often and for how much they have bought, in gold_rfm. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { deliver, expectSameAsRefresh, lakeOf, linesOf, type Sent } from './gold-support.ts';

let ids = 0;
/** An order on a day of January 2026. */
const buy = (user: string, day: number, order_value: number, more: Partial<Sent> = {}): Sent => {
  ids += 1;
  return {
    ...{ id: `e${ids}`, at: `2026-01-${String(day).padStart(2, '0')}T10:00:00Z` },
    ...{ type: 'purchase', user, session: `s${ids}`, order_id: `o${ids}`, order_value, ...more },
  };
};
const RFM = 'SELECT visitor_id, rfm FROM gold_rfm ORDER BY visitor_id';
const digits = (rows: Record<string, string>) =>
  Object.entries(rows).map(([visitor_id, rfm]) => ({ visitor_id, rfm }));

it('a lake without orders has no buyers, and one buyer is better than nobody', async () => {
  await using lake = await lakeOf([[{ id: 'page', at: '2026-01-01T10:00:00Z', user: 'ann' }]]);
  expect(await lake.rows(RFM)).toEqual([]);
  await deliver(lake, [buy('ann', 5, 10), buy('ann', 3, 2.5)]);
  expect(await lake.rows('FROM gold_rfm')).toEqual([
    {
      ...{ visitor_id: 'ann', last_order_date: '2026-01-05', days_since_last_order: 0 },
      ...{ order_count: 2, revenue: '12.50' },
      ...{ recency_quintile: 1, frequency_quintile: 1, monetary_quintile: 1, rfm: '111' },
    },
  ]);
});

it('buyers of the same value share a fifth, that of the worst of them', async () => {
  await using lake = await lakeOf([
    [
      buy('ann', 1, 10),
      buy('bob', 2, 10),
      buy('cid', 2, 30),
      ...[buy('dan', 4, 20), buy('dan', 9, 20)],
      ...[buy('eve', 8, 10), buy('eve', 9, 10), buy('eve', 1, 10)],
    ],
  ]);
  expect(await lake.rows(RFM)).toEqual(
    // Fewer orders than dan's two have three of five, as money: 10, 10, 30, 40, 30.
    digits({ ann: '111', bob: '211', cid: '213', dan: '445', eve: '453' }),
  );
  const days = await lake.rows(
    'SELECT visitor_id, days_since_last_order AS days FROM gold_rfm ORDER BY visitor_id',
  );
  expect(days.map(({ days: each }) => each)).toEqual([8, 7, 7, 0, 0]);
});

it('money is what is left after refunds, in one currency; without a rate it is nothing', async () => {
  await using lake = await lakeOf(
    [
      [
        buy('ann', 5, 100, { currency: 'EUR', order_id: 'back' }),
        buy('bob', 5, 300, { currency: 'SEK' }),
        buy('cid', 5, 900, { currency: 'XXX' }),
        buy('cid', 5, 1, { currency: 'EUR' }),
        { id: 'bot', at: '2026-01-05T10:00:00Z', user: 'bot', user_agent: 'Googlebot/2.1' },
      ],
    ],
    (settings) => ({
      ...settings,
      money: {
        ...{ currency: 'EUR', assume: undefined },
        rates: [{ date: '2026-01-01', currency: 'SEK', rate: '0.1' }],
      },
    }),
  );
  const MONEY = `SELECT visitor_id, revenue, monetary_quintile AS fifth FROM gold_rfm ORDER BY visitor_id`;
  expect(await lake.rows(MONEY)).toEqual([
    { visitor_id: 'ann', revenue: '100.00', fifth: 4 },
    { visitor_id: 'bob', revenue: '30.00', fifth: 2 },
    { visitor_id: 'cid', revenue: '1.00', fifth: 1 },
  ]);
  // A refund belongs to no session, so that it touches no visitor.
  const refund = { type: 'refund', user: 'office', order_id: 'back', order_value: 95 };
  await deliver(lake, [{ id: 'r', at: '2026-01-09T10:00:00Z', ...refund }]);
  expect(await lake.rows(MONEY)).toEqual([
    { visitor_id: 'ann', revenue: '5.00', fifth: 2 },
    { visitor_id: 'bob', revenue: '30.00', fifth: 4 },
    { visitor_id: 'cid', revenue: '1.00', fifth: 1 },
  ]);
  await expectSameAsRefresh(lake);
});

it('an order moves all buyers, and a late login makes two buyers one', async () => {
  await using lake = await lakeOf([
    [
      ...[buy('ann', 1, 10), buy('bob', 2, 20)],
      buy('', 3, 5, { user: undefined, device: 'phone' }),
    ],
  ]);
  expect(await lake.rows(RFM)).toEqual(digits({ ann: '112', bob: '214', phone: '411' }));
  await deliver(lake, [buy('cid', 9, 40)]);
  expect(await lake.rows(RFM)).toEqual(
    digits({ ann: '112', bob: '213', cid: '414', phone: '311' }),
  );
  await deliver(lake, [{ id: 'login', at: '2026-01-10T10:00:00Z', user: 'ann', device: 'phone' }]);
  expect(await lake.rows(RFM)).toEqual(digits({ ann: '241', bob: '112', cid: '414' }));
  await expectSameAsRefresh(lake);
});

it('a run without a new or changed order reads no buyers and leaves their files', async () => {
  await using lake = await lakeOf([[buy('ann', 1, 10), buy('bob', 2, 20)]]);
  const planned = async (event: Sent) => {
    await lake.receive(`${event.id}.ndjson`, linesOf([event]));
    const { reads, writes } = await lake.lake.previewRun({ fullRefresh: false });
    await lake.lake.run();
    const { rows, of } = writes.find(({ table }) => table === 'gold_rfm')!;
    return { isReadingAll: reads.some(({ as }) => as === 'rfm_so_far'), rows, of };
  };
  const files = () => readdir(join(lake.folder, 'lake/gold/rfm'));
  const before = (await files()).filter((name) => name.endsWith('.parquet'));
  // A visit of a buyer leaves the order as it is.
  const visit = { id: 'visit', at: '2026-01-04T10:00:00Z', user: 'bob', session: 'next' };
  expect(await planned(visit)).toEqual({ isReadingAll: false, rows: 0, of: 2 });
  expect((await files()).filter((name) => name.endsWith('.parquet'))).toEqual(before);
  expect(await planned(buy('cid', 5, 1))).toEqual({ isReadingAll: true, rows: 3, of: 2 });
  expect(await lake.rows(RFM)).toEqual(digits({ ann: '112', bob: '214', cid: '411' }));
});
