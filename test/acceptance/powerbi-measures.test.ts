/**
 * Each measure three times: its DAX, evaluated here over the rows of Gold; its SQL over Gold; and,
 * where there is one, a number from elsewhere: what the simulator knows, Gold's own rates, the events.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakeTables } from '../../src/pipeline/tables.ts';
import { FORMATS } from '../../src/powerbi/measure.ts';
import { type Measure, measures } from '../../src/powerbi/measures.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import type { Truth } from '../../src/simulate/truth.ts';
import {
  createDaxEvaluator,
  type DaxEvaluator,
  type Row,
  type Value,
} from '../fixtures/powerbi/dax-evaluator.ts';
import {
  type DataDays,
  dataDays,
  expandSql,
  readRows,
  type Selection,
  toContext,
  toDay,
} from '../fixtures/powerbi/gold-rows.ts';
import {
  makeProject,
  ONELAKE,
  type ReadModel,
  readModel,
  SETTINGS,
} from '../fixtures/powerbi/project.ts';
import { openTestLake, type TestLake } from '../pipeline/lake-support.ts';

const TABLES = lakeTables(SETTINGS);
const all = measures({ isCheckoutSkipped: false });
const find = (name: string): Measure => all.find((measure) => measure.name === name)!;
/** Where nothing is there, DAX is blank and SQL counts 0. */
const isCount = ({ format }: Measure) =>
  format === FORMATS.count || format === FORMATS.one || format === FORMATS.money;

let lake: TestLake;
let truth: Truth;
let evaluator: DaxEvaluator;
/** Over tables that are read in place: with bots, and blank where something was not sent. */
let directLake: DaxEvaluator;
let data: DataDays;
let selections: [name: string, selection: Selection][];

beforeAll(async () => {
  lake = await openTestLake({}, (settings) => ({
    ...settings,
    duckdb: { ...settings.duckdb, memoryLimitMb: 2000 },
    sources: {
      simulator: {
        items: { from: 'items', product_id: 'product_id', price: 'price', quantity: 'quantity' },
      },
    },
  }));
  const out = join(lake.folder, 'landing');
  const report = await simulate({
    ...{ out, events: 12_000, days: 30, start: '2025-12-20', seed: 7 },
    profile: { orders: { form: 'items', reloads: 0.1, refunds: 0.2 } },
  });
  truth = JSON.parse(await readFile(report.truthPath, 'utf8'));
  const inputs = truth.lines.files.map((name) => ({
    kind: 'file' as const,
    path: join(out, name),
  }));
  await lake.lake.ingest(inputs, { source: 'simulator' });
  await lake.lake.run({ fullRefresh: false });
  await addBots();
  const model = readModel(makeProject());
  const rows = await readRows(lake.rows, TABLES, model);
  data = dataDays(rows);
  evaluator = evaluatorOf(model, rows);
  const inPlace = readModel(makeProject(ONELAKE));
  const rowsInPlace = await readRows(lake.rows, TABLES, inPlace);
  expect(rowsInPlace.get('Sessions')!.length).toBeGreaterThan(rows.get('Sessions')!.length);
  directLake = evaluatorOf(inPlace, rowsInPlace);
  selections = chooseSelections(data);
});

afterAll(async () => {
  await lake[Symbol.asyncDispose]();
});

function evaluatorOf(model: ReadModel, tables: ReadonlyMap<string, readonly Row[]>): DaxEvaluator {
  return createDaxEvaluator({
    tables,
    relationships: model.relationships,
    // What Power BI reads, not what the definitions say.
    measures: new Map([...model.measures].map(([name, { expression }]) => [name, expression!])),
  });
}

