/** Sessions, the events of one of them, and who is there now. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL } from '../../src/dashboard/server/kept-results.ts';
import { queryRealtime } from '../../src/dashboard/server/realtime.ts';
import type { Options, SessionView, View } from '../../src/dashboard/view.ts';
import { openTestLake } from '../pipeline/lake-support.ts';
import { ask } from './ask.ts';
import { findChromium, startChromium } from './browser.ts';
import { type ServedLake, serveLake } from './served-lake.ts';

const START = Date.now();
const HOSTILE = `'; <img src=x onerror=alert(1)> --`;
const LONG_PAGE = `https://shop.example/b?utm_campaign=${'spring-sale_'.repeat(20)}`;
let count = 0;
const event = (minutesAgo: number, fields: object): string => {
  count += 1;
  return JSON.stringify({
    ...{ event_id: `e${count}`, event_type: 'page_view' },
    event_timestamp: new Date(START - minutesAgo * 60_000).toISOString(),
    ...fields,
  });
};
const LINES = [
  event(21, { user_id: 'ann', session_id: 'a', page_url: 'https://shop.example/' }),
  event(20, { user_id: 'ann', session_id: 'a', event_type: 'product_view', product_id: 'p1' }),
  event(20.5, { user_id: 'ann', session_id: 'a', event_type: 'search' }),
  event(19, {
    ...{ user_id: 'ann', session_id: 'a', event_type: 'purchase', order_id: 'o1' },
    ...{ product_id: 'p1', price: '9.50', quantity: 2 },
  }),
  event(1, { user_id: 'bob', session_id: HOSTILE }),
  // No session id: the session is derived from the device.
  event(10, { anonymous_id: 'dev', page_url: 'https://shop.example/a' }),
  event(9, { anonymous_id: 'dev', page_url: LONG_PAGE }),
  event(9.5, { anonymous_id: 'other' }),
  event(300, { user_id: 'cy', session_id: 'c' }),
];

let lake: ServedLake;
beforeAll(async () => {
  lake = await serveLake({ lines: LINES });
});
afterAll(() => lake?.stop());

const get = async <Found>(path: string): Promise<Found> =>
  JSON.parse((await ask(lake.address, path)).body);
const sessionOf = (id: string): Promise<SessionView> =>
  get(`/api/session?id=${encodeURIComponent(id)}`);

describe('a session', () => {
  it('is listed with the latest first', async () => {
    const { parts } = await get<View>('/api/view?page=sessions&from=2000-01-01&to=2099-12-31');
    expect(parts.sessions?.map(({ events }) => events)).toEqual([1, 1, 2, 4, 1]);
    expect(parts.sessions?.[0]?.id).toBe(HOSTILE);
    expect(parts.sessions?.[3]).toMatchObject({ id: 'a', orders: 1, revenue: 19, number: 1 });
  });

  it('has its events in their order', async () => {
    const { events, eventCount } = await sessionOf('a');
    expect(events?.map(({ type }) => type)).toEqual([
      ...['page_view', 'search', 'product_view', 'purchase'],
    ]);
    expect(events?.at(-1)).toMatchObject({
      product: 'p1',
      order: 'o1',
      price: '9.50',
      quantity: 2,
    });
    expect(eventCount).toBe(4);
  });

  it('has them where it is derived from a device', async () => {
    const [row] = lake.query(`SELECT session_id FROM gold_sessions WHERE event_count = 2`);
    const { events } = await sessionOf(String(row?.session_id));
    expect(events?.map(({ page }) => page)).toEqual([...['https://shop.example/a', LONG_PAGE]]);
  });

  it('may have any id', async () => {
    expect((await sessionOf(HOSTILE)).events).toHaveLength(1);
  });

  it.each(['nothing', `x' OR '1'='1`, 'a\0b', 'x'.repeat(5000)])(
    'is refused where there is none',
    async (id) => {
      const { status } = await ask(lake.address, `/api/session?id=${encodeURIComponent(id)}`);
      expect(status).toBe(400);
    },
  );
});

describe('who is there now', () => {
  it('is counted by the first and last events of sessions, and nothing to come', async () => {
    await using test = await openTestLake();
    const start = Date.UTC(2026, 0, 5, 8);
    const timeOf = (minute: number): number => start + minute * 60_000;
    const session = (user: string, id: string, minutes: readonly number[]): string[] =>
      minutes.map((minute) =>
        JSON.stringify({
          ...{ event_id: `${id}-${minute}`, user_id: user, session_id: id },
          ...{ event_type: 'page_view', event_timestamp: new Date(timeOf(minute)).toISOString() },
        }),
      );
    const lines = [
      ...session('a', 'a1', [80, 96]),
      ...session('a', 'a2', [85, 99]),
      ...session('b', 'b1', [60, 71]),
      ...session('c', 'c1', [60, 69]),
      ...session('d', 'd1', [101, 102]),
      // An event long ago and one to come, but none in the minutes between.
      ...session('e', 'e1', [-20, 400]),
      ...session('f', 'f1', [75, 400]),
    ];
    await test.receive('one.ndjson', `${lines.join('\n')}\n`);
    await test.lake.run({ fullRefresh: false });
    const reader = await test.lake.reader();
    await reader.keep(ALL.results, ALL.textTypes);
    const lastEventAt = new Date(timeOf(400)).toISOString();
    const realtimeAt = (minute: number) =>
      queryRealtime(reader, { nowMs: timeOf(minute), lastEventAt });
    expect(await realtimeAt(100)).toEqual({ of5Minutes: 1, of30Minutes: 3 });
    expect(await realtimeAt(132)).toEqual({ of5Minutes: 0, of30Minutes: 1 });
    expect(await realtimeAt(133)).toBeNull();
  });

  it('is told with what can be chosen', async () => {
    const { realtime } = await get<Options>('/api/options');
    // Minutes may pass before the question, none of 30.
    expect(realtime?.of30Minutes).toBe(4);
  });
});

describe.skipIf(findChromium() === undefined)('the page of sessions (needs Chromium)', () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await startChromium();
    page = await browser.newPage();
  });
  afterAll(() => browser?.close());
  const PERIOD = 'from=2000-01-01&to=2099-12-31';
  const types = (): Promise<string[]> =>
    page.locator('section[aria-labelledby=session] tbody th').allTextContents();

  it('shows the events of a row, and keeps it in the address', async () => {
    await page.goto(`${lake.address}?page=sessions&${PERIOD}`);
    await page.getByRole('button', { name: 'a', exact: true }).click();
    await expect.poll(types).toEqual(['page_view', 'search', 'product_view', 'purchase']);
    expect(new URL(page.url()).searchParams.get('session')).toBe('a');
    await page.reload();
    await expect.poll(types).toEqual(['page_view', 'search', 'product_view', 'purchase']);
    await page.getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => page.locator('#session').count()).toBe(0);
  });

  it('shows a long page in several lines, so that all columns are in sight', async () => {
    await page.setViewportSize({ width: 1240, height: 900 });
    await page.goto(`${lake.address}?page=sessions&${PERIOD}`);
    await page.getByRole('button', { name: /^anonymous_id=dev@|^dev@/ }).click();
    await page.getByText(LONG_PAGE).waitFor();
    const isScrolled = await page
      .locator('section[aria-labelledby=session] .scroll')
      .evaluate((box) => box.scrollWidth > box.clientWidth);
    expect(isScrolled).toBe(false);
  });

  it('shows odd ids as text', async () => {
    await page.goto(`${lake.address}?page=sessions&${PERIOD}`);
    await page.getByRole('button', { name: HOSTILE, exact: true }).click();
    await expect.poll(types).toEqual(['page_view']);
    expect(await page.locator('main img').count()).toBe(0);
  });

  it('is reached from an order, a step of the funnel and a cohort', async () => {
    await page.goto(`${lake.address}?page=orders&${PERIOD}`);
    await page.getByRole('button', { name: 'o1', exact: true }).click();
    await expect.poll(types).toEqual(['page_view', 'search', 'product_view', 'purchase']);
    await page.goto(`${lake.address}?page=funnel&${PERIOD}`);
    await page.getByRole('button', { name: 'Viewed a product' }).click();
    await page.waitForURL(
      /page=sessions.*step=product\+view&step=cart&step=checkout&step=purchase$/,
    );
    await page.goto(`${lake.address}?page=retention&${PERIOD}`);
    await page.locator('.heat th button').first().click();
    await page.waitForURL(/page=sessions.*cohort=20/);
  });

  it('says who is there now', async () => {
    await page.goto(lake.address);
    await page.getByText(/^Visitors: \d in the last 5 minutes, 4 in the last 30$/).waitFor();
  });
});
