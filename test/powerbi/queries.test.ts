/** What the model's queries make of Gold, evaluated over rows written by hand. */
import { describe, expect, it } from 'vitest';
import { lakeTables } from '../../src/pipeline/tables.ts';
import type { GoldTable } from '../../src/powerbi/model.ts';
import type { Row } from '../fixtures/powerbi/dax-evaluator.ts';
import { readRows, toDate, toDay } from '../fixtures/powerbi/gold-rows.ts';
import { makeProject, ONELAKE, readModel, SETTINGS, SOURCES } from '../fixtures/powerbi/project.ts';

type Gold = Record<string, Record<string, unknown>[]>;

const TABLES = lakeTables(SETTINGS);
const DEFINITIONS: GoldTable[] = Object.values(TABLES);

/** The rows of the model when Gold holds these; columns not given are null. */
function load(
  gold: Gold,
  options: {
    source?: number | 'onelake';
    instants?: 'datetime' | 'datetimezone';
    areBotsCounted?: boolean;
  } = {},
): Promise<Map<string, Row[]>> {
  const columnsOf = (name: string) => DEFINITIONS.find((table) => table.name === name)!.columns;
  const query = async (sql: string) => {
    const name = /FROM (\w+)/.exec(sql)![1]!;
    return (gold[name] ?? []).map((row) =>
      Object.fromEntries(columnsOf(name).map((column) => [column.name, row[column.name] ?? null])),
    );
  };
  const model = readModel(
    makeProject(
      options.source === 'onelake' ? ONELAKE : SOURCES[options.source ?? 0],
      false,
      undefined,
      options.areBotsCounted,
    ),
  );
  return readRows(query, TABLES, model, options.instants);
}

const days = (...dates: string[]): Gold => ({
  gold_conversion_metrics: dates.map((date) => ({ date })),
});

describe('the Date table', () => {
  const dateRow = async (gold: Gold, date: string) =>
    (await load(gold)).get('Date')!.find((row) => row.Date === toDay(date));

  it('has every day of the years that the data touches, once', async () => {
    const rows = (await load(days('2023-11-30', '2024-02-28'))).get('Date')!;
    expect(rows).toHaveLength(365 + 366);
    expect(toDate(rows[0]!.Date as number)).toBe('2023-01-01');
    expect(toDate(rows.at(-1)!.Date as number)).toBe('2024-12-31');
    expect(new Set(rows.map((row) => row.Date)).size).toBe(rows.length);
    const within = rows.filter((row) => row['Has Data'] === true).map((row) => row.Date as number);
    expect([within.length, toDate(within[0]!), toDate(within.at(-1)!)]).toEqual([
      91,
      '2023-11-30',
      '2024-02-28',
    ]);
  });

  it('is empty, as all tables but one, when Gold is', async () => {
    const filled = [...(await load({}))].filter(([, rows]) => rows.length > 0);
    expect(filled.map(([name]) => name)).toEqual(['Metrics']);
  });

  it('names parts of the year', async () => {
    expect(await dateRow(days('2024-02-29'), '2024-02-29')).toMatchObject({
      Year: 2024,
      Quarter: 'Q1',
      'Year Quarter': '2024 Q1',
      'Month Number': 2,
      Month: 'February',
      'Year Month': '2024-02',
      'Weekday Number': 4,
      Weekday: 'Thursday',
    });
  });

  it.each([
    ['2020-12-31', 53, '2020-W53'],
    ['2021-01-03', 53, '2020-W53'],
    ['2021-01-04', 1, '2021-W01'],
    ['2024-12-29', 52, '2024-W52'],
    ['2024-12-30', 1, '2025-W01'],
    ['2026-01-01', 1, '2026-W01'],
    ['2026-07-08', 28, '2026-W28'],
  ])('puts %s into week %i, %s', async (date, week, yearWeek) => {
    const expected = { Week: week, 'Year Week': yearWeek };
    expect(await dateRow(days(date), date)).toMatchObject(expected);
  });

  it('counts periods back from the last day with data', async () => {
    const gold = days('2026-03-01', '2026-03-31');
    const periods = ['04-01', '03-31', '03-25', '03-24', '03-18', '03-17', '01-01'];
    const rows = await Promise.all(periods.map((date) => dateRow(gold, `2026-${date}`)));
    expect(rows.map((row) => [row!.Period, row!['Period Order']])).toEqual([
      ['Later', 4],
      ['Last 7 days', 1],
      ['Last 7 days', 1],
      ['7 days before', 2],
      ['7 days before', 2],
      ['Earlier', 3],
      ['Earlier', 3],
    ]);
  });
});