/** The first session of every third visitor is then a bot's, which does not count. */
async function addBots(): Promise<void> {
  const visitors = await lake.rows(
    `SELECT user_id, CAST(first_seen_at - INTERVAL 1 DAY AS VARCHAR) AS before
     FROM gold_users JOIN gold_sessions USING (visitor_id)
     WHERE session_number = 1 AND user_id IS NOT NULL AND day(first_seen_date) % 3 = 0`,
  );
  expect(visitors.length).toBeGreaterThan(20);
  const lines = visitors.map(({ user_id, before }, index) =>
    JSON.stringify({
      ...{ event_id: `bot-${index}`, session_id: `bot-${index}`, user_id },
      ...{ event_type: 'page_view', event_timestamp: new Date(toInstant(String(before))) },
      user_agent: 'curl/8.5.0',
    }),
  );
  const path = join(lake.folder, 'bots.ndjson');
  await writeFile(path, `${lines.join('\n')}\n`);
  await lake.lake.ingest([{ kind: 'file', path }], { source: 'simulator' });
  await lake.lake.run({ fullRefresh: false });
  const [bots] = await lake.rows('SELECT sum(bot_sessions) AS n FROM gold_conversion_metrics');
  expect(Number(bots!.n)).toBe(visitors.length);
}

function chooseSelections({ first, last }: DataDays): [string, Selection][] {
  const middle = Math.floor((first + last) / 2);
  return [
    ['everything', {}],
    ['one day', { from: middle, to: middle }],
    ['the first day', { from: first, to: first }],
    ['a week', { from: last - 8, to: last - 2 }],
    ['the last fourteen days', { from: last - 13, to: last }],
    ['a year that the data covers in part', { from: first - 100, to: last - 20 }],
    ['days without data', { from: last + 1, to: last + 5 }],
    ['a device', { device: 'mobile' }],
    ['a country', { country: 'DE' }],
    ['no country', { country: '(none)' }],
    [
      'a device and a country for a week',
      { from: last - 7, to: last - 1, device: 'desktop', country: 'US' },
    ],
    ['a device that is not there', { device: 'fridge' }],
    ['a channel', { channel: 'Direct' }],
    ['another channel for a fortnight', { from: last - 13, to: last, channel: 'Organic Search' }],
    [
      'the device, country and channel of few',
      { device: 'mobile', country: 'DE', channel: 'Email' },
    ],
  ];
}

function evaluateDax(name: string, selection: Selection): Value {
  return evaluator.measure(name, toContext(selection));
}

/** The numbers of a measure, one for each selection. */
async function evaluateSql(measure: Measure): Promise<Value[]> {
  const parts = selections.map(([, selection], index) => {
    const sql = expandSql(measure.sql!, TABLES, selection, data);
    return `CAST((${sql}) AS VARCHAR) AS v${index}`;
  });
  const [row] = await lake.rows(`SELECT ${parts.join(', ')}`);
  return Object.values(row!).map((value) => {
    if (value === null) {
      return null;
    }
    if (measure.format === FORMATS.day) {
      return toDay(String(value));
    }
    if (measure.format === FORMATS.instant) {
      return toInstant(String(value));
    }
    return Number(value);
  });
}

/** `2026-01-31 10:00:00.5+00`, as the engine writes instants. */
function toInstant(text: string): number {
  return Date.parse(text.replace(' ', 'T').replace(/\+00$/, 'Z'));
}

function expectSame(actual: Value, expected: Value, isLoose: boolean, hint: string): void {
  const [a, b] = isLoose ? [actual ?? 0, expected ?? 0] : [actual, expected];
  if (a === null || b === null) {
    expect(a, hint).toBe(b);
  } else {
    expect(Math.abs((a as number) - (b as number)), `${hint}: ${a} and ${b}`).toBeLessThan(
      1e-6 * Math.max(1, Math.abs(b as number)),
    );
  }
}

describe('the DAX of each measure gives the number of its SQL', () => {
  it.each(all.filter(({ sql }) => sql !== undefined).map((measure) => [measure.name, measure]))(
    '%s',
    async (name, measure) => {
      let seen = 0;
      const numbers = await evaluateSql(measure);
      for (const [index, [what, selection]] of selections.entries()) {
        const dax = evaluateDax(name, selection);
        expectSame(dax, numbers[index]!, isCount(measure), `${name} of ${what}`);
        const inPlace = directLake.measure(name, toContext(selection, null));
        expectSame(inPlace, numbers[index]!, isCount(measure), `${name} of ${what} by Direct Lake`);
        if (dax !== null) {
          seen += 1;
        }
      }
      expect(seen).toBeGreaterThan(0);
    },
  );

  it('and only the time of loading has no SQL', () => {
    expect(all.filter(({ sql }) => sql === undefined).map(({ name }) => name)).toEqual([
      'Last Refreshed',
    ]);
    expect(evaluateDax('Last Refreshed', {})).toBe(0);
  });
});

