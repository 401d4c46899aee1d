/** The trend broken down by a dimension, over a lake that can be counted by hand. */
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listDays } from '../../src/dashboard/days.ts';
import type { DaysOfName, View } from '../../src/dashboard/view.ts';
import { ask } from './ask.ts';
import { brokenRules } from './broken-rules.ts';
import { findChromium, startChromium } from './browser.ts';
import { type ServedLake, serveLake } from './served-lake.ts';

/** As many sessions on the first day as the country's place from the end; the first one also on the second day. */
const COUNTRIES = ['DE', 'FR', 'IT', 'ES', 'PL', 'NL', 'SE'];
const DAY = '2026-01-06';
const NEXT_DAY = '2026-01-07';

const session = (id: string, day: string, country: string): string =>
  JSON.stringify({
    ...{ event_id: id, user_id: `u ${country}`, session_id: id, event_type: 'page_view' },
    ...{ event_timestamp: `${day}T10:00:00Z`, country, device: 'mobile' },
  });

const LINES = [
  ...COUNTRIES.flatMap((country, place) =>
    Array.from({ length: COUNTRIES.length - place }, (_, index) =>
      session(`${country} ${index}`, DAY, country),
    ),
  ),
  session('late', NEXT_DAY, 'DE'),
  JSON.stringify({
    ...{ event_id: 'o1', user_id: 'u SE', session_id: 'SE 0', event_type: 'purchase' },
    ...{ event_timestamp: `${DAY}T10:01:00Z`, order_id: 'o1', order_value: '80.00' },
  }),
];
/** A session a day, through two years, in a period that can be compared. */
const DAYS = listDays({ from: '2024-11-30', to: '2025-03-31' });

const PERIOD = `from=${DAY}&to=${NEXT_DAY}&compare=none`;

let lake: ServedLake;
beforeAll(async () => {
  lake = await serveLake({ lines: LINES });
});
afterAll(() => lake?.stop());

const groupsOf = async (query: string): Promise<DaysOfName[]> => {
  const { body } = await ask(lake.address, `/api/view?${PERIOD}&${query}`);
  return (JSON.parse(body) as View).parts.trend?.groups ?? [];
};
const valuesOf = (groups: DaysOfName[], figure: string) =>
  groups.map(({ name, days }) => [name, days.map(({ values }) => values[figure])]);

it('has the five names with the most sessions, and all others together', async () => {
  const groups = await groupsOf('by=country');
  expect(valuesOf(groups, 'sessions')).toEqual([
    ['DE', [7, 1]],
    ['FR', [6]],
    ['IT', [5]],
    ['ES', [4]],
    ['PL', [3]],
    [null, [3]],
  ]);
  // Distinct among all others too, so no sum of theirs.
  expect(valuesOf(groups, 'visitors').at(-1)).toEqual([null, [2]]);
  expect(valuesOf(groups, 'conversionRate').at(-1)).toEqual([null, [1 / 3]]);
  expect(valuesOf(groups, 'revenue').at(-1)).toEqual([null, [80]]);
});

it('has no others where all names have lines, follows the filters, and knows orders', async () => {
  expect(valuesOf(await groupsOf('by=device'), 'sessions')).toEqual([['mobile', [28, 1]]]);
  expect(valuesOf(await groupsOf('by=country&country=SE'), 'sessions')).toEqual([['SE', [1]]]);
  expect(valuesOf(await groupsOf('page=orders&by=country'), 'grossRevenue')).toEqual([
    ['SE', [80]],
  ]);
  expect(await groupsOf('by=country&device=none')).toEqual([]);
  expect(await groupsOf('')).toEqual([]);
});

it('refuses what it cannot be broken down by', async () => {
  const { status, body } = await ask(lake.address, '/api/view?by=cohort');
  expect([status, JSON.parse(body).error]).toEqual([400, 'by: there is no "cohort"']);
});

