import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countDays } from '../../src/dashboard/days.ts';
import { isLoopback } from '../../src/dashboard/server/access.ts';
import { comparedPeriod, previousPeriod, readChoice } from '../../src/dashboard/server/choice.ts';
import type { View } from '../../src/dashboard/view.ts';
import { finish, startCommand } from '../acceptance/command.ts';
import { ask, askRaw } from './ask.ts';
import { type ServedLake, serveLake } from './served-lake.ts';

const DAYS = { from: '2026-01-01', to: '2026-02-28' };
const choose = (query: string) => readChoice(new URLSearchParams(query), DAYS);

describe('the filters of an address', () => {
  it('are the last 28 of 59 days when none is named, so that as many lie before', () => {
    expect(choose('')).toEqual({
      ...{ from: '2026-02-01', to: '2026-02-28' },
      ...{ filters: [], grain: 'day', compare: { kind: 'previous' }, by: null },
    });
  });

  it.each([
    ['2026-01-01', 1, '2026-01-01'],
    ['2026-01-14', 7, '2026-01-08'],
    ['2026-01-15', 7, '2026-01-09'],
    ['2026-01-03', 1, '2026-01-03'],
    ['2027-02-04', 30, '2027-01-06'],
  ])('leave something to compare with in a lake up to %s: %i days', (to, count, from) => {
    const chosen = readChoice(new URLSearchParams(), { from: '2026-01-01', to });
    expect(chosen).toMatchObject({ from, to });
    expect(countDays(chosen)).toBe(count);
  });

  it('keep an empty device apart from none', () => {
    expect(choose('device=&country=DE').filters).toEqual([
      { dimension: 'device', operator: 'is', values: [''] },
      { dimension: 'country', operator: 'is', values: ['DE'] },
    ]);
  });

  it('take several values, their opposite, and a part of a name', () => {
    expect(
      choose('device=mobile&device=tablet&channel.not=Direct&landing_page.contains=sale').filters,
    ).toEqual([
      { dimension: 'channel', operator: 'isNot', values: ['Direct'] },
      { dimension: 'landing_page', operator: 'contains', values: ['sale'] },
      { dimension: 'device', operator: 'is', values: ['mobile', 'tablet'] },
    ]);
  });

  it('cut a long period into weeks or months, unless a grain is named', () => {
    const grainOf = (query: string) => choose(`from=2020-01-01&${query}`).grain;
    expect([grainOf('to=2020-04-29'), grainOf('to=2020-04-30')]).toEqual(['day', 'week']);
    expect([grainOf('to=2022-05-01'), grainOf('to=2026-01-01')]).toEqual(['month', 'month']);
    expect(grainOf('to=2026-01-01&grain=day')).toBe('day');
  });

  it.each([
    'from=yesterday',
    'from=2026-02-30',
    'to=2026-1-1',
    'from=2026-02-02&to=2026-02-01',
    'from=0001-01-01',
    'to=9999-12-31',
    'device=a%00b',
    `country=${'x'.repeat(2001)}`,
    `channel.not=${'x'.repeat(2001)}`,
    'grain=hour',
    'compare=best',
    'compare=custom',
    'compare=custom&compare_from=2026-01-01',
    'compare=custom&compare_from=2026-01-02&compare_to=2026-01-01',
  ])('are refused: %s', (query) =>
    expect(() => choose(query)).toThrow(
      /no day|is after|not in the years|NUL|longer than|there is no|custom needs/,
    ),
  );

  it('take any day of a hundred years, and a name of 2000 characters', () => {
    const name = 'x'.repeat(2000);
    expect(choose(`from=2000-01-01&to=2099-12-31&device=${name}`)).toMatchObject({
      ...{ from: '2000-01-01', to: '2099-12-31' },
      filters: [{ dimension: 'device', operator: 'is', values: [name] }],
    });
    expect(choose('from=&to=')).toEqual(choose(''));
    expect(choose('to=2026-02-10')).toMatchObject({
      from: '2026-01-14',
      to: '2026-02-10',
    });
  });

  it('are compared with as many days before', () => {
    expect(previousPeriod({ from: '2026-03-01', to: '2026-03-07' })).toEqual({
      from: '2026-02-22',
      to: '2026-02-28',
    });
  });

  it.each([
    ['previous', '', { from: '2024-02-20', to: '2024-02-28' }],
    ['year', 'compare=year', { from: '2023-02-28', to: '2023-03-08' }],
    ['none', 'compare=none', null],
    [
      'custom',
      'compare=custom&compare_from=2024-01-01&compare_to=2024-01-02',
      { from: '2024-01-01', to: '2024-01-02' },
    ],
  ])('are compared as the address says: %s', (_kind, query, expected) => {
    expect(comparedPeriod(choose(`from=2024-02-29&to=2024-03-08&${query}`))).toEqual(expected);
  });

  it.each([
    ['a month', '2025-02-01', '2025-02-28', '2024-02-01', '2024-02-29'],
    ['a month of a leap year', '2024-02-01', '2024-02-29', '2023-02-01', '2023-02-28'],
    ['a winter', '2024-12-01', '2025-02-28', '2023-12-01', '2024-02-29'],
    ['a year', '2025-01-01', '2025-12-31', '2024-01-01', '2024-12-31'],
    ['the end of a month', '2025-02-10', '2025-02-28', '2024-02-10', '2024-02-28'],
    ['the beginning of a month', '2025-02-01', '2025-02-27', '2024-02-01', '2024-02-27'],
    ['the last day of a year', '2025-12-31', '2025-12-31', '2024-12-31', '2024-12-31'],
  ])('are compared with the same months a year before: %s', (_name, from, to, first, last) => {
    expect(comparedPeriod(choose(`from=${from}&to=${to}&compare=year`))).toEqual({
      from: first,
      to: last,
    });
  });
});

