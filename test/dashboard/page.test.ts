/** The page in a real browser, over a real lake. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PAGES } from '../../src/dashboard/pages.ts';
import { brokenRules } from './broken-rules.ts';
import { findChromium, startChromium } from './browser.ts';
import { type ServedLake, serveLake } from './served-lake.ts';

describe.skipIf(findChromium() === undefined)('the dashboard (needs Chromium)', () => {
  let browser: Browser;
  let lake: ServedLake;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    browser = await startChromium();
    lake = await serveLake({ events: '6k' });
  });
  afterAll(async () => {
    await browser?.close();
    await lake?.stop();
  });
  beforeEach(async () => {
    // axe is put into the page past its policy; what the page itself may do is tested at the server.
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

  const open = async (query = ''): Promise<void> => {
    await page.goto(`${lake.address}${query}`);
    await page.waitForSelector('.figure');
  };
  const figure = (name: string): Promise<string | null> =>
    page
      .locator('.figure', { has: page.getByRole('heading', { name, exact: true }) })
      .locator('.value')
      .textContent();
  const sessionsWhere = (where: string): string =>
    Number(
      lake.query(`SELECT count(*) AS n FROM gold_sessions WHERE ${where}`)[0]?.n,
    ).toLocaleString('en');

  it('shows the numbers of clicklake query', async () => {
    await open('?from=2026-01-01&to=2026-02-28');
    const period = `session_date BETWEEN DATE '2026-01-01' AND DATE '2026-02-28'`;
    expect(await figure('Sessions')).toBe(sessionsWhere(period));
    const [row] = lake.query(
      `SELECT sum(revenue) AS revenue, count(*) FILTER (has_purchase) / count(*)::DOUBLE AS conversion,
         count(DISTINCT visitor_id) AS visitors FROM gold_sessions WHERE ${period}`,
    );
    expect((await figure('Revenue'))?.replaceAll(',', '')).toBe(`€${row?.revenue}`);
    const conversion = Number(row?.conversion);
    expect(await figure('Conversion Rate')).toBe(
      `${(conversion * 100).toFixed(conversion < 0.1 ? 2 : 1)}%`,
    );
    expect(await figure('Visitors')).toBe(Number(row?.visitors).toLocaleString('en'));
    const steps = await page
      .locator('section[aria-labelledby=funnel] tbody td:nth-child(2)')
      .allTextContents();
    const [funnel] = lake.query(
      `SELECT sum(sessions)::BIGINT AS a, sum(reached_product_view)::BIGINT AS b, sum(reached_add_to_cart)::BIGINT AS c,
         sum(reached_checkout)::BIGINT AS d, sum(reached_purchase)::BIGINT AS e FROM gold_funnel WHERE ${period}`,
    );
    expect(steps.map((step) => Number(step.replaceAll(',', '')))).toEqual(
      Object.values(funnel ?? {}),
    );
  });

  it('keeps filters in the address, through reload and back', async () => {
    await open('?from=2026-01-01&to=2026-02-28');
    const all = await figure('Sessions');
    await page.locator('.filters select').first().selectOption('=mobile');
    const mobile = sessionsWhere(
      `session_date BETWEEN DATE '2026-01-01' AND DATE '2026-02-28' AND device = 'mobile'`,
    );
    await expect.poll(() => figure('Sessions')).toBe(mobile);
    expect(new URL(page.url()).searchParams.get('device')).toBe('mobile');
    await page.reload();
    await page.waitForSelector('.figure');
    expect(await figure('Sessions')).toBe(mobile);
    await page.goBack();
    await expect.poll(() => figure('Sessions')).toBe(all);
  });

  /** Requests for a view, and entries in the history, since the page was opened. */
  const countQuestions = async (): Promise<() => Promise<{ views: number; entries: number }>> => {
    let views = 0;
    page.on('request', (request) => {
      if (request.url().includes('/api/view')) {
        views += 1;
      }
    });
    const before = await page.evaluate<number>('history.length');
    return async () => ({
      views,
      entries: (await page.evaluate<number>('history.length')) - before,
    });
  };
  const typeDay = (label: string, keys: string): Promise<void> =>
    page.getByLabel(label, { exact: true }).pressSequentially(keys);

  it.each(['Enter', 'Tab'])('takes a day that was typed once %s is pressed', async (key) => {
    await open('?from=2026-01-01&to=2026-02-28');
    const counts = await countQuestions();
    await typeDay('From', '02122026');
    const field = page.getByLabel('From', { exact: true });
    // Longer than the page waits before it looks at the lake again and is drawn anew.
    await page.waitForResponse((response) => response.url().includes('/api/options'));
    expect(await field.inputValue()).toBe('2026-02-12');
    expect(await counts()).toEqual({ views: 0, entries: 0 });
    // The next field, or out of the parts of this one.
    await page.keyboard.press(key);
    if (key === 'Tab') {
      await page.getByRole('heading', { name: 'Sessions', exact: true }).click();
    }
    await expect
      .poll(() => figure('Sessions'))
      .toBe(sessionsWhere(`session_date BETWEEN DATE '2026-02-12' AND DATE '2026-02-28'`));
    await field.blur();
    expect(await counts()).toEqual({ views: 1, entries: 1 });
    expect(new URL(page.url()).search).toBe('?from=2026-02-12&to=2026-02-28');
    await page.goBack();
    await expect.poll(() => field.inputValue()).toBe('2026-01-01');
  });

  it('takes both days, typed one after the other before an answer is there', async () => {
    await open('?from=2026-01-01&to=2026-01-20');
    await page.route('**/api/view*', async (route) => {
      await page.waitForURL(/to=2026-02-20/);
      await route.continue();
    });
    await typeDay('From', '02102026');
    await page.keyboard.press('Enter');
    // The end of the period gives way to its new beginning.
    await page.waitForURL(/from=2026-02-10&to=2026-02-10/);
    await typeDay('To', '02202026');
    await page.keyboard.press('Enter');
    await page.waitForURL(/from=2026-02-10&to=2026-02-20/);
    await expect
      .poll(() => figure('Sessions'))
      .toBe(sessionsWhere(`session_date BETWEEN DATE '2026-02-10' AND DATE '2026-02-20'`));
  });

  it('refuses years without events, and leaves what was typed to be mended', async () => {
    await open('?from=2026-01-01&to=2026-02-28');
    const counts = await countQuestions();
    await typeDay('From', '01050026');
    await page.keyboard.press('Enter');
    await page.getByText('from 2000-01-01 to 2099-12-31').waitFor();
    expect(await page.getByLabel('From', { exact: true }).inputValue()).toBe('0026-01-05');
    expect(await counts()).toEqual({ views: 0, entries: 0 });
    expect(await brokenRules(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await page.getByLabel('From', { exact: true }).inputValue()).toBe('2026-01-01');
    expect(await page.getByText('from 2000-01-01 to 2099-12-31').count()).toBe(0);
  });

  it('takes a day that was chosen without keys at once', async () => {
    await open('?from=2026-01-01&to=2026-02-28');
    await page.getByLabel('From', { exact: true }).fill('2026-02-01');
    await page.waitForURL(/from=2026-02-01/);
  });

  it('marks one period as chosen', async () => {
    const [row] = lake.query(
      `SELECT CAST(min(session_date) AS VARCHAR) AS first, CAST(max(session_date) AS VARCHAR) AS last FROM gold_sessions`,
    );
    const chosen = (): Promise<string[]> =>
      page.locator('.presets [aria-pressed=true]').allTextContents();
    await open(`?from=${row?.first}&to=${row?.last}`);
    expect(await chosen()).toEqual(['All']);
    await page.getByRole('button', { name: '7 days' }).click();
    await expect.poll(chosen).toEqual(['7 days']);
  });

  it('has links to its pages that keep the filters, in this tab and in another one', async () => {
    const query = '?from=2026-01-01&to=2026-02-28&device=mobile';
    await open(query);
    const link = page.getByRole('link', { name: 'Funnel', exact: true });
    const [other] = await Promise.all([
      page.context().waitForEvent('page'),
      link.click({ modifiers: ['ControlOrMeta'] }),
    ]);
    const wanted = `?page=funnel&from=2026-01-01&to=2026-02-28&device=mobile`;
    await other.waitForURL(`${lake.address}${wanted}`);
    await other.close();
    expect(new URL(page.url()).search).toBe(query);
    // A mark that is lost when the page is loaded anew.
    await page.evaluate('document.body.dataset.mark = "kept"');
    await link.click();
    await page.waitForURL(`${lake.address}${wanted}`);
    await page.getByRole('heading', { name: 'Funnel', exact: true }).waitFor();
    expect(await link.getAttribute('aria-current')).toBe('page');
    expect(await page.evaluate('document.body.dataset.mark')).toBe('kept');
  });

  it('says of which days the earlier share of a funnel step is', async () => {
    const heads = page.locator('section[aria-labelledby=funnel] thead th');
    await open('?from=2026-02-01&to=2026-02-07');
    expect(await heads.allTextContents()).toEqual([
      ...['Step', 'Sessions', 'Share', 'Drop-off', 'Share, Jan 25 – 31, 2026'],
    ]);
    await page.getByLabel('Compared with').selectOption('none');
    await expect.poll(() => heads.count()).toBe(4);
  });

  it('keeps the first column of a table in sight on a phone', async () => {
    await page.setViewportSize({ width: 390, height: 900 });
    await open('?page=orders&from=2026-01-01&to=2026-02-28');
    const table = page.getByRole('region', { name: 'Table: Latest orders' });
    const first = table.locator('tbody th').first();
    const left = async (): Promise<number | undefined> => (await first.boundingBox())?.x;
    const before = await left();
    const scrolled = await table.evaluate((box) => {
      box.scrollLeft = 1000;
      return box.scrollLeft;
    });
    expect(scrolled).toBeGreaterThan(0);
    expect(await left()).toBe(before);
  });

  it.each([360, 390, 412, 768, 820, 960])(
    'has tables that fit a window of %i pixels',
    async (width) => {
      await page.setViewportSize({ width, height: 900 });
      // A comparison is one more column.
      const from = width > 480 ? '2026-02-01' : '2026-01-01';
      for (const id of ['overview', 'acquisition']) {
        await page.goto(`${lake.address}?page=${id}&from=${from}&to=2026-02-28`);
        await page.waitForSelector('main[aria-busy=false] .panel');
        const cut = await page
          .locator('section.scroll:has(.bars)')
          .evaluateAll((all) => all.filter((box) => box.scrollWidth > box.clientWidth).length);
        expect(cut, id).toBe(0);
      }
    },
  );

  it('shows all of a funnel on a phone and breaks no word of it', async () => {
    await page.setViewportSize({ width: 390, height: 900 });
    await page.goto(`${lake.address}?page=funnel&from=2026-02-01&to=2026-02-28`);
    await page.waitForSelector('main[aria-busy=false] .panel');
    const steps = page.locator('section[aria-labelledby=funnel] tbody th bdi');
    await steps.last().waitFor();
    const broken = await steps.evaluateAll((all) =>
      all
        .map((step) => ({ text: step.textContent ?? '', lines: step.getClientRects().length }))
        .filter(({ text, lines }) => lines > text.split(' ').length),
    );
    expect(broken).toEqual([]);
    // With the column of the earlier days.
    const isCut = await page
      .locator('section[aria-labelledby=funnel] .scroll')
      .evaluate((box) => box.scrollWidth > box.clientWidth);
    expect(isCut).toBe(false);
  });

  it('shows figures while nothing is known of the health of the lake', async () => {
    let answer = (): void => {};
    const held = new Promise<void>((done) => {
      answer = done;
    });
    await page.route('**/api/health', async (route) => {
      await held;
      await route.continue();
    });
    await open('?from=2026-01-01&to=2026-02-28');
    await page.locator('.filters select').first().selectOption('=mobile');
    await expect
      .poll(() => figure('Sessions'))
      .toBe(
        sessionsWhere(
          `session_date BETWEEN DATE '2026-01-01' AND DATE '2026-02-28' AND device = 'mobile'`,
        ),
      );
    await page.getByRole('link', { name: 'Data health' }).click();
    expect(await page.getByText('Health of the lake').count()).toBe(0);
    answer();
    await page.getByRole('heading', { name: 'Health of the lake' }).waitFor();
  });

  it('filters by a row of the countries, and takes the filter off again', async () => {
    await open('?from=2026-01-01&to=2026-02-28');
    const all = await figure('Sessions');
    const germany = page.getByRole('button', { name: 'Germany', exact: true });
    await germany.click();
    await expect.poll(() => new URL(page.url()).searchParams.get('country')).toBe('DE');
    await expect.poll(() => germany.getAttribute('aria-pressed')).toBe('true');
    await germany.click();
    await expect.poll(() => figure('Sessions')).toBe(all);
  });

  it('hands out the numbers of a chart as CSV', async () => {
    await open('?from=2026-01-01&to=2026-02-28');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download Funnel as CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('clicklake-funnel.csv');
    const text = await readFile(await download.path(), 'utf8');
    expect(text).toMatch(
      /^\uFEFFstep,sessions,share of sessions,drop-off,share before\r\nAll sessions,\d+,1,,\r\n/,
    );
  });

  it('explains each chart from the data dictionary', async () => {
    await open();
    const funnel = page.locator('section[aria-labelledby=funnel]');
    await funnel.locator('summary').click();
    await expect.poll(() => funnel.locator('dd').textContent()).toMatch(/closed funnel/);
    const empty = await page
      .locator('.meaning dd')
      .evaluateAll((all) => all.filter((dd) => dd.textContent === '').length);
    expect(empty).toBe(0);
  });

  it('can be used with the keyboard alone', async () => {
    await open();
    const slider = page.getByLabel('Sessions by day: choose a point');
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await expect
      .poll(() => slider.getAttribute('aria-valuetext'))
      .toMatch(/^\w+ \d+: \d+; before, \w+ \d+: \d+$/);
  });

  it('asks again what the server did not answer, once it is there again', async () => {
    await open('?from=2026-01-01&to=2026-02-28');
    await page.route('**/api/**', (route) => route.abort());
    await page.locator('.filters select').first().selectOption('=mobile');
    await page.getByText('The dashboard does not answer').waitFor();
    await page.unrouteAll();
    const mobile = sessionsWhere(
      `session_date BETWEEN DATE '2026-01-01' AND DATE '2026-02-28' AND device = 'mobile'`,
    );
    await expect.poll(() => figure('Sessions'), { timeout: 20_000 }).toBe(mobile);
    expect(await page.getByText('The dashboard does not answer').count()).toBe(0);
    // The browser itself reports what did not get through.
    complaints = complaints.filter((text) => !text.includes('net::ERR_FAILED'));
  });

  it('draws no rate for a day without sessions', async () => {
    const [row] = lake.query(
      `WITH rare AS (SELECT country FROM gold_sessions WHERE country <> '' GROUP BY country ORDER BY count(*) LIMIT 1)
       SELECT country, date_diff('day', (SELECT min(session_date) FROM gold_sessions), date)::INTEGER AS place
       FROM rare, (SELECT DISTINCT session_date AS date FROM gold_sessions)
       WHERE date NOT IN (SELECT session_date FROM gold_sessions JOIN rare USING (country)) ORDER BY date LIMIT 1`,
    );
    await open(`?from=2026-01-01&to=2026-03-31&country=${row?.country}`);
    const days = page.locator('section[aria-labelledby=days]');
    await days.getByLabel('Figure').selectOption('Conversion Rate');
    await days.locator('input[type=range]').focus();
    await page.keyboard.press('Home');
    for (let place = 0; place < Number(row?.place); place += 1) {
      await page.keyboard.press('ArrowRight');
    }
    await expect.poll(() => days.locator('.reading').textContent()).toMatch(/^Jan \d+: –$/);
  });

  it('draws the days that the lake has, and none around them', async () => {
    const [row] = lake.query(
      `SELECT CAST(min(session_date) AS VARCHAR) AS first, CAST(max(session_date) AS VARCHAR) AS last,
         date_diff('day', min(session_date), max(session_date))::INTEGER + 1 AS days FROM gold_sessions`,
    );
    await open('?from=2025-11-01&to=2026-12-31&grain=day');
    const days = page.locator('section[aria-labelledby=days]');
    await days.getByText(`the lake has ${row?.first} to ${row?.last}`).waitFor();
    expect(await days.locator('.plot').getAttribute('aria-label')).toBe(
      `Sessions by day, ${row?.days} points`,
    );
    await page.setViewportSize({ width: 390, height: 900 });
    const overflow = 'document.documentElement.scrollWidth - innerWidth';
    expect(await page.evaluate<number>(overflow)).toBeLessThanOrEqual(0);
  });

  const period = `session_date BETWEEN DATE '2026-01-01' AND DATE '2026-02-28'`;

  it('adds a filter of any kind, shows it, and takes it off again', async () => {
    await open('?from=2026-01-01&to=2026-02-28');
    const all = await figure('Sessions');
    await page.getByText('Add a filter').click();
    await page.getByLabel('Filter by').selectOption('landing_page');
    await page.getByLabel('Condition').selectOption('contains');
    await page.getByLabel('Value').fill('/c/');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => figure('Sessions'))
      .toBe(sessionsWhere(`${period} AND landing_page LIKE '%/c/%'`));
    await page.getByLabel('Condition').selectOption('isNot');
    await page.getByLabel('Filter by').selectOption('channel');
    await page.getByLabel('Value').fill('Direct');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await expect
      .poll(() => figure('Sessions'))
      .toBe(sessionsWhere(`${period} AND landing_page LIKE '%/c/%' AND channel <> 'Direct'`));
    const query = new URL(page.url()).searchParams;
    expect([query.get('landing_page.contains'), query.get('channel.not')]).toEqual([
      '/c/',
      'Direct',
    ]);
    await page.getByRole('button', { name: /Landing page contains/ }).click();
    await expect
      .poll(() => figure('Sessions'))
      .toBe(sessionsWhere(`${period} AND channel <> 'Direct'`));
    await page.getByRole('button', { name: 'Remove all filters' }).click();
    await expect.poll(() => figure('Sessions')).toBe(all);
  });

  it('takes several rows as one filter', async () => {
    await open('?from=2026-01-01&to=2026-02-28');
    for (const name of ['mobile', 'tablet']) {
      await page.getByRole('button', { name, exact: true }).click();
    }
    await expect
      .poll(() => figure('Sessions'))
      .toBe(sessionsWhere(`${period} AND device IN ('mobile', 'tablet')`));
    expect(new URL(page.url()).searchParams.getAll('device')).toEqual(['mobile', 'tablet']);
  });

  it('compares rates in percentage points, with the days that are chosen', async () => {
    await open('?from=2026-02-01&to=2026-02-28');
    await page.getByLabel('Compared with').selectOption('custom');
    await page.getByLabel('Compared from').fill('2026-01-05');
    await page.waitForURL(/compare_from=2026-01-05/);
    await page.getByText('Compared with 2026-01-05 to 2026-01-31.').waitFor();
    const rateOf = (from: string, to: string): number =>
      Number(
        lake.query(
          `SELECT 100 * avg(is_bounce::INTEGER) AS rate FROM gold_sessions
           WHERE session_date BETWEEN DATE '${from}' AND DATE '${to}'`,
        )[0]?.rate,
      );
    const change = rateOf('2026-02-01', '2026-02-28') - rateOf('2026-01-05', '2026-01-31');
    const tile = page.locator('.figure', {
      has: page.getByRole('heading', { name: 'Bounce Rate' }),
    });
    await expect
      .poll(() => tile.locator('.change').textContent())
      .toContain(`${change < 0 ? '▼ −' : '▲ +'}${Math.abs(change).toFixed(2)} pp`);
    await page.getByLabel('Compared with').selectOption('none');
    await expect.poll(() => tile.locator('.change').textContent()).toBe('not compared');
    await page.getByLabel('Compared with').selectOption('custom');
    await page.getByText('Compared with 2026-01-04 to 2026-01-31.').waitFor();
  });

  it.each([
    ['', true],
    ['&page=funnel', true],
    ['&page=products', true],
    ['&page=acquisition', true],
    ['&page=engagement', false],
    ['&page=retention', false],
    ['&compare=year', false],
  ])('says what was compared, and only where something was: %s', async (query, isCompared) => {
    await page.goto(`${lake.address}?from=2026-02-01&to=2026-02-28${query}`);
    await page.waitForSelector('main[aria-busy=false] .panel');
    const footer = page.locator('footer');
    await expect.poll(() => footer.textContent()).toContain('Amounts are in');
    const text = (await footer.textContent()) ?? '';
    expect(text.includes('Compared')).toBe(isCompared);
    expect(text.includes('Compared with 2026-01-04 to 2026-01-31.')).toBe(isCompared);
  });

  it('shows years where the days are not of one', async () => {
    await open('?from=2025-12-01&to=2026-02-28&grain=month&compare=none');
    const slider = page.getByLabel('Sessions by month: choose a point');
    await slider.focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => slider.getAttribute('aria-valuetext')).toMatch(/^Jan 1: \d+$/);
    await page.getByLabel('Compared with').selectOption('year');
    await page.waitForURL(/compare=year/);
  });

  it('shows the value beside the pointer', async () => {
    await open('?from=2026-01-01&to=2026-02-28');
    const plot = page.locator('section[aria-labelledby=days] .u-over');
    await plot.hover();
    await expect
      .poll(() => page.locator('.beside').textContent())
      .toMatch(/^(?:Jan|Feb) \d+: \d+$/);
  });

  it('hands out a chart as a picture', async () => {
    await open('?from=2026-01-01&to=2026-02-28');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download Sessions by day as PNG' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('clicklake-sessions-by-day.png');
    const picture = await readFile(await download.path());
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    expect(picture.readUInt32BE(16)).toBeGreaterThan(1000);
  });

  it('keeps views under names, in this browser', async () => {
    await open('?from=2026-01-01&to=2026-02-28&device=mobile');
    const mobile = await figure('Sessions');
    await page.getByText('Saved views').click();
    await page.getByLabel('Name of this view').fill('<b>phones</b>');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await open();
    await page.getByText('Saved views (1)').click();
    await page.getByRole('link', { name: '<b>phones</b>' }).click();
    await page.waitForURL(/device=mobile/);
    await expect.poll(() => figure('Sessions')).toBe(mobile);
    await page.getByText('Saved views (1)').click();
    await page.getByRole('button', { name: 'Forget the view <b>phones</b>' }).click();
    await page.getByText('Saved views', { exact: true }).waitFor();
  });

  it('is named in the title of its tab', async () => {
    await open();
    expect(await page.title()).toBe('Overview · Clicklake');
    await page.getByRole('link', { name: 'Acquisition' }).click();
    await expect.poll(() => page.title()).toBe('Acquisition · Clicklake');
  });

  it('says when it compares with more days, or with none', async () => {
    await open(
      '?from=2026-02-02&to=2026-02-08&compare=custom&compare_from=2026-01-05&compare_to=2026-01-14',
    );
    await page.getByText('7 days compared with 10 days').waitFor();
    await open('?from=2026-01-02&to=2026-01-10');
    const trend = page.locator('section[aria-labelledby=days]');
    await trend
      .getByText('Nothing to compare with: the lake does not have Dec 24, 2025 to Jan 1, 2026')
      .waitFor();
  });

  it('offers to remove filters that leave nothing', async () => {
    await page.goto(`${lake.address}?country=XX`);
    await page.locator('.notice').getByRole('button', { name: 'Remove all filters' }).click();
    await page.waitForSelector('.figure');
  });

  it('says that there is no such page', async () => {
    await page.goto(`${lake.address}?page=nowhere`);
    await page.getByText('page: there is no "nowhere"').waitFor();
    await page.getByRole('button', { name: 'Show the latest days' }).click();
    await page.waitForSelector('.figure');
    complaints = complaints.filter((text) => !text.includes('400'));
  });

  describe.each(PAGES.map(({ id }) => id))('the page %s', (id) => {
    it.each([
      ['light', 1240],
      ['dark', 390],
    ] as const)('breaks no accessibility rule: %s, %i pixels', async (colorScheme, width) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`${lake.address}?page=${id}`);
      await page.waitForSelector('main[aria-busy=false] .panel');
      for (const summary of await page.locator('search summary').all()) {
        await summary.click();
      }
      expect(await brokenRules(page)).toEqual([]);
      const overflow = 'document.documentElement.scrollWidth - innerWidth';
      expect(await page.evaluate<number>(overflow)).toBeLessThanOrEqual(0);
    });

    it('has regions, each with a name of its own', async () => {
      await page.goto(`${lake.address}?page=${id}`);
      await page.waitForSelector('main[aria-busy=false] .panel');
      const names = await page
        .locator('.panel')
        .evaluateAll((all) =>
          all.map((panel) => panel.querySelector('h2')?.textContent ?? 'no name'),
        );
      expect(new Set(names).size).toBe(names.length);
      expect(names).not.toContain('no name');
    });
  });

  it('says what it does not have, and offers the way back', async () => {
    await page.goto(`${lake.address}?from=2031-01-01&to=2031-01-31`);
    await page.getByText('No sessions, orders or refunds from 2031-01-01').waitFor();
    expect(await brokenRules(page)).toEqual([]);
    await page.getByRole('button', { name: 'Show the latest days' }).click();
    await page.waitForSelector('.figure');
    expect(page.url()).toBe(lake.address);
  });

  it('says what is wrong with a shared address', async () => {
    await page.goto(`${lake.address}?from=soon`);
    await page.getByText('from: "soon" is no day').waitFor();
    expect(await brokenRules(page)).toEqual([]);
    // The browser itself reports the answer 400.
    complaints = complaints.filter((text) => !text.includes('400'));
  });

  it.each([
    ['light', 1240],
    ['dark', 1240],
    ['light', 390],
    ['dark', 390],
  ] as const)('breaks no accessibility rule: %s, %i pixels', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await open();
    expect(await brokenRules(page)).toEqual([]);
    const overflow = await page.evaluate<number>(
      'document.documentElement.scrollWidth - innerWidth',
    );
    expect(overflow).toBeLessThanOrEqual(0);
  });

  it('follows the lake: a run while the page is open', async () => {
    await open('?from=2026-01-01&to=2026-03-31');
    const before = await figure('Sessions');
    lake.run('ingest', join(lake.folder, 'landing'));
    lake.run('run');
    await expect.poll(() => figure('Sessions'), { timeout: 20_000 }).not.toBe(before);
    expect(await figure('Sessions')).toBe(sessionsWhere('true'));
  });

  it('leads from a lake of rejected records to the reasons', async () => {
    const rejected = await serveLake({ lines: ['{"event_id":"1"}', 'no JSON'] });
    try {
      await page.goto(rejected.address);
      const notice = page.locator('.notice', { hasText: '2 records in quarantine' });
      await notice.getByRole('button', { name: 'Data health' }).click();
      await page
        .getByRole('row', { name: /not_json/ })
        .first()
        .waitFor();
    } finally {
      await page.goto('about:blank');
      await rejected.stop();
    }
  });

  it('helps with an empty lake', async () => {
    const empty = await serveLake();
    try {
      await page.goto(empty.address);
      await page.getByText('No sessions in this lake yet').waitFor();
      await page.getByText('clicklake ingest events').waitFor();
      expect(await brokenRules(page)).toEqual([]);
    } finally {
      // The page must not ask a server that is gone.
      await page.goto('about:blank');
      await empty.stop();
    }
  });
});
