/** Visitors by the week and channel of their first session, and who of them comes back. */
import { expect, it } from 'vitest';
import { openTestLake, type TestLake } from './lake-support.ts';

let ids = 0;

interface Visit {
  user: string;
  day: string;
  referrer?: string;
  value?: number;
  agent?: string;
}

/** A session of one event, or with an order of two. */
function visit({ user, day, referrer, value, agent }: Visit): string {
  const session = `s${ids++}`;
  const event = (type: string, more: object) =>
    JSON.stringify({
      event_id: `e${ids++}`,
      ...{ user_id: user, session_id: session, event_type: type, user_agent: agent, ...more },
    });
  const page = event('page_view', {
    ...{ event_timestamp: `${day}T10:00:00Z`, referrer, page_url: 'https://shop.example/' },
  });
  const order = event('purchase', {
    ...{ event_timestamp: `${day}T10:05:00Z`, order_id: session, order_value: value },
  });
  return value === undefined ? page : `${page}\n${order}`;
}

/** Takes the visits in and runs; answers the tables that were written. */
async function take(lake: TestLake, ...visits: Visit[]): Promise<string[]> {
  if (visits.length > 0) {
    await lake.receive(`${ids++}.ndjson`, visits.map(visit).join('\n'));
  }
  const { tablesWritten } = await lake.lake.run();
  return tablesWritten.map(({ table }) => table);
}

const COHORTS = `SELECT session_week, cohort_week, first_channel, weeks_since, visitors, buyers, orders, revenue
  FROM gold_cohorts ORDER BY cohort_week, first_channel, weeks_since`;
const SEARCH = 'https://www.google.com/';

it('are told by their first session, and counted in each week with a session', async () => {
  await using lake = await openTestLake({});
  // 2026-01-05 is a Monday, 2026-01-11 the Sunday of its week.
  await take(
    lake,
    { user: 'ann', day: '2026-01-05', referrer: SEARCH },
    { user: 'ann', day: '2026-01-11', value: 10 },
    { user: 'ann', day: '2026-01-12', value: 5 },
    { user: 'ann', day: '2026-01-14', value: 2.5 },
    { user: 'bob', day: '2026-01-11', referrer: SEARCH },
    { user: 'bob', day: '2026-01-26' },
    { user: 'cid', day: '2026-01-12' },
    { user: 'bot', day: '2026-01-12', agent: 'Googlebot/2.1' },
  );
  const found = { cohort_week: '2026-01-05', first_channel: 'Organic Search' };
  const noOrder = { buyers: 0, orders: 0, revenue: '0.00' };
  expect(await lake.rows(COHORTS)).toEqual([
    {
      ...{ ...found, session_week: '2026-01-05', weeks_since: 0, visitors: 2 },
      ...{ buyers: 1, orders: 1, revenue: '10.00' },
    },
    {
      ...{ ...found, session_week: '2026-01-12', weeks_since: 1, visitors: 1 },
      ...{ buyers: 1, orders: 2, revenue: '7.50' },
    },
    { ...found, session_week: '2026-01-26', weeks_since: 3, visitors: 1, ...noOrder },
    {
      ...{ session_week: '2026-01-12', cohort_week: '2026-01-12', first_channel: 'Direct' },
      ...{ weeks_since: 0, visitors: 1, ...noOrder },
    },
  ]);
});

it('take a visitor with all later weeks along when an earlier session arrives late', async () => {
  await using lake = await openTestLake({});
  expect(
    await take(
      lake,
      { user: 'ann', day: '2026-01-14' },
      { user: 'ann', day: '2026-02-04' },
      { user: 'bob', day: '2026-01-14' },
    ),
  ).toContain('gold_cohorts');
  expect(await take(lake)).toEqual([]);
  await take(lake, { user: 'ann', day: '2026-01-04', referrer: SEARCH });
  const row = (cohort_week: string, first_channel: string, weeks_since: number) => ({
    ...{ cohort_week, first_channel, weeks_since, visitors: 1 },
  });
  expect(await lake.rows(COHORTS)).toMatchObject([
    row('2025-12-29', 'Organic Search', 0),
    row('2025-12-29', 'Organic Search', 2),
    row('2025-12-29', 'Organic Search', 5),
    row('2026-01-12', 'Direct', 0),
  ]);
});

it('of weeks that nothing touches are not read and not written again', async () => {
  await using lake = await openTestLake({});
  for (const day of ['2026-01-14', '2026-01-28']) {
    await take(lake, { user: 'ann', day }, { user: 'bob', day });
  }
  const next = visit({ user: 'ann', day: '2026-02-11' });
  await lake.receive('next.ndjson', next);
  const { reads, writes } = await lake.lake.previewRun({ fullRefresh: false });
  expect(reads.map(({ as }) => as)).not.toContain('sessions_on_cohort_dates');
  expect(writes.find(({ table }) => table === 'gold_cohorts')).toMatchObject({ rows: 1, of: 2 });
  await take(lake);
  expect(await lake.rows(COHORTS)).toMatchObject(
    [0, 2, 4].map((weeks_since) => ({ weeks_since, visitors: weeks_since === 4 ? 1 : 2 })),
  );
});
