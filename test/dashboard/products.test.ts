/** The page of products over a lake whose products have names. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { View } from '../../src/dashboard/view.ts';
import { ask } from './ask.ts';
import { findChromium, startChromium } from './browser.ts';
import { type ServedLake, serveLake } from './served-lake.ts';

const CONFIG = `sources:
  web:
    items: { from: items, product_id: id, product_name: name, category: category, brand: brand }
`;
const HOSTILE = '<img src=x onerror=alert(1)>';
let count = 0;
const view = (day: number, ...items: object[]): string => {
  count += 1;
  return JSON.stringify({
    ...{ event_id: `e${count}`, user_id: 'ann', session_id: 's', event_type: 'product_view' },
    ...{ event_timestamp: `2026-01-0${day}T10:00:00Z`, items },
  });
};
const LINES = [
  view(5, { id: 'p1', name: 'Cup', category: 'Kitchen' }, { id: 'p2' }),
  view(6, { id: 'p1', name: 'Blue cup', brand: 'Acme' }, { id: 'p3', name: HOSTILE }),
  view(7, { id: 'p1' }),
];

let lake: ServedLake;
beforeAll(async () => {
  lake = await serveLake({ lines: LINES, config: CONFIG });
});
afterAll(() => lake?.stop());

it('names products as they were last named, whatever the period', async () => {
  const { body } = await ask(lake.address, '/api/view?page=products&from=2026-01-05&to=2026-01-05');
  expect((JSON.parse(body) as View).parts.products).toMatchObject([
    { id: 'p1', name: 'Blue cup', category: 'Kitchen', brand: 'Acme', views: 1 },
    { id: 'p2', name: null, category: null, brand: null, views: 1 },
  ]);
});

it.skipIf(findChromium() === undefined)(
  'shows the name with the id behind it (needs Chromium)',
  async () => {
    const browser: Browser = await startChromium();
    try {
      const page: Page = await browser.newPage();
      await page.goto(`${lake.address}?page=products&from=2026-01-05&to=2026-01-07`);
      await page.waitForSelector('section[aria-labelledby=products]');
      const products = page
        .getByRole('table', { name: 'Products by revenue' })
        .getByRole('rowheader');
      await expect
        .poll(() => products.allInnerTexts())
        .toEqual([
          expect.stringMatching(/^Blue cup\s*p1 · Kitchen · Acme$/),
          'p2',
          expect.stringContaining(HOSTILE),
        ]);
    } finally {
      await browser.close();
    }
  },
  60_000,
);
