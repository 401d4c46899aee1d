/**
 * Random visitors, each with devices, users and session ids of their own, so that one lake has hundreds of
 * cases: logins, lent devices and late events in any order come to what the reference says.
 */
import fc from 'fast-check';
import { it } from 'vitest';
import { propertyRuns } from '../fixtures/long-runs.ts';
import { deliver, lakeOf, type Sent } from './gold-support.ts';
import { expectReference, idsOf, inDeliveries, together } from './random-support.ts';

const CASES_PER_LAKE = 500;
const DELIVERIES = 3;
const MINUTE_MICROS = 60_000_000;
const START_MS = Date.UTC(2026, 0, 10, 22);

const visitor = fc.array(
  fc.record({
    pause: fc.constantFrom(
      ...[0, 0, 1, 5_000_000, 10 * MINUTE_MICROS, 20 * MINUTE_MICROS, 29 * MINUTE_MICROS],
      ...[30 * MINUTE_MICROS - 1, 30 * MINUTE_MICROS, 40 * MINUTE_MICROS, 900 * MINUTE_MICROS],
    ),
    // The order of ids is not that of times.
    id: fc.nat(999),
    device: fc.constantFrom('a', 'a', 'b', undefined),
    user: fc.constantFrom('u', 'v', undefined, undefined, undefined),
    session: fc.constantFrom('s', 't', undefined, undefined, undefined),
    type: fc.constantFrom('page_view', 'product_view', 'add_to_cart', 'refund', 'search'),
    delivery: fc.nat(DELIVERIES - 1),
  }),
  { minLength: 1, maxLength: 10 },
);

type Drawn = typeof visitor extends fc.Arbitrary<infer Value> ? Value : never;

function eventsOf(drawn: Drawn, name: string): Sent[][] {
  const when = { startMs: START_MS, count: DELIVERIES };
  return inDeliveries(drawn, when, ({ id, type, ...sender }, at, index) => ({
    id: `${name}-${id}-${index}`,
    at,
    type,
    ...idsOf(sender, name),
    ...(type === 'product_view' ? { product_id: `p${index % 3}` } : {}),
  }));
}

it.each(['missing', 'always'] as const)(
  'random visitors come to what the reference says, with sessions derived where %s',
  async (derive) => {
    const drawn = fc.sample(visitor, propertyRuns(300, 10_000));
    for (let first = 0; first < drawn.length; first += CASES_PER_LAKE) {
      const cases = drawn.slice(first, first + CASES_PER_LAKE);
      const deliveries = together(cases.map((each, index) => eventsOf(each, String(index))));
      await using lake = await lakeOf([], (settings) => ({
        ...settings,
        sessions: { timeoutMinutes: 30, derive },
      }));
      for (const events of deliveries) {
        await deliver(lake, events);
      }
      await expectReference(lake, deliveries, { deriveSessions: derive });
    }
  },
  1_800_000,
);
