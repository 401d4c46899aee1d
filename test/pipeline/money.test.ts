/** Amounts in one currency: what is converted, by which rate, and what is said of the rest. */
import { describe, expect, it } from 'vitest';
import type { ExchangeRate, MoneyRules } from '../../src/contract/money.ts';
import { casesOfOneLake, YEARS_OF_A_CASE } from './cases-of-one-lake.ts';
import { deliver, expectSameAsRefresh, lakeOf, type Sent } from './gold-support.ts';

function order(id: string, at: string, fields: Record<string, unknown>): Sent {
  return {
    id: `${id} ${at}`,
    at,
    type: 'purchase',
    user: 'u1',
    session: 's1',
    order_id: id,
    ...fields,
  };
}

function rates(...lines: string[]): ExchangeRate[] {
  return lines.map((line) => {
    const [date = '', currency = '', rate = ''] = line.split(' ');
    return { date, currency, rate };
  });
}

function inEuro(...lines: string[]): MoneyRules {
  return { currency: 'EUR', assume: undefined, rates: rates(...lines) };
}

/** These rates, for every case in its own years. */
function inEuroForCases(...lines: string[]): MoneyRules {
  const ofCase = (number: number) =>
    lines.map((line) =>
      line.replace(/^\d+/, (year) => String(Number(year) + YEARS_OF_A_CASE * number)),
    );
  return inEuro(...Array.from({ length: 10 }, (_, number) => ofCase(number)).flat());
}

const cases = casesOfOneLake((settings) => ({
  ...settings,
  money: inEuroForCases(
    ...['2025-12-01 SEK 0.09', '2025-12-01 JPY 0.006', '2025-12-01 NOK 0.1'],
    ...['2025-12-15 USD 0.3333', '2026-01-02 USD 50'],
    ...['2025-12-15 CAD 0.5', '2026-01-02 CAD 0.8'],
  ),
}));

const THREE = [
  order('A', '2026-01-01T10:00:00Z', { order_value: 100, currency: 'EUR' }),
  order('B', '2026-01-01T11:00:00Z', { order_value: 1000, currency: 'sek' }),
  order('C', '2026-01-01T12:00:00Z', { order_value: 17000, currency: 'JPY' }),
];
const DAY = 'SELECT orders, revenue, refunded, unconverted_orders FROM gold_conversion_metrics';

