import { describe, expect, it } from 'vitest';
import { IS_LONG } from '../fixtures/long-runs.ts';
import { queriedReference } from '../fixtures/queried-reference.ts';
import { sessionsOfOneSecond, tiedSessions } from '../fixtures/tied-sessions.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

const RECEIVED_AT_MS = Date.UTC(2026, 1, 1);

type Row = Record<string, unknown>;

describe.each([false, true])(
  'sessions with events at the same instant (skipped checkout: %s)',
  (skipCheckout) => {
    it('come to what the reference says, at once and in two runs', async () => {
      const events = tiedSessions(IS_LONG ? 3000 : 1000);
      // Most sessions have events in both.
      const files = [0, 1].map((part) =>
        events.filter((_, index) => index % 2 === part).map(lineOf),
      );
      const { tables } = queriedReference(files, BigInt(RECEIVED_AT_MS) * 1000n, { skipCheckout });
      await using lake = await openTestLake({ now: () => RECEIVED_AT_MS }, (settings) => ({
        ...settings,
        funnel: { skipCheckout },
      }));
      const expectReference = async () => {
        const sessions = await lake.rows('SELECT * FROM gold_sessions');
        expect(differing(sessions, tables.gold_sessions ?? [], events)).toEqual([]);
      };
      for (const [index, lines] of files.entries()) {
        await lake.receive(`f${index}.ndjson`, `${lines.join('\n')}\n`);
        await lake.lake.run({ fullRefresh: false });
      }
      await expectReference();
      await lake.lake.run({ fullRefresh: true });
      await expectReference();
    });

    it('go through the whole funnel, whatever the ids of their steps', async () => {
      await using lake = await openTestLake({ now: () => RECEIVED_AT_MS }, (settings) => ({
        ...settings,
        funnel: { skipCheckout },
      }));
      const lines = sessionsOfOneSecond(1000).map(lineOf);
      await lake.receive('one-second.ndjson', `${lines.join('\n')}\n`);
      await lake.lake.run({ fullRefresh: false });
      expect(await funnelOf(lake)).toEqual([1000, 1000, skipCheckout ? null : 1000, 1000]);
      const { checks } = await lake.lake.verify();
      expect(checks.filter((check) => !check.isEqual)).toEqual([]);
    });
  },
);

/** Sessions that reached each step. */
async function funnelOf(lake: TestLake): Promise<unknown[]> {
  const steps = ['product_view', 'add_to_cart', 'checkout', 'purchase'];
  const sums = steps.map((step) => `CAST(sum(reached_${step}) AS INT) AS ${step}`);
  const [row] = await lake.rows(`SELECT ${sums.join(', ')} FROM gold_funnel`);
  return steps.map((step) => row?.[step]);
}

function lineOf(event: Row): Buffer {
  return Buffer.from(JSON.stringify(event));
}

/** The first sessions that are not as they should be, with their events. */
function differing(actual: readonly Row[], expected: readonly Row[], events: readonly Row[]) {
  const byId = new Map(actual.map((row) => [row.session_id, row]));
  expect(byId.size).toBe(expected.length);
  return expected
    .map((row) => ({ expected: row, actual: byId.get(row.session_id) }))
    .filter((pair) => textOf(pair.expected) !== textOf(pair.actual))
    .slice(0, 3)
    .map((pair) => ({
      ...pair,
      events: events.filter((event) => event.session_id === pair.expected.session_id),
    }));
}

function textOf(row: Row | undefined): string {
  return JSON.stringify(Object.entries(row ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}
