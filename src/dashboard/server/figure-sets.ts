/** The figures that a page can be about: their formulas over what the server keeps, and their values. */
import { describeMetric, divide, type Metric } from '../../metrics/metric.ts';
import { METRICS } from '../../metrics/metrics.ts';
import type { FigureSetId } from '../pages.ts';
import type { Choice, Day, Figure, Values } from '../view.ts';
import { conditionOf } from './choice.ts';
import { columnsOf, type Formula, isSum, type Row, type Rows, valuesOf } from './metric-values.ts';

type FigureFormula = Formula &
  Pick<Metric, 'name' | 'meaning'> &
  Partial<Pick<Metric, 'unit' | 'notes' | 'isRiseBad'>> & { isNeutral?: true };

/** Figures of one kept table. */
interface Source {
  table: string;
  formulas: Readonly<Record<string, FigureFormula>>;
}

const MONEY = { format: 'money', unit: 'units of money.currency' } as const;
const SENT = ['As sent with the order; an order without it counts as 0.'];
const BY_SESSION = 'Filters apply to the session of the order.';

/** By the dates of orders and refunds, so that the three add up on every page. */
const MONEY_FORMULAS = {
  gross: {
    ...MONEY,
    meaning: 'Revenue before refunds, by the date of the order',
    notes: ['The order value as sent, else price x quantity of its lines.', BY_SESSION],
    sql: 'sum(revenue)',
  },
  refunded: {
    ...MONEY,
    name: 'Refunded',
    meaning: 'Refunds, by the date of the refund',
    notes: [BY_SESSION],
    sql: 'sum(refunded)',
    isRiseBad: true,
  },
  net: {
    ...MONEY,
    name: 'Net Revenue',
    meaning: 'Gross revenue minus refunds, each by its own date',
    sql: 'sum(revenue) - sum(refunded)',
  },
} as const;
const ORDERS = {
  name: 'Orders',
  format: 'count',
  meaning: 'Distinct orders, by the date of the order',
  notes: [BY_SESSION],
  sql: 'count(*)',
} as const;

const FIGURE_SETS: Readonly<Record<FigureSetId, readonly Source[]>> = {
  sessions: [
    {
      table: 'page_sessions',
      formulas: {
        sessions: METRICS.sessions,
        visitors: METRICS.visitors,
        newVisitors: METRICS.newVisitors,
        conversionRate: METRICS.conversionRate,
        cartAbandonmentRate: METRICS.cartAbandonmentRate,
        bounceRate: METRICS.bounceRate,
        engagementRate: METRICS.engagementRate,
        averageSessionDuration: METRICS.averageSessionDuration,
      },
    },
    { table: 'page_orders', formulas: { orders: ORDERS } },
    {
      table: 'page_money',
      formulas: {
        revenue: { ...MONEY_FORMULAS.gross, name: 'Revenue' },
        refunded: MONEY_FORMULAS.refunded,
        netRevenue: MONEY_FORMULAS.net,
      },
    },
  ],
  orders: [
    {
      table: 'page_money',
      formulas: {
        grossRevenue: { ...MONEY_FORMULAS.gross, name: 'Gross Revenue' },
        orderRefunds: MONEY_FORMULAS.refunded,
        orderNet: MONEY_FORMULAS.net,
      },
    },
    {
      table: 'page_orders',
      formulas: {
        placedOrders: ORDERS,
        orderValue: {
          ...MONEY,
          name: 'Average Order Value',
          meaning: 'Gross revenue divided by orders',
          sql: divide('sum(revenue)', 'count(*)'),
          isAverage: true,
        },
        tax: {
          ...MONEY,
          name: 'Tax',
          meaning: 'Tax of the orders',
          notes: SENT,
          sql: 'sum(tax)',
          isNeutral: true,
        },
        shipping: {
          ...MONEY,
          name: 'Shipping',
          meaning: 'Shipping of the orders',
          notes: SENT,
          sql: 'sum(shipping)',
          isNeutral: true,
        },
        discount: {
          ...MONEY,
          name: 'Discount',
          meaning: 'Discount on the orders',
          notes: SENT,
          sql: 'sum(discount)',
          isNeutral: true,
        },
        newBuyers: { ...METRICS.newBuyers, notes: [] },
        returningBuyers: { ...METRICS.returningBuyers, notes: [] },
        daysToFirstOrder: { ...METRICS.daysToFirstOrder, notes: [BY_SESSION] },
        daysBetweenOrders: { ...METRICS.daysBetweenOrders, notes: [BY_SESSION] },
      },
    },
  ],
};

export function describeFigures(set: FigureSetId): Figure[] {
  return FIGURE_SETS[set].flatMap(({ formulas }) =>
    Object.entries(formulas).map(([id, formula]) => {
      const { name, format, isRiseBad = false, isNeutral = false } = formula;
      return {
        id,
        name,
        format,
        meaning: describeMetric(formula),
        isRiseBad,
        isNeutral,
        isSum: isSum(formula),
      };
    }),
  );
}

export async function queryTotals(rows: Rows, set: FigureSetId, choice: Choice): Promise<Values> {
  const totals: Values = {};
  for (const { table, formulas } of FIGURE_SETS[set]) {
    const [row = {}] = await rows(
      `SELECT ${columnsOf(formulas)} FROM ${table} WHERE ${conditionOf(choice)}`,
    );
    Object.assign(totals, valuesOf(formulas, row));
  }
  return totals;
}

/** Days, weeks or months on which one of the figures has a row. */
export async function queryDays(rows: Rows, set: FigureSetId, choice: Choice): Promise<Day[]> {
  const found = new Map<string, Row>();
  const { grain } = choice;
  // Groups of texts take twice the time of groups of dates.
  const start = grain === 'day' ? 'day' : `CAST(date_trunc('${grain}', day) AS DATE)`;
  for (const { table, formulas } of FIGURE_SETS[set]) {
    const days = await rows(
      `SELECT CAST(${start} AS VARCHAR) AS start, ${columnsOf(formulas)}
       FROM ${table} WHERE ${conditionOf(choice)} GROUP BY ${start}`,
    );
    for (const row of days) {
      const date = String(row.start);
      found.set(date, { ...found.get(date), ...row });
    }
  }
  return [...found.keys()].sort().map((date) => {
    const values = FIGURE_SETS[set].map(({ formulas }) =>
      valuesOf(formulas, found.get(date) ?? {}),
    );
    return { date, values: Object.assign({}, ...values) };
  });
}