describe('amounts of several currencies', () => {
  it('are added as sent where no currency is set', async () => {
    await using lake = await lakeOf([THREE]);
    expect(await lake.rows(DAY)).toMatchObject([{ revenue: '18100.00', unconverted_orders: 0 }]);
    expect(await lake.rows('SELECT DISTINCT exchange_rate FROM gold_orders')).toEqual([
      { exchange_rate: null },
    ]);
  });

  cases.it('are converted by the rates of their day', [THREE], async ({ rows }) => {
    expect(await rows(DAY)).toMatchObject([{ revenue: '292.00', unconverted_orders: 0 }]);
    expect(
      await rows(
        'SELECT order_id, currency, revenue, exchange_rate, reported_revenue FROM gold_orders ORDER BY 1',
      ),
    ).toEqual([
      {
        ...{ order_id: 'A', currency: 'EUR', revenue: '100.00' },
        ...{ exchange_rate: '1.0000000000', reported_revenue: '100.00' },
      },
      {
        ...{ order_id: 'B', currency: 'SEK', revenue: '1000.00' },
        ...{ exchange_rate: '0.0900000000', reported_revenue: '90.00' },
      },
      {
        ...{ order_id: 'C', currency: 'JPY', revenue: '17000.00' },
        ...{ exchange_rate: '0.0060000000', reported_revenue: '102.00' },
      },
    ]);
    expect(await rows('SELECT revenue FROM gold_users')).toEqual([{ revenue: '292.00' }]);
  });

  it('count in no sum where there is no rate on or before their day, which is said', async () => {
    const refund = (at: string): Sent => ({
      ...order('X', at, { order_value: 10, currency: 'XXX' }),
      type: 'refund',
    });
    await using lake = await lakeOf(
      [THREE.slice(0, 2), [...THREE.slice(2), refund('2026-01-02T10:00:00Z')]],
      (settings) => ({
        ...settings,
        money: inEuro('2026-01-02 SEK 0.09', '2026-01-01 JPY 0.006', '2026-01-04 XXX 2'),
      }),
    );
    // One of its refunds has a rate: what both come to is not known.
    await deliver(lake, [refund('2026-01-05T10:00:00Z')]);
    expect(await lake.rows(`${DAY} WHERE date = DATE '2026-01-01'`)).toEqual([
      { orders: 3, revenue: '202.00', refunded: '0.00', unconverted_orders: 1 },
    ]);
    expect(
      await lake.rows("SELECT refunded, reported_refunded FROM gold_orders WHERE order_id = 'X'"),
    ).toEqual([{ refunded: '20.00', reported_refunded: null }]);
    const { convertedTo, unconverted } = await lake.lake.purchaseFacts();
    expect(convertedTo).toBe('EUR');
    expect(unconverted.toSorted((a, b) => `${a.currency}`.localeCompare(`${b.currency}`))).toEqual([
      { currency: 'SEK', orders: 1 },
      { currency: 'XXX', orders: 1 },
    ]);
    await expectSameAsRefresh(lake);
  });

  it('have the assumed currency where none is sent', async () => {
    await using lake = await lakeOf(
      [[order('A', '2026-01-01T10:00:00Z', { order_value: 100, tax: 10 })]],
      (settings) => ({ ...settings, money: { ...inEuro('2025-12-01 SEK 0.09'), assume: 'SEK' } }),
    );
    expect(
      await lake.rows('SELECT currency, reported_revenue, reported_tax FROM gold_orders'),
    ).toEqual([{ currency: 'SEK', reported_revenue: '9.00', reported_tax: '0.90' }]);
  });

  it('are whole units in a currency without smaller ones, half away from zero', async () => {
    await using lake = await lakeOf(
      [
        [
          order('A', '2026-01-01T10:00:00Z', { order_value: '0.50', currency: 'EUR' }),
          order('B', '2026-01-01T10:00:00Z', { order_value: '1.49', currency: 'EUR' }),
        ],
      ],
      (settings) => ({
        ...settings,
        money: { currency: 'JPY', assume: undefined, rates: rates('2025-12-01 EUR 1') },
      }),
    );
    expect(await lake.rows('SELECT reported_revenue FROM gold_orders ORDER BY order_id')).toEqual([
      { reported_revenue: '1.00' },
      { reported_revenue: '1.00' },
    ]);
  });
});

describe('refunds', () => {
  const refund = (at: string, order_value: string, currency: string): Sent => ({
    ...order('A', at, { order_value, currency }),
    type: 'refund',
  });
  const part = (day: string): Sent => refund(`2026-01-0${day}T10:00:00Z`, '3.33', 'USD');
  cases.it(
    'of a whole order in parts come to its amount to the cent, by the rate of its day',
    [
      [order('A', '2026-01-01T10:00:00Z', { order_value: '9.99', currency: 'USD' })],
      [part('5'), part('6')],
      [part('7')],
    ],
    async ({ rows }) => {
      expect(
        await rows(
          'SELECT reported_revenue, reported_refunded, reported_net_revenue FROM gold_orders',
        ),
      ).toEqual([
        { reported_revenue: '3.33', reported_refunded: '3.33', reported_net_revenue: '0.00' },
      ]);
    },
  );

  cases.it(
    'without a known purchase have the rate of their own day',
    [[refund('2026-01-05T10:00:00Z', '10', 'CAD')]],
    async ({ rows }) => {
      expect(await rows('SELECT reported_refunded, reported_net_revenue FROM gold_orders')).toEqual(
        [{ reported_refunded: '8.00', reported_net_revenue: '-8.00' }],
      );
    },
  );
});

