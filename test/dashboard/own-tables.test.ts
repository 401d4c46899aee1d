/** The tables of a user's own models: at the server, and on the page in a real browser. */
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Health, Options, OwnView } from '../../src/dashboard/view.ts';
import { ask } from './ask.ts';
import { brokenRules } from './broken-rules.ts';
import { findChromium, startChromium } from './browser.ts';
import { type ServedLake, serveLake } from './served-lake.ts';

const HOSTILE = '<img src=x onerror=alert(1)>';

/** Also tells of amounts below zero, of dates that no page has. */
const MODELS = {
  'days.sql': `-- gold_days: one row per date with <b>events</b>.
-- grain: date
-- partition: date
-- refresh: date
-- reads: silver_events
-- check: warn events < 2
-- check: fail events > 0
SELECT
  CAST(event_date AS DATE) AS date,                          -- UTC date
  CAST(count(*) AS BIGINT) AS events,                        -- events of the date [events]
  CAST(-1.5 * count(*) AS DECIMAL(18,2)) AS balance          -- below zero [units of currency]
FROM silver_events
GROUP BY event_date
`,
  'places.sql': `-- gold_places: one row per event.
-- grain: event_id
-- refresh: full
-- reads: silver_events
SELECT
  CAST(event_id AS STRING) AS event_id,                      -- the event
  CAST(CASE WHEN event_id = 'e3' THEN DATE '9999-12-31' WHEN event_id <> 'e4' THEN event_date END AS DATE) AS date, -- date
  CAST(country AS STRING) AS country,                        -- country
  CAST(page_url AS STRING) AS order_by,                         -- what was seen
  CAST(CASE WHEN event_id = 'e1' THEN 9007199254740993 ELSE 7 END AS BIGINT) AS large, -- a large number [events]
  CAST(price = 1 AS BOOLEAN) AS is_one                       -- price is one
FROM silver_events
`,
  'numbers.sql': `-- gold_numbers: one row per number.
-- grain: n
-- refresh: full
-- reads: gold_places
SELECT
  CAST(row_number() OVER (ORDER BY e.event_id, f.event_id, g.event_id, h.event_id, i.event_id) AS INT) AS n,  -- the number
  CAST(1.0E0 / 3 AS DOUBLE) AS third                         -- a third [ratio]
FROM gold_places AS e, gold_places AS f, gold_places AS g, gold_places AS h, gold_places AS i
`,
  'none.sql': `-- gold_none: no rows.
-- grain: date
-- refresh: date
-- reads: silver_events
SELECT
  CAST(event_date AS DATE) AS date,                          -- date
  CAST(count(*) AS BIGINT) AS events                         -- events [events]
FROM silver_events
WHERE event_type = 'never'
GROUP BY event_date
`,
};

const LINES = Array.from({ length: 5 }, (_, index) =>
  JSON.stringify({
    ...{ event_id: `e${index}`, user_id: 'u', session_id: `s${index}`, event_type: 'page_view' },
    event_timestamp: `2026-01-0${1 + 2 * (index % 3)}T10:00:00Z`,
    ...{ country: index === 0 ? HOSTILE : index === 1 ? null : 'DE', price: index },
    page_url: index === 0 ? `=SUM(1)"${HOSTILE}` : `-1 "${'L'.repeat(300 * index)}`,
  }),
);

let lake: ServedLake;
beforeAll(async () => {
  lake = await serveLake({ lines: LINES, models: MODELS });
});
afterAll(() => lake?.stop());

