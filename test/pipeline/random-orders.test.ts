/**
 * Random buyers, each with devices, users, sessions and orders of their own: orders that change their session,
 * visitor, date and value, refunds before and after their order, and killed runs come to what the reference says.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NO_SITES } from '../../src/contract/sites.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { RECEIVED_AT_MS } from '../fixtures/both-engines.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';
import { queriedReference } from '../fixtures/queried-reference.ts';
import { type GoldRows, goldOf, linesOf, type Sent } from './gold-support.ts';
import { openDisposable, openTestLake } from './lake-support.ts';

const CASES_PER_LAKE = 300;
const DELIVERIES = 4;
const MINUTE = 60_000_000;
const START_MS = Date.UTC(2026, 0, 2, 22);
const DAY = 1440 * MINUTE;

const buyer = fc.array(
  fc.record({
    pause: fc.constantFrom(
      ...[0, 0, 1, 5_000_000, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, 40 * MINUTE, 130 * MINUTE],
      ...[900 * MINUTE, 2 * DAY, 5 * DAY],
    ),
    // The order of ids is not that of times.
    id: fc.nat(999),
    device: fc.constantFrom('a', 'a', 'b', undefined),
    user: fc.constantFrom('u', 'v', undefined, undefined, undefined, undefined),
    session: fc.constantFrom('s', 't', undefined, undefined, undefined),
    type: fc.constantFrom(
      ...['page_view', 'product_view', 'add_to_cart', 'checkout', 'refund', 'refund'],
      ...['purchase', 'purchase', 'purchase', 'purchase'],
    ),
    order: fc.constantFrom('o', 'o', 'p', 'q', undefined),
    value: fc.constantFrom(undefined, undefined, 30.5, 12, -7),
    price: fc.constantFrom(undefined, 3.25, 8),
    quantity: fc.constantFrom(undefined, 1, 3),
    currency: fc.constantFrom('EUR', 'EUR', 'SEK', undefined),
    product: fc.constantFrom('x', 'y', 'z'),
    page: fc.constantFrom(
      undefined,
      'https://s.example/?gclid=1',
      'https://s.example/?utm_source=n&utm_medium=email',
    ),
    delivery: fc.nat(DELIVERIES - 1),
  }),
  { minLength: 1, maxLength: 12 },
);

type Drawn = typeof buyer extends fc.Arbitrary<infer Value> ? Value : never;

/** The events of one buyer, by delivery. */
function eventsOf(drawn: Drawn, name: string): Sent[][] {
  const deliveries: Sent[][] = Array.from({ length: DELIVERIES }, () => []);
  let micros = BigInt(START_MS) * 1000n;
  for (const [index, event] of drawn.entries()) {
    micros += BigInt(event.pause);
    const seconds = new Date(Number(micros / 1000n)).toISOString().slice(0, 19);
    const at = `${seconds}.${String(micros % 1_000_000n).padStart(6, '0')}Z`;
    const own = (text: string | undefined) => (text === undefined ? undefined : `${text}-${name}`);
    const ids = { device: own(event.device), user: own(event.user), session: own(event.session) };
    if (ids.device === undefined && ids.user === undefined && ids.session === undefined) {
      ids.device = own('c');
    }
    const isOrder = event.type === 'purchase' || event.type === 'refund';
    deliveries[event.delivery]?.push({
      id: `${name}-${event.id}-${index}`,
      at,
      type: event.type,
      ...ids,
      ...(event.page === undefined ? {} : { page_url: event.page }),
      ...(event.type === 'page_view' ? {} : { product_id: event.product }),
      ...(isOrder
        ? {
            ...{ order_id: own(event.order), order_value: event.value, price: event.price },
            ...{ quantity: event.quantity, currency: event.currency },
          }
        : {}),
    });
  }
  return deliveries;
}

const MONEY = {
  ...{ currency: 'EUR', assume: undefined },
  rates: [{ date: '2026-01-04', currency: 'SEK', rate: '0.1' }],
};

const SITES = { ...NO_SITES, search: ['google.*', 'google'] };

it.each([
  ['missing', false],
  ['always', false],
  ['missing', true],
] as const)(
  'random buyers come to what the reference says, sessions derived where %s, killed: %s',
  async (derive, isKilled) => {
    const { seed, numRuns } = propertyRuns(120, 6_000);
    const drawn = fc.sample(buyer, { seed, numRuns });
    const ends = fc.sample(fc.integer({ min: 1, max: 13 }), { seed, numRuns });
    for (let first = 0; first < drawn.length; first += CASES_PER_LAKE) {
      const cases = drawn.slice(first, first + CASES_PER_LAKE);
      const all = cases.map((each, index) => eventsOf(each, String(index)));
      const deliveries = Array.from({ length: DELIVERIES }, (_, index) =>
        all.flatMap((ofBuyer) => ofBuyer[index] ?? []),
      ).filter((events) => events.length > 0);
      const rules = {
        timeZone: 'Europe/Berlin',
        money: MONEY,
        deriveSessions: derive,
        sites: SITES,
      };
      await using lake = await openTestLake({ now: () => RECEIVED_AT_MS }, (settings) => ({
        ...settings,
        sessions: { timeoutMinutes: 30, derive },
        reporting: { timeZone: rules.timeZone },
        money: MONEY,
        sites: SITES,
      }));
      for (const [index, events] of deliveries.entries()) {
        await lake.receive(`f${index}.ndjson`, linesOf(events));
        if (isKilled) {
          const wrapStorage = stopAfterGold(ends.pop() ?? 1);
          const hooks = { now: () => RECEIVED_AT_MS, wrapStorage };
          await using other = await openDisposable(lake.settings, hooks);
          await expect(other.run({ fullRefresh: false })).rejects.toThrow();
        }
        // Every other killed run is finished only by the run for the next delivery.
        if (!isKilled || index % 2 === 0 || index === deliveries.length - 1) {
          await lake.lake.run({ fullRefresh: false });
        }
      }
      const files = deliveries.map((events) =>
        linesOf(events)
          .split('\n')
          .map((line) => Buffer.from(line)),
      );
      const { tables } = queriedReference(files, BigInt(RECEIVED_AT_MS) * 1000n, rules);
      const gold = await goldOf(lake);
      for (const [table, rows] of Object.entries(gold)) {
        expect(textsOf(rows), table).toEqual(textsOf(tables[table] ?? []));
      }
    }
  },
  1_800_000,
);

function textsOf(rows: GoldRows[string]): string[] {
  return rows
    .map((row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))
    .sort();
}

/** A storage that no longer changes after so many commits to tables of Gold. */
function stopAfterGold(commitCount: number): (storage: Storage) => Storage {
  let count = 0;
  return (storage) => ({
    ...storage,
    async putIfAbsent(path, bytes) {
      if (count >= commitCount) {
        throw new Error('this process is gone');
      }
      count += /^gold\/.*_delta_log/.test(path) ? 1 : 0;
      return await storage.putIfAbsent(path, bytes);
    },
  });
}
