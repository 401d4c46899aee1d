/** The page of orders over a lake whose orders can be added up by hand. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { View } from '../../src/dashboard/view.ts';
import { ask } from './ask.ts';
import { findChromium, startChromium } from './browser.ts';
import { type ServedLake, serveLake } from './served-lake.ts';

const HOSTILE = '<img src=x onerror=alert(1)>';
let count = 0;
const event = (fields: Record<string, unknown>): string => {
  count += 1;
  return JSON.stringify({
    ...{ event_id: `e${count}`, currency: 'EUR', product_id: 'p', device: 'mobile' },
    ...fields,
  });
};
const order = (user: string, day: number, order_id: string, fields: Record<string, unknown>) =>
  event({
    ...{ event_type: 'purchase', user_id: user, session_id: `${user}-${day}`, order_id },
    ...{ event_timestamp: `2026-01-0${day}T10:00:00Z`, price: '1.00', quantity: 1 },
    ...fields,
  });

const LINES = [
  order('ann', 1, 'o1', { order_value: '100.00', tax: '19.00', shipping: '5.00' }),
  order('ann', 3, 'o2', { order_value: '50.00', discount: '10.00', device: 'desktop' }),
  order('bob', 3, HOSTILE, { order_value: '30.00' }),
  // Placed earlier, paid back in the period.
  event({
    ...{ event_type: 'refund', user_id: 'ann', order_id: 'o1', order_value: '40.00' },
    event_timestamp: '2026-01-04T11:00:00Z',
  }),
  event({
    ...{ event_type: 'page_view', user_id: 'cy', session_id: 'cy-4' },
    event_timestamp: '2026-01-04T10:00:00Z',
  }),
];

let lake: ServedLake;
beforeAll(async () => {
  lake = await serveLake({ lines: LINES });
});
afterAll(() => lake?.stop());

const viewOf = async (query: string): Promise<View> =>
  JSON.parse((await ask(lake.address, `/api/view?page=orders&${query}`)).body);

describe('the orders of a period', () => {
  it('are added up by the days on which they were placed, and refunds by their own', async () => {
    const { totals, previousTotals } = await viewOf(
      'from=2026-01-03&to=2026-01-04&compare=custom&compare_from=2026-01-01&compare_to=2026-01-02',
    );
    expect(totals).toEqual({
      ...{ grossRevenue: 80, orderRefunds: 40, orderNet: 40, placedOrders: 2, orderValue: 40 },
      ...{ tax: 0, shipping: 0, discount: 10, newBuyers: 1, returningBuyers: 1 },
      // Bob on his first day; Ann two days after her order before.
      ...{ daysToFirstOrder: 0, daysBetweenOrders: 2 },
    });
    expect(previousTotals).toEqual({
      ...{ grossRevenue: 100, orderRefunds: 0, orderNet: 100, placedOrders: 1, orderValue: 100 },
      ...{ tax: 19, shipping: 5, discount: 0, newBuyers: 1, returningBuyers: 0 },
      ...{ daysToFirstOrder: 0, daysBetweenOrders: null },
    });
  });

  it('are followed by a refund, which is the newest event', async () => {
    const { lastEventAt } = JSON.parse((await ask(lake.address, '/api/options')).body);
    expect(Date.parse(lastEventAt)).toBe(Date.parse('2026-01-04T11:00:00Z'));
  });

  it('are drawn day by day', async () => {
    const { parts } = await viewOf('from=2026-01-01&to=2026-01-04');
    const days = parts.trend?.days.map(({ date, values }) => [date, values.orderNet]);
    expect(days).toEqual([
      ['2026-01-01', 100],
      ['2026-01-03', 80],
      ['2026-01-04', -40],
    ]);
  });

  it('are filtered by their session, and refunds by that of their order', async () => {
    const { totals } = await viewOf('from=2026-01-01&to=2026-01-04&device=mobile');
    expect(totals).toMatchObject({ grossRevenue: 130, orderRefunds: 40, placedOrders: 2 });
    const { totals: desktop } = await viewOf('from=2026-01-01&to=2026-01-04&device=desktop');
    expect(desktop).toMatchObject({ grossRevenue: 50, orderRefunds: 0, placedOrders: 1 });
  });

  it('agree with Gold', async () => {
    const { totals } = await viewOf('from=2026-01-01&to=2026-01-04');
    const [gold] = lake.query(
      `SELECT sum(revenue)::DOUBLE AS revenue, sum(refunded)::DOUBLE AS refunded FROM gold_conversion_metrics`,
    );
    expect([totals.grossRevenue, totals.orderRefunds]).toEqual([gold?.revenue, gold?.refunded]);
  });

  it('have their revenue under the channels of three sessions', async () => {
    const { body } = await ask(
      lake.address,
      '/api/view?page=acquisition&from=2026-01-01&to=2026-01-04',
    );
    const { parts }: View = JSON.parse(body);
    expect(parts.attribution).toEqual([
      { channel: 'Direct', session: 180, first: 180, lastNonDirect: 180 },
    ]);
  });

  it('say nothing where there is none', async () => {
    const { totals } = await viewOf('from=2026-01-02&to=2026-01-02');
    expect(totals).toMatchObject({ grossRevenue: 0, placedOrders: 0, orderValue: null });
  });
});

describe.skipIf(findChromium() === undefined)('the page of orders (needs Chromium)', () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await startChromium();
    page = await browser.newPage();
    await page.goto(`${lake.address}?page=orders&from=2026-01-01&to=2026-01-04`);
    await page.waitForSelector('section[aria-labelledby=orders]');
  });
  afterAll(() => browser?.close());

  it('has the definition of each figure a click away', async () => {
    const tile = page.locator('.figure', {
      has: page.getByRole('heading', { name: 'Gross Revenue' }),
    });
    await expect.poll(() => tile.locator('.value').textContent()).toBe('€180.00');
    const definition = tile.getByText('Revenue before refunds, by the date of the order');
    expect(await definition.isVisible()).toBe(false);
    await tile.locator('summary').click();
    expect(await definition.isVisible()).toBe(true);
  });

  it('lists the latest orders first, names as text', async () => {
    const names = await page.locator('section[aria-labelledby=orders] tbody th').allTextContents();
    expect(names.map((name) => name.trim()).sort()).toEqual([HOSTILE, 'o1', 'o2'].sort());
    expect(names.at(-1)).toBe('o1');
  });
});

it('the days of a lake reach to its last refund, after its last session', async () => {
  const late = await serveLake({
    lines: [
      order('ann', 1, 'o1', { order_value: '80.00' }),
      event({
        ...{ event_type: 'refund', user_id: 'ann', order_id: 'o1', order_value: '80.00' },
        event_timestamp: '2026-01-08T10:00:00Z',
      }),
    ],
  });
  try {
    const { days } = JSON.parse((await ask(late.address, '/api/options')).body);
    expect(days).toEqual({ from: '2026-01-01', to: '2026-01-08' });
  } finally {
    await late.stop();
  }
});

it('days with a refund and no session are shown and compared with', async () => {
  const quiet = await serveLake({
    lines: [
      order('ann', 5, 'o1', { order_value: '100.00' }),
      event({
        ...{ event_type: 'refund', user_id: 'ann', order_id: 'o1', order_value: '100.00' },
        event_timestamp: '2026-01-06T10:00:00Z',
      }),
      order('bob', 7, 'o2', { order_value: '50.00' }),
    ],
  });
  const viewAt = async (query: string): Promise<View> =>
    JSON.parse((await ask(quiet.address, `/api/view?${query}`)).body);
  try {
    for (const page of ['orders', 'acquisition', 'overview', 'funnel']) {
      const shown = await viewAt(`page=${page}&from=2026-01-06&to=2026-01-06`);
      expect([page, shown.isEmpty]).toEqual([page, false]);
    }
    const refunded = await viewAt('page=orders&from=2026-01-06&to=2026-01-06');
    expect(refunded.totals).toMatchObject({ grossRevenue: 0, orderRefunds: 100, orderNet: -100 });
    const { isEmpty, previousTotals } = await viewAt('from=2026-01-07&to=2026-01-07');
    expect(isEmpty).toBe(false);
    expect(previousTotals).toMatchObject({ sessions: 0, refunded: 100, netRevenue: -100 });
    // A refund has the device of its order's session.
    const other = await viewAt('page=orders&from=2026-01-06&to=2026-01-06&device=desktop');
    expect(other.isEmpty).toBe(true);
  } finally {
    await quiet.stop();
  }
});