describe("the numbers are those of Gold's own table of days", () => {
  const COLUMNS: Readonly<Record<string, string>> = {
    Sessions: 'sessions',
    Visitors: 'visitors',
    'Page Views': 'page_views',
    'Product Views': 'product_views',
    'Add-to-Carts': 'add_to_carts',
    Checkouts: 'checkouts',
    Purchases: 'purchases',
    'Sessions with Product View': 'sessions_with_product_view',
    'Sessions with Add-to-Cart': 'sessions_with_add_to_cart',
    'Sessions with Purchase': 'sessions_with_purchase',
    'Sessions with Cart and Purchase': 'sessions_with_cart_and_purchase',
    'Bounced Sessions': 'bounces',
    'Product View Rate': 'product_view_rate',
    'Add-to-Cart Rate': 'add_to_cart_rate',
    'Cart-to-Purchase Rate': 'cart_to_purchase_rate',
    'Conversion Rate': 'conversion_rate',
    'Cart Abandonment Rate': 'cart_abandonment_rate',
    'Bounce Rate': 'bounce_rate',
    'Purchases per Product View': 'purchases_per_product_view',
    'Purchases per Add-to-Cart': 'purchases_per_add_to_cart',
  };

  it.each(Object.entries(COLUMNS))('%s on each day', async (name, column) => {
    const days = await lake.rows(`SELECT date, ${column} AS value FROM gold_conversion_metrics`);
    expect(days.length).toBeGreaterThan(28);
    for (const { date, value } of days) {
      const day = toDay(String(date));
      const found = evaluateDax(name, { from: day, to: day });
      expectSame(found, value as Value, isCount(find(name)), `${name} on ${date}`);
    }
  });

  it('and of its table of products, product by product', async () => {
    const products = await lake.rows(
      `SELECT date, product_id, view_to_cart_rate AS carts, cart_to_purchase_rate AS purchases
       FROM gold_products ORDER BY add_to_carts DESC, date, product_id LIMIT 40`,
    );
    for (const { date, product_id, carts, purchases } of products) {
      const context = [
        ...toContext({ from: toDay(String(date)), to: toDay(String(date)) }),
        { table: 'Products', column: 'Product ID', test: (id: Value) => id === product_id },
      ];
      const rate = (name: string) => evaluator.measure(name, context);
      expectSame(rate('Item View-to-Cart Rate'), carts as Value, false, `${product_id}`);
      expectSame(rate('Item Cart-to-Purchase Rate'), purchases as Value, false, `${product_id}`);
    }
  });

  it('and of its cohorts, week by week', async () => {
    const weeks = await lake.rows(
      `SELECT k.weeks AS weeks_since, sum(CASE WHEN c.weeks_since = k.weeks THEN visitors ELSE 0 END) AS retained,
         sum(CASE WHEN c.weeks_since = 0 AND c.cohort_week <= last.week - 7 * k.weeks THEN visitors END) AS size
       FROM gold_cohorts AS c, (SELECT DISTINCT weeks_since AS weeks FROM gold_cohorts) AS k,
         (SELECT max(session_week) AS week FROM gold_cohorts) AS last
       GROUP BY k.weeks ORDER BY k.weeks`,
    );
    expect(weeks.length).toBeGreaterThan(3);
    for (const { weeks_since, retained, size } of weeks) {
      const context = [
        { table: 'Cohorts', column: 'Weeks Since', test: (each: Value) => each === weeks_since },
      ];
      const value = (name: string) => evaluator.measure(name, context);
      expectSame(value('Retained Visitors'), retained as Value, true, `week ${weeks_since}`);
      const rate = (retained as number) / (size as number);
      expectSame(value('Retention Rate'), rate, false, `week ${weeks_since}`);
    }
  });

  it('and of each cohort, nobody in a week that the data has included', async () => {
    const cells = await lake.rows(
      `WITH cohorts AS (SELECT cohort_week, first_channel, sum(visitors) AS size FROM gold_cohorts
         WHERE weeks_since = 0 GROUP BY ALL),
       cells AS (SELECT cohorts.*, k.weeks_since FROM cohorts, (SELECT DISTINCT weeks_since FROM gold_cohorts) AS k)
       SELECT cells.*, CASE WHEN cohort_week + 7 * weeks_since <= (SELECT max(session_week) FROM gold_cohorts)
         THEN COALESCE(visitors, 0) / size END AS rate
       FROM cells LEFT JOIN gold_cohorts USING (cohort_week, first_channel, weeks_since)`,
    );
    expect(cells.filter(({ rate }) => rate === 0).length).toBeGreaterThan(3);
    expect(cells.filter(({ rate }) => rate === null).length).toBeGreaterThan(3);
    for (const { cohort_week, first_channel, weeks_since, rate } of cells) {
      const day = toDay(String(cohort_week));
      const context = [
        ...toContext({ from: day, to: day, channel: String(first_channel) }),
        { table: 'Cohorts', column: 'Weeks Since', test: (each: Value) => each === weeks_since },
      ];
      const hint = `${cohort_week} ${first_channel} ${weeks_since}`;
      expectSame(evaluator.measure('Retention Rate', context), rate as Value, false, hint);
    }
  });

  it('and nothing is left over', () => {
    for (const [what, selection] of selections) {
      for (const name of ['Sessions Not Reconciled', 'Purchases Not Reconciled']) {
        expect(evaluateDax(name, selection) ?? 0, `${name} of ${what}`).toBe(0);
      }
    }
  });
});