describe('own tables at the server', () => {
  const view = async (query: string): Promise<OwnView> => {
    const { status, body } = await ask(lake.address, `/api/own-table?${query}`);
    expect([status, body.slice(0, 200)]).toEqual([200, expect.any(String)]);
    return JSON.parse(body);
  };

  it('have their checks with the health of the lake', async () => {
    const { body } = await ask(lake.address, '/api/health');
    const { checks } = JSON.parse(body) as Health;
    expect(checks).toEqual([
      { table: 'gold_days', level: 'warn', condition: 'events < 2', failedRows: 2 },
      { table: 'gold_days', level: 'fail', condition: 'events > 0', failedRows: 0 },
    ]);
  });

  it('are described as their models declare them', async () => {
    const { body } = await ask(lake.address, '/api/options');
    const { ownTables } = JSON.parse(body) as Options;
    expect(ownTables.map(({ name }) => name).sort()).toEqual([
      ...['gold_days', 'gold_none', 'gold_numbers', 'gold_places'],
    ]);
    expect(ownTables.find(({ name }) => name === 'gold_days')).toEqual({
      name: 'gold_days',
      summary: 'One row per date with <b>events</b>.',
      grain: ['date'],
      columns: [
        { name: 'date', description: 'UTC date', isNumber: false },
        { name: 'events', description: 'events of the date [events]', isNumber: true },
        { name: 'balance', description: 'below zero [units of currency]', isNumber: true },
      ],
    });
  });

  it('have a line for their numbers where the grain is a date, the newest rows first', async () => {
    const shown = await view('table=gold_days');
    expect(shown).toMatchObject({
      period: { days: { from: '2026-01-01', to: '2026-01-05' } },
      devices: null,
      countries: null,
      sort: '-date',
      rowCount: 3,
      rows: [
        ['2026-01-05', 1, '-1.50'],
        ['2026-01-03', 2, '-3.00'],
        ['2026-01-01', 2, '-3.00'],
      ],
      chart: { columns: ['events', 'balance'] },
    });
    expect(shown.chart?.days).toContainEqual({ date: '2026-01-03', values: [2, -3] });
  });

  it('answer the filters that they have columns for, and leave out the others', async () => {
    const few = await view('table=gold_days&from=2026-01-02&to=2026-01-04&device=x&country=y');
    expect(few.rows).toEqual([['2026-01-03', 2, '-3.00']]);
    expect(few.tableRows).toBe(3);
    const places = await view('table=gold_places&country=DE&from=2000-01-01&to=2099-12-31');
    expect(places.countries?.sort()).toEqual(['', HOSTILE.toUpperCase(), 'DE'].sort());
    // e3 has a date beyond the calendar of the page, e4 none.
    expect(places.rows.map(([id]) => id)).toEqual(['e2']);
    expect(places.chart).toBeNull();
    const unsent = await view('table=gold_places&country=');
    expect(unsent.rows.map(([id, , , , large, isOne]) => [id, large, isOne])).toEqual([
      ['e1', '9007199254740993', 'true'],
    ]);
  });

  it('are sorted by any column and cut after a thousand rows', async () => {
    const first = await view('table=gold_numbers');
    expect([first.sort, first.rowCount, first.rows.length]).toEqual(['n', 3125, 1000]);
    expect(first.period).toBeNull();
    const last = await view('table=gold_numbers&sort=-n');
    expect(last.rows[0]?.[0]).toBe(3125);
    const named = await view('table=gold_places&sort=order_by');
    expect(named.rows).toHaveLength(3);
  });

  it('may have no rows', async () => {
    const shown = await view('table=gold_none&from=2026-01-01');
    expect(shown).toMatchObject({ period: null, tableRows: 0, rowCount: 0, rows: [], chart: null });
  });

  it.each([
    ['table=gold_sessions', 'table: there is no own table "gold_sessions"'],
    ['table=', 'table: there is no own table ""'],
    [`table=${encodeURIComponent('gold_days; SELECT 1')}`, 'there is no own table'],
    ['table=gold_days&sort=nothing', 'sort: there is no column "nothing"'],
    [`table=gold_days&sort=${encodeURIComponent('date" DESC --')}`, 'sort: there is no column'],
    ['table=gold_days&from=soon', 'from: "soon" is no day'],
    ['table=gold_places&country=%00', 'country: holds a NUL character'],
  ])('refuse %s', async (query, problem) => {
    const { status, body } = await ask(lake.address, `/api/own-table?${query}`);
    expect(status).toBe(400);
    expect(JSON.parse(body).error).toContain(problem);
  });
});