describe.skipIf(findChromium() === undefined)('the chart (needs Chromium)', () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    page = await browser.newPage({ bypassCSP: true, viewport: { width: 1240, height: 900 } });
  });
  afterEach(() => page.close());

  const open = async (query: string): Promise<void> => {
    await page.goto(`${lake.address}?${PERIOD}&${query}`);
    await page.waitForSelector('main[aria-busy=false] .line-chart');
  };
  const legend = (): Promise<string[]> => page.locator('.legend li').allTextContents();

  it('is broken down by choice, which the address keeps', async () => {
    await open('page=acquisition');
    expect(await legend()).toEqual([]);
    await page.getByLabel('Broken down by').selectOption('country');
    await page.waitForURL(/by=country/);
    const names = ['Germany', 'France', 'Italy', 'Spain', 'Poland', 'all others'];
    await expect.poll(legend).toEqual(names);
    const slider = page.getByLabel('Sessions by day and country: choose a point');
    await slider.focus();
    await page.keyboard.press('Home');
    // Each name stands apart: one written from right to left must not move its number.
    const readings = names.map((name, index) => `\u2068${name}\u2069 ${[7, 6, 5, 4, 3, 3][index]}`);
    await expect
      .poll(() => slider.getAttribute('aria-valuetext'))
      .toBe(`Jan 6: ${readings.join('; ')}`);
    await page.reload();
    await expect.poll(legend).toEqual(names);
    // Fewer lines, in the same chart.
    await page.getByLabel('Broken down by').selectOption('device');
    await expect.poll(legend).toEqual(['mobile']);
    await page.getByLabel('Broken down by').selectOption('');
    await expect.poll(legend).toEqual([]);
    expect(new URL(page.url()).searchParams.has('by')).toBe(false);
  });

  it('gives the numbers of its lines as CSV', async () => {
    await open('by=country');
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download Trend as CSV' }).click(),
    ]);
    const rows = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
    expect(rows[0]).toMatch(/^date,country,Sessions,Visitors,/);
    expect(rows.slice(1).map((row) => row.split(',').slice(0, 3).join(' '))).toEqual([
      ...['2026-01-06 DE 7', '2026-01-07 DE 1', '2026-01-06 FR 6', '2026-01-07 FR 0'],
      ...['2026-01-06 IT 5', '2026-01-07 IT 0', '2026-01-06 ES 4', '2026-01-07 ES 0'],
      ...['2026-01-06 PL 3', '2026-01-07 PL 0'],
      ...['2026-01-06 all others 3', '2026-01-07 all others 0'],
    ]);
  });

  it.each([
    ['light', 1240],
    ['dark', 390],
  ] as const)('breaks no accessibility rule: %s, %i pixels', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await open('by=country');
    expect(await brokenRules(page)).toEqual([]);
    const overflow = 'document.documentElement.scrollWidth - innerWidth';
    expect(await page.evaluate<number>(overflow)).toBeLessThanOrEqual(0);
    // axe does not look at lines: each needs a contrast of 3 to what is behind it.
    const names = ['--panel', '--main', '--line-2', '--line-3', '--line-4', '--line-5', '--soft'];
    const colors = await page.evaluate<string[]>(
      `${JSON.stringify(names)}.map((name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim())`,
    );
    const [back = '', ...lines] = colors;
    for (const line of lines) {
      expect(contrast(line, back), line).toBeGreaterThanOrEqual(3);
    }
  });
});

describe.skipIf(findChromium() === undefined)('over two years (needs Chromium)', () => {
  let browser: Browser;
  let years: ServedLake;
  let page: Page;
  beforeAll(async () => {
    browser = await startChromium();
    years = await serveLake({ lines: DAYS.map((day) => session(day, day, 'DE')) });
  });
  afterAll(async () => {
    await browser?.close();
    await years?.stop();
  });
  beforeEach(async () => {
    page = await browser.newPage({ bypassCSP: true, viewport: { width: 1240, height: 900 } });
  });
  afterEach(() => page.close());
  const open = async (query: string): Promise<void> => {
    await page.goto(`${years.address}?${query}`);
    await page.waitForSelector('main[aria-busy=false] .line-chart');
  };

  it('compares months with as many days, and says where it cannot', async () => {
    const reading = page.locator('section[aria-labelledby=days] .reading');
    await open('from=2025-03-01&to=2025-03-31&grain=month');
    expect(await reading.textContent()).toBe(
      'Not drawn: Jan 29 to Feb 28, whose months do not have the same days',
    );
    await open(
      'from=2025-02-01&to=2025-03-31&grain=month&compare=custom&compare_from=2024-12-01&compare_to=2025-01-31',
    );
    expect(await reading.textContent()).toBe('Dotted: Dec 1, 2024 to Jan 31, 2025');
    const slider = page.getByLabel('Sessions by month: choose a point');
    await slider.focus();
    await page.keyboard.press('Home');
    await expect
      .poll(() => slider.getAttribute('aria-valuetext'))
      .toBe('Feb 1, 2025: 28; before, Dec 1, 2024: 31');
  });

  it('has room for the label of the last point', async () => {
    await page.addInitScript(`
      const { fillText } = CanvasRenderingContext2D.prototype;
      globalThis.drawn = [];
      CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        const right = this.getTransform().e + x + this.measureText(text).width / 2;
        globalThis.drawn.push([text, right <= this.canvas.width]);
        return fillText.call(this, text, x, y);
      };`);
    // 113 days, with a tick every 14.
    await open('from=2024-11-30&to=2025-03-22&compare=none&grain=day');
    const drawn = await page.evaluate<[string, boolean][]>('drawn');
    expect(drawn.filter(([text]) => text === 'Mar 22, 2025').at(-1)).toEqual([
      'Mar 22, 2025',
      true,
    ]);
  });
});

/** WCAG 2.2, of two colours written #rrggbb. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [one, other].map(luminance).sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((start) => Number.parseInt(color.slice(start, start + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