it('knows the addresses of this machine', () => {
  expect(['127.0.0.1', '127.9.9.9', 'localhost', '::1', '[::1]'].every(isLoopback)).toBe(true);
  expect(['0.0.0.0', '192.168.1.5', '127.evil.example', 'localhost.evil'].some(isLoopback)).toBe(
    false,
  );
});

describe('the server of a dashboard', () => {
  let lake: ServedLake;
  beforeAll(async () => {
    lake = await serveLake({ events: '4k' });
  });
  afterAll(() => lake?.stop());

  const viewOf = async (query: string): Promise<View> =>
    JSON.parse((await ask(lake.address, `/api/view?${query}`)).body);

  it('listens on this machine only', () => {
    expect(new URL(lake.address).hostname).toBe('127.0.0.1');
  });

  it('sends its page with headers that allow nothing from elsewhere', async () => {
    const { status, headers, body } = await ask(lake.address, '/');
    expect(status).toBe(200);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(body).not.toMatch(/https?:\/\//);
  });

  it.each(['evil.example', 'evil.example:80', '192.168.0.9'])(
    'does not answer for the host %j',
    async (host) => {
      const { status } = await ask(lake.address, '/api/options', { headers: { host } });
      expect(status).toBe(421);
    },
  );

  it.each(['cross-site', 'same-site', 'anything'])('does not answer pages of %s', async (site) => {
    const headers = { 'sec-fetch-site': site };
    for (const path of ['/api/view', '/api/options', '/api/health', '/app.js']) {
      expect((await ask(lake.address, path, { headers })).status).toBe(403);
    }
  });

  it.each(['same-origin', 'none'])('answers its own page: %s', async (site) => {
    const headers = { 'sec-fetch-site': site };
    expect((await ask(lake.address, '/api/view', { headers })).status).toBe(200);
  });

  it('opens its page, filters and all, from a link of another site', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await ask(lake.address, '/?device=mobile', { headers })).status).toBe(200);
  });

  it('only reads', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await ask(lake.address, '/api/view', { method })).status).toBe(405);
    }
  });

  it('takes no path but its own', async () => {
    for (const path of ['/../package.json', '/%2e%2e/main.js', '/api/query?sql=SELECT+1']) {
      expect((await ask(lake.address, path)).status).toBe(404);
    }
    expect((await askRaw(lake.address, '//')).status).toBe(404);
    expect((await askRaw(lake.address, '*')).status).toBe(400);
  });

  it('takes the text of a filter as text', async () => {
    const device = encodeURIComponent("x' OR 1=1 --");
    const { status, body } = await ask(lake.address, `/api/view?device=${device}`);
    expect(status).toBe(200);
    expect((JSON.parse(body) as View).totals.sessions).toBe(0);
  });

  it('reads no file for a filter that asks for one', async () => {
    const secret = join(lake.folder, 'secret.csv');
    await writeFile(secret, 'word\nabracadabra\n');
    for (const wanted of [
      `' OR device IN (SELECT word FROM read_csv('${secret}')) --`,
      `x') UNION ALL SELECT content FROM read_text('${secret}') --`,
      `'; ATTACH '${secret}' AS other; --`,
    ]) {
      const text = encodeURIComponent(wanted);
      for (const filter of [`device=${text}`, `country=${text}`, `channel.contains=${text}`]) {
        const { status, body } = await ask(lake.address, `/api/view?${filter}`);
        expect(status).toBe(200);
        expect((JSON.parse(body) as View).totals.sessions).toBe(0);
        expect(body).not.toContain('abracadabra');
      }
      for (const name of ['from', 'to', 'page', 'grain', 'compare']) {
        const filter = `${name}=${text}`;
        expect((await ask(lake.address, `/api/view?${filter}`)).status).toBe(400);
      }
    }
  });

  it('says what is wrong with a filter', async () => {
    const { status, body } = await ask(lake.address, '/api/view?from=soon');
    expect(status).toBe(400);
    expect(JSON.parse(body)).toEqual({
      error: 'from: "soon" is no day',
      hint: 'days are written YYYY-MM-DD, for example from=2026-01-01&to=2026-01-31',
    });
  });

  it('answers 304 when nothing has changed', async () => {
    const { headers } = await ask(lake.address, '/api/options');
    const again = await ask(lake.address, '/api/options', {
      headers: { 'if-none-match': String(headers.etag) },
    });
    expect(again).toMatchObject({ status: 304, body: '' });
  });

  it('tells numbers that clicklake query tells', async () => {
    const where = `session_date BETWEEN DATE '2026-02-01' AND DATE '2026-02-20' AND country = 'DE'`;
    const [counted] = lake.query(
      `SELECT count(*) AS sessions, count(DISTINCT visitor_id) AS visitors,
         count(*) FILTER (session_number = 1) AS "newVisitors", count(*) FILTER (has_purchase) / count(*) AS "conversionRate",
         count(*) FILTER (has_add_to_cart AND NOT has_purchase) / count(*) FILTER (has_add_to_cart) AS "cartAbandonmentRate",
         count(*) FILTER (is_bounce) / count(*) AS "bounceRate", count(*) FILTER (is_engaged) / count(*) AS "engagementRate",
         sum(duration_seconds)::DOUBLE / count(*) AS "averageSessionDuration"
       FROM gold_sessions WHERE ${where}`,
    );
    const period = 'from=2026-02-01&to=2026-02-20&country=DE';
    const view = await viewOf(period);
    for (const page of ['engagement', 'products']) {
      Object.assign(view.parts, (await viewOf(`${period}&page=${page}`)).parts);
    }
    const { averageSessionDuration: seconds, ...totals } = view.totals;
    const { averageSessionDuration: countedSeconds, ...countedTotals } = counted ?? {};
    // Orders and refunds are told apart by the country of the order's session, and count on their own days.
    const between = `BETWEEN DATE '2026-02-01' AND DATE '2026-02-20'`;
    const inGermany = `session_id IN (SELECT session_id FROM gold_sessions WHERE country = 'DE')`;
    const [money] = lake.query(
      `SELECT count(*)::BIGINT AS orders, sum(revenue)::DOUBLE AS gross
       FROM gold_orders WHERE order_date ${between} AND ${inGermany}`,
    );
    const [back] = lake.query(
      `SELECT coalesce(sum(r.amount), 0)::DOUBLE AS given
       FROM gold_refunds AS r JOIN gold_orders USING (order_id)
       WHERE refund_date ${between} AND ${inGermany}`,
    );
    const { refunded, netRevenue, revenue, ...counts } = totals;
    expect(counts).toEqual({ ...countedTotals, orders: money?.orders });
    expect(revenue).toBeCloseTo(Number(money?.gross), 2);
    expect(refunded).toBeCloseTo(Number(back?.given), 2);
    expect(netRevenue).toBeCloseTo(Number(money?.gross) - Number(back?.given), 2);
    expect(seconds).toBeCloseTo(Number(countedSeconds), 6);
    const [steps] = lake.query(
      `SELECT count(*) AS "All sessions", count(*) FILTER (funnel_step >= 1) AS "Viewed a product",
         count(*) FILTER (funnel_step >= 2) AS "Added to cart", count(*) FILTER (funnel_step >= 3) AS "Began checkout",
         count(*) FILTER (funnel_step >= 4) AS "Purchased" FROM gold_sessions WHERE ${where}`,
    );
    expect(
      Object.fromEntries((view.parts.funnel ?? []).map(({ label, sessions }) => [label, sessions])),
    ).toEqual(steps);
    const bucketsOf = (column: string, steps: number[]) =>
      lake.query(
        `SELECT start AS "from", count(session_id) AS sessions
         FROM (SELECT start, lead(start, 1, 1e9::BIGINT) OVER (ORDER BY start) AS stop
               FROM unnest([${steps}]) AS steps(start))
         LEFT JOIN (SELECT * FROM gold_sessions WHERE ${where}) ON ${column} >= start AND ${column} < stop
         GROUP BY start ORDER BY start`,
      );
    expect(view.parts.durations?.buckets).toEqual(
      bucketsOf('duration_seconds', [0, 10, 30, 60, 180, 600, 1800]),
    );
    expect(view.parts.depths).toEqual(bucketsOf('event_count', [1, 2, 3, 5, 10, 20, 50]));
    const [median] = lake.query(
      `SELECT median(duration_seconds::DOUBLE) AS median FROM gold_sessions WHERE ${where}`,
    );
    expect(view.parts.durations?.medianSeconds).toBe(median?.median);
    const hours = lake.query(
      `SELECT (isodow(session_date) - 1)::INTEGER AS weekday, extract(hour FROM started_at)::INTEGER AS hour,
         count(*) AS sessions FROM gold_sessions WHERE ${where} GROUP BY ALL ORDER BY ALL`,
    );
    expect(view.parts.hours).toEqual(hours);
    const sum = (rows: { sessions: number | null }[] | undefined): number | undefined =>
      rows?.reduce((all, { sessions }) => all + Number(sessions), 0);
    for (const rows of [
      view.parts.trend?.days.map(({ values }) => ({ sessions: values.sessions ?? null })),
      view.parts.durations?.buckets,
      view.parts.depths,
      view.parts.hours,
    ]) {
      expect(sum(rows)).toBe(view.totals.sessions);
    }
    const products = lake.query(
      `SELECT product_id AS id, sum(views)::BIGINT AS views, sum(add_to_carts)::BIGINT AS "addToCarts",
         sum(orders)::BIGINT AS orders, sum(revenue)::DOUBLE AS revenue,
         sum(add_to_carts) / nullif(sum(views), 0) AS "viewToCartRate",
         sum(orders) / nullif(sum(add_to_carts), 0) AS "cartToPurchaseRate",
         COALESCE((
           SELECT sum(b.revenue)::DOUBLE FROM gold_products AS b
           WHERE b.product_id = p.product_id AND b.date BETWEEN DATE '2026-01-12' AND DATE '2026-01-31'
         ), 0) AS "revenueBefore"
       FROM gold_products AS p WHERE date BETWEEN DATE '2026-02-01' AND DATE '2026-02-20'
       GROUP BY product_id ORDER BY sum(revenue) DESC, 4 DESC, 2 DESC, 1 LIMIT 100`,
    );
    const unnamed = { name: null, category: null, brand: null };
    expect(view.parts.products).toEqual(products.map((row) => ({ ...row, ...unnamed })));
  });

  it('goes on showing the other countries when one is chosen, of the device that is chosen', async () => {
    const { body } = await ask(
      lake.address,
      '/api/view?from=2026-02-01&to=2026-02-20&country=DE&device=mobile',
    );
    const view = JSON.parse(body) as View;
    const groups = (column: string, where: string) =>
      lake.query(
        `WITH orders AS (
           SELECT COALESCE(${column}, '') AS name, sum(o.reported_revenue)::DOUBLE AS revenue
           FROM gold_orders AS o JOIN gold_sessions AS s USING (session_id)
           WHERE order_date BETWEEN DATE '2026-02-01' AND DATE '2026-02-20' AND ${where} GROUP BY 1
         ), before AS (
           SELECT COALESCE(${column}, '') AS name, count(*) AS sessions FROM gold_sessions
           WHERE session_date BETWEEN DATE '2026-01-12' AND DATE '2026-01-31' AND ${where} GROUP BY 1
         )
         SELECT COALESCE(${column}, '') AS name, count(*) AS sessions,
           count(*) FILTER (has_purchase) AS "sessionsWithPurchase",
           count(*) FILTER (has_purchase) / count(*) AS "conversionRate",
           COALESCE(any_value(o.revenue), 0) AS revenue,
           COALESCE(any_value(b.sessions), 0)::BIGINT AS "sessionsBefore"
         FROM gold_sessions LEFT JOIN orders AS o ON o.name = COALESCE(${column}, '')
           LEFT JOIN before AS b ON b.name = COALESCE(${column}, '')
         WHERE session_date BETWEEN DATE '2026-02-01' AND DATE '2026-02-20' AND ${where}
         GROUP BY 1 ORDER BY 2 DESC, 1`,
      );
    expect(view.parts.groups?.country).toEqual(groups('country', `device = 'mobile'`));
    expect(view.parts.groups?.device).toEqual(groups('device', `country = 'DE'`));
  });

  it('compares only with days that the lake has', async () => {
    const first = JSON.parse(
      (await ask(lake.address, '/api/view?from=2026-01-02&to=2026-01-10')).body,
    );
    expect(first.previousTotals).toBeNull();
    const whole = JSON.parse(
      (await ask(lake.address, '/api/view?from=2026-01-04&to=2026-01-06')).body,
    ) as View;
    const [before] = lake.query(
      `SELECT count(*) AS sessions FROM gold_sessions
       WHERE session_date BETWEEN DATE '2026-01-01' AND DATE '2026-01-03'`,
    );
    expect(whole.previousTotals?.sessions).toBe(before?.sessions);
    const later = JSON.parse(
      (await ask(lake.address, '/api/view?from=2026-02-02&to=2026-02-10')).body,
    );
    expect(later.previousTotals.sessions).toBeGreaterThan(0);
  });

  it('asks nothing of the days before where nothing is compared', async () => {
    const view = await viewOf('from=2026-02-02&to=2026-02-10&compare=none');
    expect(view).toMatchObject({ previous: null, previousTotals: null });
    expect(view.parts.trend?.previous).toEqual([]);
  });

  it("compares with days of one's own, day by day", async () => {
    const view = await viewOf(
      'from=2026-02-02&to=2026-02-03&compare=custom&compare_from=2026-01-05&compare_to=2026-01-06',
    );
    const days = lake.query(
      `SELECT CAST(session_date AS VARCHAR) AS date, count(*) AS sessions FROM gold_sessions
       WHERE session_date BETWEEN DATE '2026-01-05' AND DATE '2026-01-06' GROUP BY ALL ORDER BY ALL`,
    );
    expect(
      view.parts.trend?.previous.map(({ date, values }) => ({ date, sessions: values.sessions })),
    ).toEqual(days);
  });

  it('tells what each member of a dimension, and each product, had before', async () => {
    const chosen = 'from=2026-02-01&to=2026-02-10';
    const before = 'from=2026-01-22&to=2026-01-31&compare=none';
    for (const filter of ['', '&channel=Direct&device.not=tablet']) {
      const { groups = {} } = (await viewOf(`${chosen}&page=acquisition${filter}`)).parts;
      const earlier = (await viewOf(`${before}&page=acquisition${filter}`)).parts.groups ?? {};
      for (const [dimension, members] of Object.entries(groups)) {
        const sessions = new Map(
          earlier[dimension as keyof typeof earlier]?.map((each) => [each.name, each.sessions]),
        );
        expect(members.map(({ name, sessionsBefore }) => [name, sessionsBefore])).toEqual(
          members.map(({ name }) => [name, sessions.get(name) ?? 0]),
        );
      }
      expect(groups.channel?.some(({ sessionsBefore }) => (sessionsBefore ?? 0) > 0)).toBe(true);
    }
    const products = (await viewOf(`${chosen}&page=products`)).parts.products ?? [];
    const sold = lake.query(
      `SELECT product_id AS id, CAST(sum(revenue) AS DOUBLE) AS revenue FROM gold_products
       WHERE date BETWEEN DATE '2026-01-22' AND DATE '2026-01-31' GROUP BY product_id`,
    );
    const revenues = new Map(sold.map(({ id, revenue }) => [id, revenue]));
    expect(products.length).toBeGreaterThan(0);
    expect(products.map(({ id, revenueBefore }) => [id, revenueBefore])).toEqual(
      products.map(({ id }) => [id, revenues.get(id) ?? 0]),
    );
  });

  it('tells nothing of before where nothing is compared', async () => {
    const query = 'from=2026-02-01&to=2026-02-10&compare=none';
    const { groups } = (await viewOf(query)).parts;
    const { products } = (await viewOf(`${query}&page=products`)).parts;
    expect(groups?.device?.map(({ sessionsBefore }) => sessionsBefore)).toContain(null);
    expect(products?.map(({ revenueBefore }) => revenueBefore)).toContain(null);
  });

  it.each([
    ['device=mobile&device=tablet', `device IN ('mobile', 'tablet')`],
    ['device=mobile&device=watch', `device = 'mobile'`],
    ['device=watch', 'false'],
    ['device.not=mobile&device.not=watch', `COALESCE(device, '') <> 'mobile'`],
    ['device.not=mobile', `COALESCE(device, '') <> 'mobile'`],
    ['channel.contains=ORGANIC', `channel ILIKE '%organic%'`],
    ['visitor=new&device=mobile', `session_number = 1 AND device = 'mobile'`],
    ['campaign=', 'campaign IS NULL'],
    ['landing_page.contains=%25', `contains(landing_page, '%')`],
  ])('filters sessions by %s', async (query, condition) => {
    const [counted] = lake.query(
      `SELECT count(*) AS sessions FROM gold_sessions
       WHERE session_date BETWEEN DATE '2026-02-01' AND DATE '2026-02-20' AND ${condition}`,
    );
    const { totals } = await viewOf(`from=2026-02-01&to=2026-02-20&${query}`);
    expect(totals.sessions).toBe(counted?.sessions);
  });

  it.each(['week', 'month'])('adds up days by %s', async (grain) => {
    const view = await viewOf(`from=2026-01-07&to=2026-02-20&grain=${grain}`);
    const counted = lake.query(
      `SELECT CAST(date_trunc('${grain}', session_date)::DATE AS VARCHAR) AS date,
         count(DISTINCT visitor_id) AS visitors FROM gold_sessions
       WHERE session_date BETWEEN DATE '2026-01-07' AND DATE '2026-02-20' GROUP BY 1 ORDER BY 1`,
    );
    expect(
      view.parts.trend?.days.map(({ date, values }) => ({ date, visitors: values.visitors })),
    ).toEqual(counted);
  });

  it('shows where visitors come from', async () => {
    const { groups } = (await viewOf('from=2026-02-01&to=2026-02-20&page=acquisition')).parts;
    const counted = lake.query(
      `WITH orders AS (
         SELECT channel, sum(o.reported_revenue)::DOUBLE AS revenue
         FROM gold_orders AS o JOIN gold_sessions AS s USING (session_id)
         WHERE order_date BETWEEN DATE '2026-02-01' AND DATE '2026-02-20' GROUP BY 1
       )
       SELECT channel AS name, count(*) AS sessions, COALESCE(any_value(o.revenue), 0) AS revenue
       FROM gold_sessions AS s LEFT JOIN orders AS o USING (channel)
       WHERE session_date BETWEEN DATE '2026-02-01' AND DATE '2026-02-20' GROUP BY 1 ORDER BY 2 DESC, 1`,
    );
    expect(
      groups?.channel?.map(({ name, sessions, revenue }) => ({ name, sessions, revenue })),
    ).toEqual(counted);
    expect(Object.keys(groups ?? {})).toEqual([
      ...['channel', 'source', 'medium', 'campaign', 'landing_page'],
    ]);
  });

  it('agrees with Gold on every rate of a day', async () => {
    const [gold] = lake.query(
      `SELECT conversion_rate, cart_abandonment_rate, bounce_rate FROM gold_conversion_metrics WHERE date = DATE '2026-02-05'`,
    );
    const { body } = await ask(lake.address, '/api/view?from=2026-02-05&to=2026-02-05');
    const { totals } = JSON.parse(body) as View;
    expect(totals.conversionRate).toBeCloseTo(Number(gold?.conversion_rate), 12);
    expect(totals.cartAbandonmentRate).toBeCloseTo(Number(gold?.cart_abandonment_rate), 12);
    expect(totals.bounceRate).toBeCloseTo(Number(gold?.bounce_rate), 12);
  });
});

