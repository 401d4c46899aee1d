/** Orders, money, bots and cohorts through both engines: cases in which each engine's SQL could go its own way. */
import { describe, expect, it, vi } from 'vitest';
import { runSteps, SPARK_URL } from '../fixtures/both-engines.ts';
import type { SettingsChange } from '../pipeline/lake-support.ts';

// Seconds on a quiet machine, minutes on a busy one.
vi.setConfig({ testTimeout: 1_800_000 });

const inEuro: SettingsChange = (settings) => ({
  ...settings,
  money: {
    currency: 'EUR',
    assume: undefined,
    rates: [
      { date: '2025-11-01', currency: 'SEK', rate: '0.0895' },
      { date: '2025-12-06', currency: 'SEK', rate: '0.1' },
    ],
  },
  landingPages: [
    { group: 'Home', paths: ['/'] },
    { group: "it's 100%", paths: ["/100%_|\\*'"] },
  ],
  sources: {
    test: {
      items: { from: 'items', product_id: 'product_id', price: 'price', quantity: 'quantity' },
    },
  },
});

let ids = 0;
const event = (day: number, event_type: string, fields: Record<string, unknown>): string => {
  ids += 1;
  return JSON.stringify({
    ...{ event_id: `e${ids}`, event_type, user_id: 'ann', session_id: `s${day}` },
    ...{ event_timestamp: `2025-12-${String(day).padStart(2, '0')}T10:00:${ids % 60}Z` },
    ...fields,
  }).replace(/:(\d)Z/, ':0$1Z');
};
const items = (price: number, quantity = 1) => ({ items: [{ product_id: 'p', price, quantity }] });

const FIRST = [
  event(5, 'page_view', { referrer: 'https://www.google.com/', page_url: 'https://shop.example/' }),
  event(5, 'purchase', { order_id: 'A', currency: 'EUR', ...items(20, 2) }),
  // In another currency, in none, and once more.
  event(5, 'purchase', { order_id: 'A', currency: ' sek ', ...items(200) }),
  event(5, 'purchase', { order_id: 'A', ...items(3) }),
  event(6, 'purchase', { order_id: 'B', currency: 'SEK', order_value: 99.99, tax: 20 }),
  event(6, 'refund', { order_id: 'B', order_value: 33.33 }),
  // Of an order in euro, in kronor; and one whose purchase and rate are not known.
  event(7, 'refund', { order_id: 'A', currency: 'SEK', order_value: 90 }),
  event(7, 'refund', { order_id: 'lost', currency: 'XXX', order_value: 5 }),
  // A server of the shop, and a bot.
  event(8, 'purchase', { user_id: 'bob', user_agent: 'axios/1.6.2', order_id: 'C', ...items(7) }),
  event(9, 'page_view', { user_id: 'bot', user_agent: 'Googlebot/2.1' }),
];
const SECOND = [
  // Landing pages of a group and of none.
  event(10, 'page_view', { page_url: "/100%_|\\ \n'" }),
  event(11, 'page_view', { page_url: "/100__|\\ \n'" }),
  // Less than nothing, with and without an order id; an earlier event of an order; a visitor comes back.
  event(15, 'purchase', { order_id: 'C', currency: 'EUR', ...items(-7) }),
  event(15, 'purchase', items(-1.5)),
  event(4, 'purchase', { order_id: 'B', session_id: 's4', currency: 'EUR', order_value: 10 }),
  event(22, 'page_view', { user_id: 'bob' }),
  event(9, 'purchase', { user_id: 'bot', order_id: 'D', currency: 'EUR', order_value: 1 }),
];
/** Without an order: gold_rfm stays as it is. */
const THIRD = [event(23, 'page_view', { user_id: 'cid' })];

describe.skipIf(SPARK_URL === undefined)('orders on both engines', () => {
  it('come to the same, at once and in three runs, of which Spark makes the last two', async () => {
    const files = [FIRST, SECOND, THIRD].map((lines, index) => [
      { name: `${index}.ndjson`, bytes: Buffer.from(`${lines.join('\n')}\n`) },
    ]);
    const onDuckdb = files.map((received) => ({ engine: 'duckdb' as const, files: received }));
    const duckdb = await runSteps(onDuckdb, inEuro);
    expect(duckdb.counts.map(({ valid }) => valid)).toEqual(
      [FIRST, SECOND, THIRD].map(({ length }) => length),
    );
    expect(duckdb.differences).toEqual([]);
    const atOnce = await runSteps([{ engine: 'duckdb', files: files.flat() }], inEuro);
    expect(goldOf(atOnce)).toEqual(goldOf(duckdb));
    const [first, ...later] = onDuckdb;
    const onSpark = later.map((step) => ({ ...step, engine: 'spark' as const }));
    const turns = await runSteps([first!, ...onSpark], inEuro);
    expect(turns).toEqual(duckdb);
  });
});

function goldOf({ tables }: Awaited<ReturnType<typeof runSteps>>) {
  return tables.filter(({ table }) => table.startsWith('gold_'));
}
