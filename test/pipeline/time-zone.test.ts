/** Gold by the days of the shop, over Silver by UTC dates. */
import { describe, expect, it } from 'vitest';
import { changedRules, DEFAULT_GOLD_RULES, ruleProperties } from '../../src/contract/gold-rules.ts';
import { openLake } from '../../src/lake/open-lake.ts';
import { stopAfter } from '../fixtures/stopping-storage.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

const RECEIVED_AT = Date.UTC(2026, 5, 1);

const openLakeIn = (timeZone: string): Promise<TestLake> =>
  openTestLake({ now: () => RECEIVED_AT }, (settings) => ({
    ...settings,
    reporting: { timeZone },
  }));

/** Receives a purchase at each of these instants, each in a session of its own, and runs. */
async function sell(
  lake: TestLake,
  name: string,
  instants: readonly string[],
  user_agent?: string,
): Promise<void> {
  const lines = instants.map((event_timestamp) =>
    JSON.stringify({
      event_id: event_timestamp,
      ...{ user_id: 'u', session_id: event_timestamp, event_type: 'purchase', user_agent },
      ...{ product_id: 'p', price: '1.00', event_timestamp },
    }),
  );
  await lake.receive(`${name}.ndjson`, `${lines.join('\n')}\n`);
  await lake.lake.run({ fullRefresh: false });
}

async function expectVerified({ lake }: Pick<TestLake, 'lake'>): Promise<void> {
  const { checks } = await lake.verify();
  expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
}

const DAYS = `SELECT CAST(date AS STRING) AS date, purchases, sessions FROM gold_conversion_metrics ORDER BY date`;

const hoursAfter = (start: string, hours: number): string =>
  new Date(Date.parse(start) + hours * 3_600_000).toISOString();

