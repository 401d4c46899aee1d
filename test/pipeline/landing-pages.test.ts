/** Landing pages that are counted together, in gold_sessions. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { GoldRules } from '../../src/contract/gold-rules.ts';
import { RECEIVED_AT_MS } from '../fixtures/both-engines.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';
import { landingPageOf } from '../fixtures/reference-traffic.ts';
import { linesOf } from './gold-support.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

type Groups = GoldRules['landingPages'];

/** A lake with a session for each page, in their order. */
async function lakeOf(pages: readonly (string | null)[], landingPages: Groups): Promise<TestLake> {
  const lake = await openTestLake({ now: () => RECEIVED_AT_MS }, (settings) => ({
    ...settings,
    landingPages,
  }));
  const events = pages.map((page_url, index) => {
    const id = String(index).padStart(4, '0');
    return { id, at: '2026-01-05T10:00:00Z', user: 'ann', session: id, page_url };
  });
  await lake.receive('pages.ndjson', linesOf(events));
  await lake.lake.run();
  return lake;
}

async function landingPages(lake: TestLake): Promise<unknown[]> {
  const rows = await lake.rows('SELECT landing_page FROM gold_sessions ORDER BY session_id');
  const { checks } = await lake.lake.verify();
  expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  return rows.map(({ landing_page }) => landing_page);
}

it('are the first group that the path fits, else the path', async () => {
  const expected: [page: string | null, landingPage: string | null][] = [
    ['/p/', 'Product page'],
    ['/p/1', 'Product page'],
    ['/p', '/p'],
    ['/P/1', '/P/1'],
    ['https://shop.example/de/x/product/1?q=1', 'Product page'],
    ['https://shop.example/product/1', '/product/1'],
    ['https://shop.example?q=/p/1', 'Home'],
    ['/100%_|\\now', "100% 'off'"],
    ['/100__|\\now', '/100__|\\now'],
    ['/a.html', 'Text'],
    ['/ahtml', '/ahtml'],
    [null, null],
  ];
  await using lake = await lakeOf(
    expected.map(([page]) => page),
    [
      { group: 'Product page', paths: ['/p/*', '/*/product/*'] },
      { group: 'Home', paths: ['/'] },
      { group: "100% 'off'", paths: ['/100%_|\\*'] },
      { group: 'Text', paths: ['*.html', '*.txt'] },
      { group: 'too late', paths: ['/p/1'] },
    ],
  );
  expect(await landingPages(lake)).toEqual(expected.map(([, landingPage]) => landingPage));
});

it('of changed groups are computed again', async () => {
  await using lake = await lakeOf(['/p/1', '/c/1'], [{ group: 'Product page', paths: ['/p/*'] }]);
  expect(await landingPages(lake)).toEqual(['Product page', '/c/1']);
  expect((await lake.lake.run()).tablesWritten).toEqual([]);
  (lake.settings.landingPages as Groups[number][]).push({ group: 'Category', paths: ['/c/*'] });
  await lake.reopen();
  expect((await lake.lake.run()).tablesWritten.map(({ table }) => table)).toContain(
    'gold_sessions',
  );
  expect(await landingPages(lake)).toEqual(['Product page', 'Category']);
});

it('of any path and groups are what the reference says', async () => {
  const unit = fc.constantFrom(
    ...['/', 'a', 'b', 'A', '*', '%', '_', '.', '|', '\\', "'", 'ü', '(', '\n'],
  );
  const path = fc.string({ unit, maxLength: 5 }).map((text) => `/${text}`);
  const groups = fc
    .array(fc.array(path, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 15 })
    .map((all) => all.map((paths, index) => ({ group: `group '${index}'`, paths })));
  const pages = fc.array(path, { minLength: 200, maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(pages, groups, async (drawnPages, drawnGroups) => {
      await using lake = await lakeOf(drawnPages, drawnGroups);
      const expected = drawnPages.map((page) => landingPageOf(page, drawnGroups));
      expect(await landingPages(lake)).toEqual(expected);
      expect(expected.some((page) => page.startsWith('group'))).toBe(true);
    }),
    propertyRuns(2, 30),
  );
});