describe('rates', () => {
  it('recompute Gold if they were changed, or are new for days that have orders', async () => {
    let money = inEuro('2025-12-01 SEK 0.09', '2025-12-01 JPY 0.006');
    await using lake = await lakeOf([THREE], (settings) => ({ ...settings, money }));
    const newDays = 'money.rates has rates for days that Gold has orders of';
    for (const [added, why, revenue] of [
      ['2026-01-02 SEK 0.5', [], '292.00'],
      ['2026-01-01 SEK 0.1', [newDays], '302.00'],
      ['2025-11-30 USD 0.9', ['money.rates was changed'], '302.00'],
    ] as const) {
      money = { ...money, rates: [...money.rates, ...rates(added)] };
      lake.settings.money = money;
      await lake.reopen();
      const { writes } = await lake.lake.previewRun({ fullRefresh: false });
      expect([...new Set(writes.map((write) => write.why))], added).toEqual(why);
      await lake.lake.run({ fullRefresh: false });
      const { checks } = await lake.lake.verify();
      expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
      expect(await lake.rows(DAY), added).toMatchObject([{ revenue }]);
    }
    await expectSameAsRefresh(lake);
  });
});

describe('one order in two currencies', () => {
  const line = (at: string, price: number, currency?: string) =>
    order('A', at, { product_id: 'p', price, currency });
  const lines = [
    [line('2026-01-01T10:00:00Z', 10, 'EUR'), line('2026-01-01T10:01:00Z', 100, 'NOK')],
    [line('2026-01-01T10:02:00Z', 7)],
  ];
  const LINES = 'SELECT currency, item_count, reported_revenue FROM gold_orders';
  cases.it(
    'has the lines of its earliest event, and of those that name no other currency',
    lines,
    async ({ rows }) => {
      expect(await rows(LINES)).toEqual([
        { currency: 'EUR', item_count: 2, reported_revenue: '17.00' },
      ]);
    },
  );

  cases.it(
    'is one in kronor once an earlier event says so',
    [...lines, [line('2026-01-01T09:00:00Z', 100, ' nok ')]],
    async ({ rows }) => {
      expect(await rows(LINES)).toEqual([
        { currency: 'NOK', item_count: 2, reported_revenue: '10.70' },
      ]);
    },
  );

  it('is said', async () => {
    await using lake = await lakeOf(lines.slice(1));
    const { purchases } = await deliver(lake, lines[0] ?? []);
    expect(purchases?.mixedOrders).toEqual({ id: 'A', orders: 1 });
  });

  const refund = (at: string, fields: Record<string, unknown>): Sent => ({
    ...order('A', at, fields),
    type: 'refund',
  });
  cases.it(
    'is given back by the rate of the other, beside what is given back in its own',
    [
      [order('A', '2026-01-01T10:00:00Z', { order_value: 100, currency: 'EUR' })],
      [refund('2026-01-02T10:00:00Z', { order_value: 90, currency: 'NOK' })],
      [refund('2026-01-03T10:00:00Z', { order_value: 20 })],
    ],
    async ({ rows }) => {
      expect(
        await rows(
          'SELECT currency, amount, reported_amount FROM gold_refunds ORDER BY refunded_at',
        ),
      ).toEqual([
        { currency: 'NOK', amount: '90.00', reported_amount: '9.00' },
        { currency: 'EUR', amount: '20.00', reported_amount: '20.00' },
      ]);
      expect(
        await rows(
          'SELECT refunded, net_revenue, reported_refunded, reported_net_revenue FROM gold_orders',
        ),
      ).toEqual([
        {
          ...{ refunded: '20.00', net_revenue: '80.00' },
          ...{ reported_refunded: '29.00', reported_net_revenue: '71.00' },
        },
      ]);
    },
  );
});

cases.itIsSameAsRefresh();
