/** What is shown before all of the lake has been read: the same numbers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addDays, countDays } from '../../src/dashboard/days.ts';
import { OVERVIEW } from '../../src/dashboard/pages.ts';
import { comparableDaysSql, readChoice } from '../../src/dashboard/server/choice.ts';
import { FIRST, isOfFirst } from '../../src/dashboard/server/first-results.ts';
import { ALL, type Kept } from '../../src/dashboard/server/kept-results.ts';
import { queryOptions } from '../../src/dashboard/server/options.ts';
import { queryView } from '../../src/dashboard/server/queries.ts';
import type { Period, View } from '../../src/dashboard/view.ts';
import type { Lake } from '../../src/lake/open-lake.ts';
import { DEFAULT_DIRT } from '../../src/simulate/options.ts';
import { readTruth } from '../../src/simulate/read-truth.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import { openTestLake } from '../pipeline/lake-support.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clicklake-first-view-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const QUERIES = ['', 'grain=week', 'grain=month', 'figure=visitors'].map(
  (text) => new URLSearchParams(text),
);

it.each([
  { days: 1, timeZone: 'UTC', bots: 'exclude' as const },
  { days: 15, timeZone: 'America/Los_Angeles', bots: 'exclude' as const },
  { days: 75, timeZone: 'Asia/Kathmandu', bots: 'include' as const },
  { days: 90, timeZone: 'UTC', bots: 'exclude' as const },
])('the overview of $days days, with bots: $bots', async ({ days, timeZone, bots }) => {
  const out = join(folder, `${days}`);
  const { truthPath } = await simulate({
    ...{ out, events: 3000, days, seed: days, timeZone },
    dirt: { ...DEFAULT_DIRT, bots: 0.1, mixedSessions: 0.1, late: 0.2 },
  });
  const { lines } = await readTruth(truthPath);
  await using test = await openTestLake({}, (settings) => ({
    ...{ ...settings, reporting: { timeZone }, bots },
  }));
  const files = lines.files.map((name) => ({ kind: 'file' as const, path: join(out, name) }));
  await test.lake.ingest(files, { source: 'simulator' });
  await test.lake.run({ fullRefresh: false });

  const [first, all] = [await viewsOf(test.lake, FIRST), await viewsOf(test.lake, ALL)];
  expect(first).toEqual(all);
  const [overview] = first;
  expect(overview?.totals.sessions).toBeGreaterThan(0);
  expect(overview?.totals.revenue).toBeGreaterThan(0);
  expect(overview?.previousTotals === null).toBe(days === 1);
});

it('reads as many days as are shown, however many there are', async () => {
  await using test = await openTestLake();
  await test.receive('none.ndjson', '{}\n');
  const reader = await test.lake.reader();
  const found = await reader.rows(
    `SELECT ${comparableDaysSql('day_count')} AS shown FROM range(1, 100) AS t(day_count) ORDER BY day_count`,
  );
  const shown = found.map((_, index) => {
    const days = { from: '2026-01-01', to: addDays('2026-01-01', index) };
    return countDays(readChoice(new URLSearchParams(), days));
  });
  expect(found.map((row) => Number(row.shown))).toEqual(shown);
  await reader.close();
});

async function viewsOf(lake: Lake, kept: Kept): Promise<View[]> {
  const reader = await lake.reader();
  const version = await reader.keep(kept.results, kept.textTypes);
  const options = await queryOptions(reader, { version, kept, lake: 'a lake' });
  const edition = { reader, kept, options, rules: reader.rules() };
  const days = options.days as Period;
  const views: View[] = [];
  for (const query of QUERIES) {
    expect(isOfFirst(query)).toBe(true);
    const choice = readChoice(query, days);
    const { signal } = new AbortController();
    views.push(await queryView(edition, { choice, page: OVERVIEW, days, signal }));
  }
  await reader.close();
  return JSON.parse(JSON.stringify(views), (_key, value) => withoutRounding(value));
}

/** Sums of doubles in another order differ in their last digits. */
function withoutRounding(value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(12)) : value;
}

it.each([
  'page=funnel',
  'device=mobile',
  'country.not=DE',
  'from=2026-01-01',
  'to=2026-01-31',
  'compare=year',
  'by=channel',
])('waits for all of the lake: %s', (query) => {
  expect(isOfFirst(new URLSearchParams(query))).toBe(false);
});