describe('a dashboard beyond this machine', () => {
  it('demands the token, and takes it from the address into a cookie', async () => {
    const lake = await serveLake({
      events: '1k',
      args: ['--host', '0.0.0.0'],
      env: { CLICKLAKE_DASHBOARD_TOKEN: 'a secret' },
    });
    try {
      const { searchParams } = new URL(lake.address);
      expect(searchParams.get('token')).toBe('a secret');
      const open = lake.address.replace('0.0.0.0', '127.0.0.1').replace(/\?.*/, '');
      for (const path of ['/', '/app.js', '/api/view', '/api/options', '/api/health', '/none']) {
        expect((await ask(open, path)).status).toBe(401);
        const asPage = { 'sec-fetch-site': 'same-origin' };
        expect((await ask(open, path, { headers: asPage })).status).toBe(401);
      }
      for (const sent of ['Bearer a secre', 'Bearer a secret!', 'Basic a secret', 'Bearer ']) {
        const headers = { authorization: sent };
        expect((await ask(open, '/api/view', { headers })).status).toBe(401);
      }
      for (const sent of ['clicklake_token=', 'xclicklake_token=a secret', 'other=a secret']) {
        expect((await ask(open, '/api/view', { headers: { cookie: sent } })).status).toBe(401);
      }
      expect((await ask(open, '/?token=wrong')).status).toBe(401);
      const entry = await ask(open, '/?token=a%20secret&device=mobile');
      expect(entry).toMatchObject({ status: 303, headers: { location: '/?device=mobile' } });
      const cookie = String(entry.headers['set-cookie']);
      expect(cookie).toMatch(/HttpOnly; SameSite=Lax/);
      const headers = { cookie: cookie.replace(/;.*/, '') };
      expect((await ask(open, '/api/options', { headers })).status).toBe(200);
      const bearer = { authorization: 'Bearer a secret' };
      expect((await ask(open, '/api/options', { headers: bearer })).status).toBe(200);
    } finally {
      expect(await lake.stop()).toBe(0);
    }
  });
});

it('ends with what is wrong with a lake that it cannot read', async () => {
  const lake = await serveLake({ events: '1k' });
  try {
    // The one that serves has read it.
    await ask(lake.address, '/api/options');
    const log = join(lake.folder, 'lake/gold/sessions/_delta_log/00000000000000000000.json');
    await writeFile(log, 'no log');
    const ended = await finish(startCommand(['dashboard', '--port', '0'], { cwd: lake.folder }));
    expect(ended.exitCode).not.toBe(0);
    expect(ended.stderr).toContain('gold/sessions');
  } finally {
    await lake.stop();
  }
});

it('does not start where there is no lake', async () => {
  const ended = await finish(
    startCommand(['dashboard', '--lake', 'nowhere', '--port', '0'], { cwd: tmpdir() }),
  );
  expect(ended.exitCode).toBe(2);
  expect(ended.stderr).toContain('there is no lake at');
});