describe('sessions of bots', () => {
  const seconds = { duration_seconds: '0.000', event_count: 1 };
  const times = { started_at: '2026-01-01T10:00:00Z', ended_at: '2026-01-01T10:00:00Z' };
  const gold: Gold = {
    gold_sessions: [
      { visitor_id: 'a', is_bot: false, ...times, ...seconds },
      { visitor_id: 'b', is_bot: true, ...times, ...seconds },
    ],
  };
  const ids = (rows: Map<string, { visitor_id?: unknown }[]>) =>
    rows.get('Sessions')!.map(({ visitor_id }) => visitor_id);

  it('are not loaded', async () => {
    expect(ids(await load(gold))).toEqual(['a']);
  });

  it('are loaded where they count', async () => {
    expect(ids(await load(gold, { areBotsCounted: true }))).toEqual(['a', 'b']);
  });
});

describe('devices and countries', () => {
  const events = (...members: [device: string | null, country: string | null][]): Gold => ({
    gold_event_metrics: members.map(([device, country]) => ({
      date: '2026-01-01',
      event_type: 'search',
      device,
      country,
      event_count: 1,
    })),
  });

  it('are listed once, those not sent under a name of their own', async () => {
    const rows = await load(events(['mobile', 'DE'], ['mobile', null], [null, 'DE'], [null, null]));
    expect(rows.get('Device')).toEqual([{ Device: 'mobile' }, { Device: '(none)' }]);
    expect(rows.get('Country')).toEqual([{ Country: 'DE' }, { Country: '(none)' }]);
    expect(rows.get('Events')!.map(({ device }) => device)).toEqual([
      'mobile',
      'mobile',
      '(none)',
      '(none)',
    ]);
  });

  it('that differ in case or in spaces at the end alone are one key, as they are for the model', async () => {
    const rows = await load(events(['café', null], ['cafÉ', null], ['café ', null]));
    expect(rows.get('Device')).toEqual([{ Device: 'café' }]);
  });
});

describe('a session', () => {
  const session = (values: Record<string, unknown>): Gold => ({
    gold_sessions: [
      {
        session_date: '2026-01-01',
        started_at: '2026-01-01T23:59:59.999999Z',
        ended_at: '2026-01-02T00:00:00Z',
        duration_seconds: '0.000',
        event_count: 1,
        revenue: '12.50',
        ...values,
      },
    ],
  });
  const load1 = async (values: Record<string, unknown>) =>
    (await load(session(values))).get('Sessions')![0]!;

  it('has date and hour as in Gold', async () => {
    const expected = { 'Start Hour': 6, session_date: toDay('2026-01-01') };
    expect(await load1({ start_hour: 6 })).toMatchObject(expected);
  });

  it.each([
    ['0.000', '0 s', 1],
    ['0.001', 'up to 10 s', 2],
    ['10.000', 'up to 10 s', 2],
    ['10.001', '10 to 30 s', 3],
    ['60', '30 to 60 s', 4],
    ['179.999', '1 to 3 min', 5],
    ['600', '3 to 10 min', 6],
    ['1800', '10 to 30 min', 7],
    ['1800.001', 'over 30 min', 8],
  ])('of %s s lies in the band "%s"', async (duration_seconds, band, order) => {
    const expected = { 'Duration Band': band, duration_band_order: order };
    expect(await load1({ duration_seconds })).toMatchObject(expected);
  });

  it.each([
    [1, '1', 1],
    [2, '2', 2],
    [3, '3 to 5', 3],
    [6, '6 to 10', 4],
    [20, '11 to 20', 5],
    [50, '21 to 50', 6],
    [51, 'over 50', 7],
  ])('of %i events lies in the band "%s"', async (event_count, band, order) => {
    const expected = { 'Event Band': band, event_band_order: order };
    expect(await load1({ event_count })).toMatchObject(expected);
  });
});