describe('the numbers are those that the simulator counted', () => {
  it('of everything', () => {
    const { sessions, users, events } = truth;
    const expected: Record<string, number> = {
      Sessions: sessions.sessions,
      Visitors: users.users,
      'New Visitors': users.users,
      'Returning Visitors': 0,
      'Visitors First Seen': users.users,
      'Buyer Share': users.buyers / users.users,
      'Revenue per Visitor First Seen': users.revenueCents / 100 / users.users,
      Events: events.events,
      'Page Views': events.byType.page_view,
      Searches: events.byType.search,
      Purchases: events.byType.purchase,
      Revenue: sessions.revenueCents / 100,
      'Average Order Value': sessions.revenueCents / 100 / sessions.orderCount,
      'Average Session Duration': sessions.durationMs / 1000 / sessions.sessions,
      'Events per Session': sessions.eventCount / sessions.sessions,
      'Bounce Rate': sessions.bounces / sessions.sessions,
      'Conversion Rate': sessions.withPurchase / sessions.sessions,
      'Cart Abandonment Rate': sessions.abandoned / sessions.withAddToCart,
      'Funnel Purchase': sessions.byFunnelStep[4]!,
      'Funnel Completion Rate': sessions.byFunnelStep[4]! / sessions.sessions,
    };
    for (const [name, value] of Object.entries(expected)) {
      expectSame(evaluateDax(name, {}), value, true, name);
    }
  });

  it('of days, devices and countries', () => {
    for (const [what, selection] of selections.filter(([, { channel }]) => channel === undefined)) {
      const days = truth.days.filter(({ date }) => isChosen(toDay(date), selection));
      const isMember = (device: string | null, country: string | null) =>
        (selection.device ?? device ?? '(none)') === (device ?? '(none)') &&
        (selection.country ?? country ?? '(none)') === (country ?? '(none)');
      const events = days.flatMap((day) => day.event_metrics).filter(([, d, c]) => isMember(d, c));
      const funnel = days.flatMap((day) => day.funnel).filter(([d, c]) => isMember(d, c));
      const products = days.flatMap((day) => day.products);
      const add = (values: number[]) => values.reduce((a, b) => a + b, 0);
      const expected: Record<string, number> = {
        Events: add(events.map((row) => row[3])),
        'Product Views': add(
          events.filter(([type]) => type === 'product_view').map((row) => row[3]),
        ),
        Sessions: add(funnel.map((row) => row[2])),
        'Funnel Sessions': add(funnel.map((row) => row[2])),
        'Funnel Product View': add(funnel.map((row) => row[3])),
        'Funnel Add-to-Cart': add(funnel.map((row) => row[4])),
        'Funnel Checkout': add(funnel.map((row) => row[5])),
        'Funnel Purchase': add(funnel.map((row) => row[6])),
        'Item Views': add(products.map((row) => row[1])),
        'Item Revenue': add(products.map((row) => row[5])) / 100,
        Items: new Set(products.map(([id]) => id)).size,
      };
      for (const [name, value] of Object.entries(expected)) {
        expectSame(evaluateDax(name, selection), value, true, `${name} of ${what}`);
      }
    }
  });

  it('of the days before and of seven days', () => {
    const { last } = data;
    const sessionsOf = (from: number, to: number) =>
      truth.days
        .filter(({ date }) => toDay(date) >= from && toDay(date) <= to)
        .reduce((sum, { sessions }) => sum + sessions.sessions, 0);
    const week = { from: last - 8, to: last - 2 };
    const now = sessionsOf(last - 8, last - 2);
    const before = sessionsOf(last - 15, last - 9);
    expect(evaluateDax('Sessions Previous Period', week)).toBe(before);
    expect(evaluateDax('Sessions Change', week)).toBeCloseTo((now - before) / before, 12);
    expect(evaluateDax('Sessions 7-Day Average', week)).toBeCloseTo(now / 7, 9);
    expect(evaluateDax('Sessions 7-Day Average', { from: last - 2, to: last - 2 })).toBeCloseTo(
      now / 7,
      9,
    );
    expect(evaluateDax('Sessions Previous Period', {})).toBe(null);
  });
});