describe('a shop in a time zone', () => {
  it('has its best day in one row, though it lies on two UTC dates', async () => {
    await using lake = await openLakeIn('Asia/Jakarta');
    const midnight = '2026-03-14T17:00:00Z';
    const everyHour = Array.from({ length: 24 }, (_, hour) => hoursAfter(midnight, hour));
    await sell(lake, 'f', [hoursAfter(midnight, -1), ...everyHour, hoursAfter(midnight, 24)]);
    expect(await lake.rows(DAYS)).toEqual([
      { date: '2026-03-14', purchases: 1, sessions: 1 },
      { date: '2026-03-15', purchases: 24, sessions: 24 },
      { date: '2026-03-16', purchases: 1, sessions: 1 },
    ]);
    const best = `CAST(date AS STRING) = '2026-03-15'`;
    expect(await lake.rows(`SELECT event_count FROM gold_event_metrics WHERE ${best}`)).toEqual([
      { event_count: 24 },
    ]);
    expect(await lake.rows(`SELECT orders, quantity FROM gold_products WHERE ${best}`)).toEqual([
      { orders: 24, quantity: 24 },
    ]);
    expect(
      await lake.rows(
        `SELECT start_hour FROM gold_sessions WHERE CAST(session_date AS STRING) = '2026-03-15' ORDER BY started_at`,
      ),
    ).toEqual(everyHour.map((_, hour) => ({ start_hour: hour })));
    expect(await lake.rows(`SELECT CAST(first_seen_date AS STRING) AS d FROM gold_users`)).toEqual([
      { d: '2026-03-14' },
    ]);
    await expectVerified(lake);
  });

  it.each([
    ['Asia/Jakarta', '2026-03-15', '2026-03-14T23:30:00Z', '2026-03-15T02:00:00Z'],
    ['America/New_York', '2026-03-14', '2026-03-15T00:30:00Z', '2026-03-14T20:00:00Z'],
  ])(
    'adds an event to the rest of its day, which lies on another UTC date: %s',
    async (zone, day, late, early) => {
      await using lake = await openLakeIn(zone);
      const others = [-2, -1, 1, 2].map((days) => hoursAfter(early, days * 24));
      await sell(lake, 'f0', [early, ...others]);
      await sell(
        lake,
        'bot',
        [hoursAfter(early, 0.5)],
        'Googlebot/2.1 (+http://www.google.com/bot.html)',
      );
      await sell(lake, 'f1', [late]);
      const rows = await lake.rows(DAYS);
      expect(rows).toHaveLength(5);
      for (const { date, purchases } of rows) {
        expect([date, purchases]).toEqual([date, date === day ? 2 : 1]);
      }
      await expectVerified(lake);
    },
  );

  it('has days of 23 and 25 hours', async () => {
    await using lake = await openLakeIn('Europe/Berlin');
    const instants = ['2025-10-25T22:00:00Z', '2026-03-28T23:00:00Z'].flatMap((midnight) =>
      Array.from({ length: 27 }, (_, hour) => hoursAfter(midnight, hour - 1)),
    );
    for (const part of [0, 1, 2]) {
      await sell(
        lake,
        `f${part}`,
        instants.filter((_, place) => place % 3 === part),
      );
    }
    expect(await lake.rows(DAYS)).toEqual([
      { date: '2025-10-25', purchases: 1, sessions: 1 },
      { date: '2025-10-26', purchases: 25, sessions: 25 },
      { date: '2025-10-27', purchases: 1, sessions: 1 },
      { date: '2026-03-28', purchases: 1, sessions: 1 },
      { date: '2026-03-29', purchases: 23, sessions: 23 },
      { date: '2026-03-30', purchases: 3, sessions: 3 },
    ]);
    await expectVerified(lake);
  });

  it('that changes its time zone gets another Gold over the same Silver', async () => {
    await using lake = await openLakeIn('UTC');
    await sell(lake, 'f', ['2026-03-14T16:00:00Z', '2026-03-14T18:00:00Z']);
    for (const [timeZone, dates] of [
      ['Asia/Jakarta', ['2026-03-14', '2026-03-15']],
      ['UTC', ['2026-03-14']],
    ] as const) {
      const now = await openLake({ ...lake.settings, reporting: { timeZone } });
      const preview = await now.previewRun();
      expect(preview.writes.map(({ why }) => why)).toContain('reporting.time_zone was changed');
      const { tablesWritten } = await now.run({ fullRefresh: false });
      expect(tablesWritten.length).toBeGreaterThan(5);
      expect(tablesWritten.filter(({ table }) => !table.startsWith('gold_'))).toEqual([]);
      const { rows } = await now.query(
        'SELECT CAST(date AS STRING) AS date FROM gold_products ORDER BY date',
        {},
      );
      expect(rows.map(({ date }) => date)).toEqual(dates);
      await expectVerified({ lake: now });
      expect((await now.run({ fullRefresh: false })).tablesWritten).toEqual([]);
      await now.close();
    }
  });

  it('keeps nothing of a run in another zone that was killed, once the old zone is back', async () => {
    await using lake = await openLakeIn('UTC');
    await sell(lake, 'f', ['2026-03-14T16:00:00Z', '2026-03-14T18:00:00Z']);
    const before = (await lake.lake.hashTables()).tables.map(({ table, sha256 }) => [
      table,
      sha256,
    ]);
    const elsewhere = { ...lake.settings, reporting: { timeZone: 'Asia/Jakarta' } };
    for (const changeCount of [8, 20]) {
      const stopping = stopAfter(changeCount);
      const killed = await openLake(elsewhere, { wrapStorage: stopping.wrap });
      await expect(killed.run({ fullRefresh: false })).rejects.toThrow();
      await killed.close();
      expect(stopping.changes.filter((each) => /_delta_log\/\d+\.json$/.test(each))).not.toEqual(
        [],
      );
      expect((await lake.lake.status()).isGoldCurrent).toBe(false);
      await lake.lake.run({ fullRefresh: false });
      const after = (await lake.lake.hashTables()).tables;
      expect(after.map(({ table, sha256 }) => [table, sha256])).toEqual(before);
      await expectVerified(lake);
    }
  });

  it('is told when its offsets are not those that Gold was computed with', () => {
    const rules = { ...DEFAULT_GOLD_RULES, timeZone: 'Asia/Jakarta' };
    const properties = ruleProperties(rules);
    expect(changedRules(rules, properties)).toEqual([]);
    expect(changedRules(rules, { ...properties, 'clicklake.timeZoneOffsets': 'other' })).toEqual([
      'the table of offsets of reporting.time_zone',
    ]);
    const others = { ...rules, timeZone: 'Europe/Berlin', bots: 'include' as const };
    expect(changedRules(others, properties)).toEqual(['reporting.time_zone', 'bots']);
  });
});