describe.skipIf(findChromium() === undefined)('the page of own tables (needs Chromium)', () => {
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    page = await browser.newPage({ bypassCSP: true, viewport: { width: 1240, height: 900 } });
    complaints = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) {
        complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  const open = async (query: string): Promise<void> => {
    await page.goto(`${lake.address}${query}`);
    await page.waitForSelector('#own-table');
  };
  const cells = (column: number): Promise<string[]> =>
    page.locator(`.data tbody td:nth-child(${column})`).allTextContents();

  it('is reached from the overview, and keeps its table in the address', async () => {
    await page.goto(lake.address);
    await page.waitForSelector('.figure');
    await page.getByRole('link', { name: 'Own tables' }).click();
    await page.waitForSelector('#own-table');
    expect(await page.locator('.figure, #health').count()).toBe(0);
    await page.locator('.filters > label select').selectOption('gold_numbers');
    await page.getByRole('heading', { name: 'gold_numbers' }).waitFor();
    expect(new URL(page.url()).search).toBe('?table=gold_numbers');
    await page.reload();
    await page.getByRole('heading', { name: 'gold_numbers' }).waitFor();
    await page.getByText('the first 100 of 3,125 rows').waitFor();
    expect(await page.locator('.data tbody tr').count()).toBe(100);
    await page.goBack();
    await page.goBack();
    await page.waitForSelector('.figure');
    expect(page.url()).toBe(lake.address);
  });

  it('sorts by the column that is chosen, and the other way when it is chosen again', async () => {
    await open('?table=gold_days');
    expect(await cells(1)).toEqual(['2026-01-05', '2026-01-03', '2026-01-01']);
    const head = page.locator('.data thead th').nth(0);
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    await head.getByRole('button').click();
    await expect.poll(() => cells(1)).toEqual(['2026-01-01', '2026-01-03', '2026-01-05']);
    await page.getByRole('button', { name: 'events', exact: true }).click();
    await expect.poll(() => cells(2)).toEqual(['2', '2', '1']);
    expect(new URL(page.url()).searchParams.get('sort')).toBe('-events');
  });

  it('draws a numeric column by day, below zero too, with gaps', async () => {
    await open('?table=gold_days');
    const days = page.locator('section[aria-labelledby=own-days]');
    expect(await days.locator('.plot').getAttribute('aria-label')).toBe('events by day, 5 points');
    await days.locator('select').selectOption('balance');
    const slider = page.getByLabel('balance by day: choose a point');
    await slider.focus();
    await page.keyboard.press('Home');
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toBe('Jan 1: -3');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toBe('Jan 2: –');
    const [top, bottom] = await days.locator('canvas').evaluate(rowsOfLine);
    const { height } = (await days.locator('canvas').boundingBox()) ?? { height: 0 };
    expect(top).toBeGreaterThan(0);
    // The labels of the days lie below.
    expect(bottom).toBeLessThan(height - 30);
  });

  it('offers those filters that the table can answer', async () => {
    const labels = (): Promise<string[]> =>
      page.locator('.filters .filters label').allTextContents();
    await open('?table=gold_numbers');
    expect(await labels()).toEqual([]);
    await open('?table=gold_none');
    expect(await labels()).toEqual([]);
    await page.getByText('no rows yet: clicklake run').waitFor();
    await open('?table=gold_places');
    const country = page.getByLabel('Country');
    expect(await page.getByLabel('Device').count()).toBe(0);
    await country.selectOption('=DE');
    await expect.poll(() => cells(1)).toEqual(['e2']);
    await page.getByText('1 row (the table has 5)').waitFor();
  });

  it('shows hostile values as text, and hands them out as CSV', async () => {
    await open('?table=gold_places');
    await expect.poll(() => cells(4)).toContain(`=SUM(1)"${HOSTILE}`);
    expect(await page.locator('main img, main b').count()).toBe(0);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download gold_places as CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('clicklake-gold_places.csv');
    const text = await readFile(await download.path(), 'utf8');
    expect(text).toContain(`"'=SUM(1)""${HOSTILE}"`);
    expect(text).toContain('9007199254740993');
  });

  it('keeps amounts below zero as numbers in CSV', async () => {
    await open('?table=gold_days');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download gold_days as CSV' }).click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    expect(text).toContain('2026-01-05,1,-1.50\r\n');
  });

  it('says that there is no such table', async () => {
    await page.goto(`${lake.address}?table=gold_nothing`);
    await page.getByText('there is no own table "gold_nothing"').waitFor();
    complaints = complaints.filter((text) => !text.includes('400'));
  });

  it.each([
    ['light', 1240, 'gold_days'],
    ['dark', 390, 'gold_days'],
    ['light', 390, 'gold_places'],
    ['dark', 1240, 'gold_places'],
    ['light', 320, 'gold_none'],
  ] as const)(
    'breaks no accessibility rule: %s, %i pixels, %s',
    async (colorScheme, width, table) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await open(`?table=${table}`);
      expect(await brokenRules(page)).toEqual([]);
      const overflow = 'document.documentElement.scrollWidth - innerWidth';
      expect(await page.evaluate<number>(overflow)).toBeLessThanOrEqual(0);
    },
  );

  it('is not offered by a lake without own models', async () => {
    const plain = await serveLake({ lines: LINES });
    try {
      await page.goto(plain.address);
      await page.waitForSelector('.figure');
      expect(await page.getByRole('link', { name: 'Own tables' }).count()).toBe(0);
      const { status } = await ask(plain.address, '/api/own-table?table=gold_days');
      expect(status).toBe(400);
    } finally {
      // The page must not ask a server that is gone.
      await page.goto('about:blank');
      await plain.stop();
    }
  });
});

/** The first and the last row of pixels that have the colour of lines. */
function rowsOfLine(element: unknown): [number, number] {
  const canvas = element as Canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const rows: number[] = [];
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] === 0x0f && data[at + 1] === 0x66 && data[at + 2] === 0x74) {
      rows.push(Math.floor(at / 4 / canvas.width));
    }
  }
  return [rows[0] ?? -1, rows.at(-1) ?? -1];
}

interface Canvas {
  width: number;
  height: number;
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8Array };
  };
}