describe('the numbers of sessions are those of their events', () => {
  /** Sessions once more, from Silver: an event tells its session by its time, then its id. */
  const SESSIONS = `WITH first AS (
      SELECT DISTINCT ON (session_id) session_id, user_id, device, country,
        CAST(event_timestamp AS DATE) AS day
      FROM silver_events WHERE session_id NOT LIKE 'bot-%'
      ORDER BY session_id, event_timestamp, event_id),
    totals AS (
      SELECT session_id, count(*) AS events, bool_or(event_type = 'purchase') AS bought,
        epoch_us(max(event_timestamp)) - epoch_us(min(event_timestamp)) AS duration_us
      FROM silver_events GROUP BY session_id),
    orders AS (
      SELECT DISTINCT session_id, order_id, order_value
      FROM silver_events WHERE event_type = 'purchase'),
    sales AS (
      SELECT session_id, count(*) AS orders, sum(order_value) AS revenue
      FROM orders GROUP BY session_id),
    numbered AS (
      SELECT first.*, totals.* EXCLUDE (session_id), orders, revenue
      FROM first JOIN totals USING (session_id) LEFT JOIN sales USING (session_id))`;

  it('whatever is selected but channels', async () => {
    for (const [what, selection] of selections.filter(([, { channel }]) => channel === undefined)) {
      const tests = [
        `COALESCE(device, '(none)') = '${selection.device}' OR ${selection.device === undefined}`,
        `COALESCE(country, '(none)') = '${selection.country}' OR ${selection.country === undefined}`,
        `day - DATE '1970-01-01' BETWEEN ${selection.from ?? 0} AND ${selection.to ?? 99_999}`,
      ];
      const [row] = await lake.rows(
        `${SESSIONS} SELECT count(*) AS "Sessions", count(DISTINCT user_id) AS "Visitors",
           sum(events) / count(*) AS "Events per Session",
           avg(duration_us // 1000) / 1000 AS "Average Session Duration",
           median(duration_us // 1000) / 1000 AS "Median Session Duration",
           sum(revenue)::DOUBLE AS "Revenue",
           sum(revenue)::DOUBLE / nullif(sum(orders), 0) AS "Average Order Value",
           count_if(bought) / count(*) AS "Conversion Rate"
         FROM numbered WHERE (${tests.join(') AND (')})`,
      );
      for (const [name, value] of Object.entries(row!)) {
        const expected = Number.isNaN(Number(value)) ? null : (value as Value);
        expectSame(
          evaluateDax(name, selection),
          expected,
          isCount(find(name)),
          `${name} of ${what}`,
        );
      }
    }
  });
});

function isChosen(day: number, { from, to }: Selection): boolean {
  return day >= (from ?? -Infinity) && day <= (to ?? Infinity);
}
