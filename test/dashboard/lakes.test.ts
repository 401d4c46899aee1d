/** Every page over lakes of no day, one, fourteen, and more than a year. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addDays } from '../../src/dashboard/days.ts';
import { PAGES } from '../../src/dashboard/pages.ts';
import { brokenRules } from './broken-rules.ts';
import { findChromium, startChromium } from './browser.ts';
import { serveLake } from './served-lake.ts';

const TYPES = ['product_view', 'add_to_cart', 'purchase'];

/** A session for each day, of one of three visitors, with an order on every other one. */
function linesOf(days: number): string[] {
  return Array.from({ length: days }, (_, day) =>
    TYPES.slice(0, 2 + (day % 2)).map((event_type, index) =>
      JSON.stringify({
        ...{ event_id: `${day}-${index}`, user_id: `u${day % 3}`, session_id: `s${day}` },
        ...{ event_type, event_timestamp: `${addDays('2025-01-01', day)}T10:0${index}:00Z` },
        ...{ product_id: 'p', order_id: `o${day}`, price: '10.00', quantity: 1, currency: 'EUR' },
      }),
    ),
  ).flat();
}

describe.skipIf(findChromium() === undefined)('every page (needs Chromium)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  it.each([
    [0, false],
    [1, true],
    [14, false],
    [400, true],
  ])('works on a lake of %i days', async (days, hasAxe) => {
    const lake = await serveLake(days === 0 ? {} : { lines: linesOf(days) });
    const page = await browser.newPage({
      ...{ bypassCSP: true, viewport: { width: 390, height: 900 } },
    });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    for (const { id, isOfWholeLake } of PAGES) {
      await page.goto(`${lake.address}?page=${id}`);
      const isEmpty = days === 0 && isOfWholeLake !== true;
      await page.waitForSelector(isEmpty ? '.notice' : 'main[aria-busy=false] .panel');
      const overflow = 'document.documentElement.scrollWidth - innerWidth';
      expect(await page.evaluate<number>(overflow), id).toBeLessThanOrEqual(0);
      if (hasAxe) {
        expect(await brokenRules(page), id).toEqual([]);
      }
    }
    if (days > 1) {
      await page.goto(lake.address);
      await page.waitForSelector('.figure');
      const changes = await page.locator('.figure .change').allTextContents();
      expect(changes.some((text) => /[▲▼±]/.test(text))).toBe(true);
    }
    await page.close();
    await lake.stop();
    expect(complaints).toEqual([]);
  });
});
