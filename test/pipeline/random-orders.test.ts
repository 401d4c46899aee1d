/**
 * Random buyers, each with devices, users, sessions and orders of their own: orders that change their session,
 * visitor, date and value, refunds before and after their order, and killed runs come to what the reference says.
 */
import fc from 'fast-check';
import { it } from 'vitest';
import { NO_SITES } from '../../src/contract/sites.ts';
import { RECEIVED_AT_MS } from '../fixtures/both-engines.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';
import { linesOf, runKilledInGold, type Sent } from './gold-support.ts';
import { openTestLake } from './lake-support.ts';
import { expectReference, idsOf, inDeliveries, together } from './random-support.ts';

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

function eventsOf(drawn: Drawn, name: string): Sent[][] {
  const when = { startMs: START_MS, count: DELIVERIES };
  return inDeliveries(drawn, when, ({ order, ...event }, at, index) => ({
    id: `${name}-${event.id}-${index}`,
    at,
    type: event.type,
    ...idsOf(event, name),
    ...(event.page === undefined ? {} : { page_url: event.page }),
    ...(event.type === 'page_view' ? {} : { product_id: event.product }),
    ...(event.type === 'purchase' || event.type === 'refund'
      ? {
          ...{ order_id: order && `${order}-${name}`, order_value: event.value },
          ...{ price: event.price, quantity: event.quantity, currency: event.currency },
        }
      : {}),
  }));
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
      const deliveries = together(cases.map((each, index) => eventsOf(each, String(index)))).filter(
        (events) => events.length > 0,
      );
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
          await runKilledInGold(lake.settings, ends.pop() ?? 1);
        }
        // Every other killed run is finished only by the run for the next delivery.
        if (!isKilled || index % 2 === 0 || index === deliveries.length - 1) {
          await lake.lake.run({ fullRefresh: false });
        }
      }
      await expectReference(lake, deliveries, rules);
    }
  },
  1_800_000,
);
