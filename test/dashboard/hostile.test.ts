/** The page over a lake whose names and amounts are as unkind as senders can make them. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, startChromium } from './browser.ts';
import { type ServedLake, serveLake } from './served-lake.ts';

const COUNTRIES = [
  'L'.repeat(190),
  '<IMG SRC=X ONERROR=ALERT(1)>',
  'NOT SENT',
  'ALL',
  '=ALL',
  '\u202EDESREVER',
  '🇩🇪'.repeat(30),
  null,
];
const DEVICES = ['not sent', 'd'.repeat(190), 'a b '.repeat(40), null];
const CURRENCIES = ['EUR', 'USD', 'A'.repeat(150)];

const LINES = COUNTRIES.flatMap((country, index) =>
  ['product_view', 'add_to_cart', 'purchase'].map((event_type) =>
    JSON.stringify({
      ...{ event_id: `${event_type}-${index}`, user_id: `u${index}`, session_id: `s${index}` },
      ...{ event_type, event_timestamp: `2026-01-0${1 + (index % 7)}T10:00:00Z` },
      ...{ country, device: DEVICES[index % DEVICES.length] },
      ...{ product_id: index === 0 ? 'P'.repeat(300) : `<b>${index}</b>`, order_id: `o${index}` },
      ...{ currency: CURRENCIES[index % CURRENCIES.length], price: '999999999999.99' },
      quantity: 999,
    }),
  ),
);

describe.skipIf(findChromium() === undefined)('a page of odd names (needs Chromium)', () => {
  let browser: Browser;
  let lake: ServedLake;
  beforeAll(async () => {
    browser = await startChromium();
    lake = await serveLake({ lines: LINES });
  });
  afterAll(async () => {
    await browser?.close();
    await lake?.stop();
  });

  const ALL_DAYS = '?from=2026-01-01&to=2026-01-07';
  const open = async (width: number, query = ''): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    await page.goto(`${lake.address}${ALL_DAYS}${query}`);
    await page.waitForSelector('.figure');
    return page;
  };

  it.each([320, 390, 800, 1240])('is no wider than a window of %i pixels', async (width) => {
    const page = await open(width);
    for (const summary of await page.locator('search summary').all()) {
      await summary.click();
    }
    const overflow = 'document.documentElement.scrollWidth - innerWidth';
    expect(await page.evaluate<number>(overflow)).toBeLessThanOrEqual(0);
    const cut = await page
      .locator('.figure, .figure :not(.hidden), .panel, .notice, .filters :not(.hidden, select)')
      .evaluateAll((all) =>
        all
          .filter(
            (element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1,
          )
          .map((element) => element.outerHTML.slice(0, 100)),
      );
    expect(cut).toEqual([]);
    await page.close();
  });

  it('shows every name as text, each in a row of its own, and filters by it', async () => {
    const page = await open(1240);
    const rows = page.locator('section[aria-labelledby=country] tbody button');
    const names = COUNTRIES.map((name) => name ?? 'not sent');
    expect((await rows.allTextContents()).sort()).toEqual([...names].sort());
    for (const name of names) {
      const row = rows.getByText(name, { exact: true });
      await row.click();
      await expect
        .poll(() =>
          page.locator('section[aria-labelledby=country] [aria-pressed=true]').allTextContents(),
        )
        .toEqual([name]);
      await expect.poll(() => page.locator('.figure .value').first().textContent()).toBe('1');
      await row.click();
    }
    await page.close();
  });

  it('tells a device called "not sent" from one that was not sent', async () => {
    const page = await open(1240, '&device=not+sent');
    const chosen = page.locator('section[aria-labelledby=device] [aria-pressed=true]');
    expect(await chosen.count()).toBe(1);
    await page.close();
  });

  it('says that amounts of several currencies are added', async () => {
    const page = await open(390);
    await page.getByText(/^Orders are in 3 currencies \(.*EUR.*\): revenue adds/).waitFor();
    const figures = (await page.locator('.figure').allTextContents()).join();
    expect(figures).toContain('¤');
    expect(figures).not.toContain('XXX');
    await page.close();
  });
});
