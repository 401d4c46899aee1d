/**
 * Random visitors, each with devices, users and session ids of their own, so that one lake has hundreds of
 * cases: logins, lent devices and late events in any order come to what the reference says.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RECEIVED_AT_MS } from '../fixtures/both-engines.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';
import { queriedReference } from '../fixtures/queried-reference.ts';
import { deliver, type GoldRows, goldOf, lakeOf, linesOf, type Sent } from './gold-support.ts';

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

/** The events of one visitor, by delivery. */
function eventsOf(drawn: Drawn, name: string): Sent[][] {
  const deliveries: Sent[][] = Array.from({ length: DELIVERIES }, () => []);
  let micros = BigInt(START_MS) * 1000n;
  for (const [index, { pause, delivery, id, ...event }] of drawn.entries()) {
    micros += BigInt(pause);
    const seconds = new Date(Number(micros / 1000n)).toISOString().slice(0, 19);
    const at = `${seconds}.${String(micros % 1_000_000n).padStart(6, '0')}Z`;
    const own = (text: string | undefined) => (text === undefined ? undefined : `${text}-${name}`);
    const ids = { device: own(event.device), user: own(event.user), session: own(event.session) };
    if (ids.device === undefined && ids.user === undefined && ids.session === undefined) {
      ids.device = own('c');
    }
    const product = event.type === 'product_view' ? { product_id: `p${index % 3}` } : {};
    deliveries[delivery]?.push({
      id: `${name}-${id}-${index}`,
      at,
      type: event.type,
      ...ids,
      ...product,
    });
  }
  return deliveries;
}

it.each(['missing', 'always'] as const)(
  'random visitors come to what the reference says, with sessions derived where %s',
  async (derive) => {
    const drawn = fc.sample(visitor, propertyRuns(300, 10_000));
    for (let first = 0; first < drawn.length; first += CASES_PER_LAKE) {
      const cases = drawn.slice(first, first + CASES_PER_LAKE);
      const all = cases.map((each, index) => eventsOf(each, String(index)));
      const deliveries = Array.from({ length: DELIVERIES }, (_, index) =>
        all.flatMap((ofVisitor) => ofVisitor[index] ?? []),
      );
      await using lake = await lakeOf([], (settings) => ({
        ...settings,
        sessions: { timeoutMinutes: 30, derive },
      }));
      for (const events of deliveries) {
        await deliver(lake, events);
      }
      const files = deliveries.map((events) =>
        linesOf(events)
          .split('\n')
          .map((line) => Buffer.from(line)),
      );
      const { tables } = queriedReference(files, BigInt(RECEIVED_AT_MS) * 1000n, {
        deriveSessions: derive,
      });
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
