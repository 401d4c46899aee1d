/** Funnel, retention and data health over a lake that can be counted by hand. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchHealth, Health, View } from '../../src/dashboard/view.ts';
import { ask } from './ask.ts';
import { findChromium, startChromium } from './browser.ts';
import { type ServedLake, serveLake } from './served-lake.ts';

let count = 0;
const event = (user: string, day: string, event_type: string, fields: object = {}): string => {
  count += 1;
  const minute = String(count % 60).padStart(2, '0');
  return JSON.stringify({
    ...{ event_id: `e${count}`, user_id: user, session_id: `${user} ${day}`, event_type },
    ...{ event_timestamp: `${day}T10:${minute}:00Z`, product_id: 'p', device: 'mobile' },
    ...fields,
  });
};

// 2026-01-05 is a Monday. Two visitors begin in its week, one in the next.
const LINES = [
  event('ann', '2026-01-06', 'product_view'),
  event('ann', '2026-01-06', 'add_to_cart'),
  event('bob', '2026-01-11', 'page_view', { device: 'desktop' }),
  event('ann', '2026-01-13', 'product_view'),
  event('ann', '2026-01-13', 'add_to_cart'),
  event('ann', '2026-01-13', 'checkout'),
  event('ann', '2026-01-13', 'purchase', { order_id: 'o1', order_value: '80.00' }),
  event('cy', '2026-01-12', 'page_view', { country: 'DE' }),
  event('cy', '2026-01-21', 'page_view'),
  'not json',
];

let lake: ServedLake;
beforeAll(async () => {
  lake = await serveLake({ lines: LINES });
  await writeFile(join(lake.folder, 'two.ndjson'), '{"event_id":1}\n[]\n');
  lake.run('ingest', '--source', 'shop', 'two.ndjson');
  lake.run('run');
});
afterAll(() => lake?.stop());

const viewOf = async (query: string): Promise<View> =>
  JSON.parse((await ask(lake.address, `/api/view?${query}`)).body);

describe('the funnel', () => {
  it('is told for the period, for the days before, and for each device', async () => {
    const { parts, totals } = await viewOf('page=funnel&from=2026-01-12&to=2026-01-18');
    // The page shows no figures, which cost as much as all its steps.
    expect(totals).toEqual({});
    const labels = ['All sessions', 'Viewed a product', 'Added to cart', 'Began checkout'];
    // The lake begins within the days before.
    expect(parts.funnel).toEqual(
      [...labels, 'Purchased'].map((label, index) => ({
        ...{ label, sessions: index === 0 ? 2 : 1 },
        before: null,
      })),
    );
    const compared = await viewOf(
      'page=funnel&from=2026-01-12&to=2026-01-18&compare=custom&compare_from=2026-01-06&compare_to=2026-01-11',
    );
    expect(compared.parts.funnel?.map(({ before }) => before)).toEqual([2, 1, 1, 0, 0]);
    const all = await viewOf('page=funnel&from=2026-01-06&to=2026-01-21');
    expect(all.parts.steps?.groups.device).toEqual([
      { name: 'mobile', sessions: [4, 2, 2, 1, 1] },
      { name: 'desktop', sessions: [1, 0, 0, 0, 0] },
    ]);
  });

  it.each([
    ['cart', 1],
    ['purchase', 1],
    ['none', 3],
  ])('finds the sessions whose last step is %s', async (step, sessions) => {
    const { totals } = await viewOf(`from=2026-01-06&to=2026-01-21&step=${step}`);
    expect(totals.sessions).toBe(sessions);
  });
});

describe('retention', () => {
  it('follows the visitors of a week, and knows nothing of weeks to come', async () => {
    const { parts } = await viewOf('page=retention');
    const cell = (visitors: number, buyers = 0, revenue = 0) => ({ visitors, buyers, revenue });
    expect(parts.cohorts).toEqual({
      until: '2026-01-21',
      weeks: [
        { start: '2026-01-05', cells: [cell(2), cell(1, 1, 80), cell(0)] },
        { start: '2026-01-12', cells: [cell(1), cell(1), null] },
        { start: '2026-01-19', cells: [cell(0), null, null] },
      ],
    });
  });

  it('puts all buyers into segments, whatever is chosen', async () => {
    const segments = [{ recency: 1, frequency: 1, buyers: 1, revenue: 80 }];
    for (const choice of ['', '&from=2026-01-06&to=2026-01-06&device=desktop']) {
      expect((await viewOf(`page=retention${choice}`)).parts.segments).toEqual(segments);
    }
  });

  it('counts the sessions that the filters leave', async () => {
    const { parts } = await viewOf('page=retention&device=desktop');
    expect(parts.cohorts?.weeks[0]?.cells.map((each) => each?.visitors)).toEqual([1, 0, 0]);
  });

  it('has a filter for the visitors first seen in a week', async () => {
    const { totals } = await viewOf('from=2026-01-06&to=2026-01-21&cohort=2026-01-05');
    expect(totals).toMatchObject({ sessions: 3, visitors: 2 });
  });
});

describe('data health', () => {
  const health = async (): Promise<Health> =>
    JSON.parse((await ask(lake.address, '/api/health')).body);

  it('tells sources, quarantine by reason and source, arrivals and tables', async () => {
    const found = await health();
    expect(found.lines).toBe(
      found.valid +
        found.duplicates +
        found.ignored +
        found.quarantined.reduce((sum, { lines }) => sum + lines, 0),
    );
    const [{ source: first } = {}] = lake.query(
      'SELECT source FROM bronze_files ORDER BY file_number',
    );
    expect(found.sources).toMatchObject([
      { source: first, files: 1, lines: 10, quarantined: 1 },
      { source: 'shop', files: 1, lines: 2, quarantined: 2 },
    ]);
    expect(found.reasons).toMatchObject([
      { reason: 'missing:user_id', source: 'shop', lines: 1 },
      { reason: 'not_an_object', source: 'shop', lines: 1 },
      { reason: 'not_json', source: first, lines: 1 },
    ]);
    expect(found.arrivals).toMatchObject([{ files: 2, lines: 12, quarantined: 3 }]);
    const events = found.tables.find(({ table }) => table === 'silver_events');
    expect(events).toMatchObject({ rows: 9 });
    expect(found.checks).toEqual([]);
  });

  it('tells what the last runs made of the lines that they read', async () => {
    const { batches, lines, valid } = await health();
    expect(batches.map((each) => each.committedAt)).toEqual(
      batches
        .map((each) => each.committedAt)
        .toSorted()
        .toReversed(),
    );
    const sum = (read: (batch: BatchHealth) => number | null) =>
      batches.reduce((total, batch) => total + Number(read(batch)), 0);
    expect([sum((batch) => batch.lines), sum((batch) => batch.valid)]).toEqual([lines, valid]);
    expect(sum((batch) => batch.quarantined)).toBe(3);
    expect(sum((batch) => batch.files)).toBe(2);
    expect(batches[0]?.writer).toMatch(/^Clicklake\/\d/);
  });
});

describe.skipIf(findChromium() === undefined)('these pages (need Chromium)', () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await startChromium();
    page = await browser.newPage();
  });
  afterAll(() => browser?.close());

  const rowsOf = (id: string): Promise<string[][]> =>
    page
      .locator(`section[aria-labelledby=${id}] tbody tr`)
      .evaluateAll((rows) =>
        rows.map((row) =>
          [...row.querySelectorAll('th, td')].map((cell) => cell.textContent ?? ''),
        ),
      );

  it('draw the cohorts, and mark weeks that are not over', async () => {
    await page.goto(`${lake.address}?page=retention`);
    await page.waitForSelector('#cohorts');
    expect(await rowsOf('cohorts')).toEqual([
      ['2026-01-05 (2)', '100.0%', '50.0%', '0.0%*'],
      ['2026-01-12 (1)', '100.0%', '100.0%*', ''],
      ['2026-01-19 (0)', '–*', '', ''],
    ]);
    await page.getByLabel('Measure').selectOption('Revenue per visitor');
    await expect.poll(async () => (await rowsOf('cohorts'))[0]?.[2]).toMatch(/40\.00$/);
    expect(new URL(page.url()).searchParams.get('figure')).toBe('spending');
  });

  it('show buyers and their revenue by recency and frequency', async () => {
    await page.goto(`${lake.address}?page=retention`);
    await page.waitForSelector('#segments');
    const cells = (await rowsOf('segments')).map(([, ...fifths]) => fifths);
    expect(cells.slice(0, 4)).toEqual(Array(4).fill(['', '', '', '', '']));
    expect(cells[4]?.[0]).toMatch(/^1 \(.*80\.00.*\)$/);
  });

  it('show the funnel of each device as shares', async () => {
    await page.goto(`${lake.address}?page=funnel&from=2026-01-06&to=2026-01-21`);
    await page.waitForSelector('#steps-device');
    expect(await rowsOf('steps-device')).toEqual([
      ['mobile', '4', '50.0%', '50.0%', '25.0%', '25.0%'],
      ['desktop', '1', '0.0%', '0.0%', '0.0%', '0.0%'],
    ]);
  });

  it.each([
    // All sessions of the period, and those that ended in the cart.
    ['', [5, 2, 2, 1, 1]],
    ['&step=cart', [1, 1, 1, 0, 0]],
    ['&step=none&step=purchase', [4, 1, 1, 1, 1]],
  ])('open as many sessions as a step of the funnel says: %s', async (filter, counts) => {
    const address = `${lake.address}?page=funnel&from=2026-01-06&to=2026-01-21${filter}`;
    for (const [index, count] of counts.entries()) {
      await page.goto(address);
      await page.waitForSelector('#funnel');
      expect((await rowsOf('funnel'))[index]?.[1]).toBe(String(count));
      const step = page.locator('section[aria-labelledby=funnel] tbody tr').nth(index);
      if (count === 0) {
        expect(await step.getByRole('button').count()).toBe(0);
        continue;
      }
      await step.getByRole('button').click();
      await page.waitForSelector('#sessions');
      expect(await rowsOf('sessions')).toHaveLength(count);
    }
  });

  it('name countries, and say where there is no campaign', async () => {
    const days = 'from=2026-01-12&to=2026-01-18&compare=custom';
    await page.goto(`${lake.address}?${days}&compare_from=2026-01-06&compare_to=2026-01-11`);
    await page.waitForSelector('#country');
    expect((await rowsOf('country')).map(([name]) => name)).toEqual(['not sent', 'Germany']);
    await page.getByText('Dotted: Jan 6 to Jan 11').waitFor();
    await page.goto(`${lake.address}?page=acquisition`);
    await page.waitForSelector('#campaign');
    expect((await rowsOf('campaign')).map(([name]) => name)).toEqual(['no campaign']);
  });

  it('show quarantine by reason and source', async () => {
    await page.goto(`${lake.address}?page=health`);
    await page.waitForSelector('#quarantine');
    const rows = await rowsOf('quarantine');
    expect(rows.map(([reason, source]) => [reason, source])).toContainEqual([
      'not_an_object',
      'shop',
    ]);
  });
});