describe('a product', () => {
  const sold = (date: string, product_id: string, names: Record<string, string> = {}) => ({
    ...{ date, product_id, views: 1 },
    ...names,
  });

  it('that was renamed is one, with the last name, category and brand that were sent', async () => {
    const rows = await load({
      gold_products: [
        sold('2026-01-02', 'tea', { product_name: 'Green Tea', category: 'drinks' }),
        sold('2026-01-03', 'tea', { category: 'hot drinks' }),
        sold('2026-01-01', 'tea', { product_name: 'Tea', category: 'tea', brand: 'Acme' }),
        sold('2026-01-01', 'cup'),
      ],
    });
    expect(rows.get('Products')).toEqual([
      {
        'Product ID': 'tea',
        'Product Name': 'Green Tea',
        Category: 'hot drinks',
        Brand: 'Acme',
        Product: 'Green Tea (tea)',
      },
      { 'Product ID': 'cup', 'Product Name': null, Category: null, Brand: null, Product: 'cup' },
    ]);
    expect(rows.get('Product Days')).toHaveLength(4);
  });

  it('whose ids differ in case or in spaces at the end alone is one key, as for the model', async () => {
    const rows = await load({
      gold_products: [
        sold('2026-01-01', 'Tea'),
        sold('2026-01-02', 'tea ', { product_name: 'Tea' }),
      ],
    });
    expect(rows.get('Products')).toMatchObject([{ 'Product Name': 'Tea' }]);
  });
});

it('the latest event is in UTC, whether the connector gives a zone or not', async () => {
  const gold = {
    gold_users: [
      { visitor_id: 'a', last_seen_at: '2026-01-02T00:00:00Z' },
      { visitor_id: 'b', last_seen_at: '2026-01-01T23:59:59.999Z' },
    ],
  };
  for (const instants of ['datetime', 'datetimezone'] as const) {
    const [metrics] = (await load(gold, { instants })).get('Metrics')!;
    expect(metrics?.last_event_at).toBe(Date.parse('2026-01-02T00:00:00Z'));
  }
});

it('the day of a visitor is that of the shop when the first session began', async () => {
  const [visitor] = (
    await load({ gold_users: [{ visitor_id: 'v', first_seen_date: '2026-01-02' }] })
  ).get('Visitors')!;
  expect(visitor?.first_seen_date).toBe(toDay('2026-01-02'));
});

it('Direct Lake reads the rows of facts as they are, and lists what was sent alone', async () => {
  const rows = await load(
    {
      gold_sessions: [{ visitor_id: 'a', is_bot: true }],
      ...days('2026-01-01'),
      gold_event_metrics: [
        { date: '2026-01-01', device: 'mobile', country: null },
        { date: '2026-01-01', device: null, country: 'DE' },
      ],
      gold_funnel: [{ channel: 'Direct' }],
      gold_orders: [{ last_non_direct_channel: null, first_channel: 'Email' }],
      gold_products: [{ date: '2026-01-01', product_id: 'tea', product_name: 'Tea' }],
    },
    { source: 'onelake' },
  );
  expect(rows.get('Sessions')).toMatchObject([{ visitor_id: 'a', 'Is Bot': true }]);
  expect(rows.get('Events')!.map(({ device }) => device)).toEqual(['mobile', null]);
  expect(rows.get('Device')).toEqual([{ Device: 'mobile' }]);
  expect(rows.get('Country')).toEqual([{ Country: 'DE' }]);
  expect(rows.get('Channel')).toEqual([{ Channel: 'Direct' }, { Channel: 'Email' }]);
  expect(rows.get('Date')).toHaveLength(365 * 2);
  expect(rows.get('Products')).toMatchObject([{ Product: 'Tea (tea)' }]);
});

it('every kind of source gives the same rows', async () => {
  const gold = {
    gold_sessions: [
      { visitor_id: 'a', session_date: '2026-01-01', duration_seconds: '1.000', event_count: 2 },
    ],
    ...days('2026-01-01'),
    gold_products: [{ date: '2026-01-01', product_id: 'tea', views: 3, revenue: '4.50' }],
  };
  const [local, adls, databricks] = await Promise.all(
    [0, 1, 2].map((source) => load(gold, { source })),
  );
  expect(local!.get('Products')).toMatchObject([{ 'Product ID': 'tea', Product: 'tea' }]);
  expect(local!.get('Product Days')).toMatchObject([
    { product_id: 'tea', views: 3, revenue_amount: 4.5 },
  ]);
  expect(local!.get('Sessions')).toHaveLength(1);
  expect(adls).toEqual(local);
  expect(databricks).toEqual(local);
});
