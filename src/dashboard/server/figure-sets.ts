/** The figures that a page can be about: their formulas over what the server keeps, and their values. */
import { describeMetric, divide, type Metric } from '../../metrics/metric.ts';
import { METRICS } from '../../metrics/metrics.ts';
import { textLiteral } from '../../pipeline/sql-literal.ts';
import type { FigureSetId } from '../pages.ts';
import type { Choice, Day, DaysOfName, Figure, Values } from '../view.ts';
import { conditionOf } from './choice.ts';
import { columnsOf, type Formula, isSum, type Row, type Rows, valuesOf } from './metric-values.ts';

type FigureFormula = Formula &
  Pick<Metric, 'name' | 'meaning'> &
  Partial<Pick<Metric, 'unit' | 'notes' | 'isRiseBad'>> & { isNeutral?: true };

/** Formulas over one kept table. */
interface Source<Of extends Formula = Formula> {
  table: string;
  formulas: Readonly<Record<string, Of>>;
}

type FigureSource = Source<FigureFormula>;

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

const FIGURE_SETS: Readonly<Record<FigureSetId, readonly [FigureSource, ...FigureSource[]]>> = {
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
    {
      table: 'page_money',
      formulas: {
        orders: { ...ORDERS, sql: 'sum(orders)' },
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

/**
 * The values of a set's figures, if any, and of the formulas over page_sessions that are named beside: in one pass
 * over each table.
 */
export async function queryTotals(
  rows: Rows,
  set: FigureSetId | null,
  besides: Readonly<Record<string, Formula>>,
  choice: Choice,
): Promise<Values> {
  const sources: Source[] = [{ table: 'page_sessions', formulas: besides }];
  for (const { table, formulas } of set === null ? [] : FIGURE_SETS[set]) {
    const same = sources.find((each) => each.table === table);
    if (same === undefined) {
      sources.push({ table, formulas });
    } else {
      same.formulas = { ...same.formulas, ...formulas };
    }
  }
  const totals: Values = {};
  for (const { table, formulas } of sources) {
    const [row = {}] = await rows(
      `SELECT ${columnsOf(formulas)} FROM ${table} WHERE ${conditionOf(choice)}`,
    );
    Object.assign(totals, valuesOf(formulas, row));
  }
  return totals;
}

/** Days, weeks or months on which one of the figures has a row. */
export async function queryDays(rows: Rows, set: FigureSetId, choice: Choice): Promise<Day[]> {
  const [all] = await queryDaysBy(rows, set, choice);
  return all?.days ?? [];
}

/** More lines could not be told apart. */
const NAME_COUNT = 5;

/** The days of the names of the choice's dimension with the most rows, and of all others together. */
export async function queryDaysOfNames(
  rows: Rows,
  set: FigureSetId,
  choice: Choice,
): Promise<DaysOfName[]> {
  const { by } = choice;
  if (by === null) {
    return [];
  }
  const [{ table }] = FIGURE_SETS[set];
  const most = await rows<{ name: string }>(
    `SELECT CAST(${by} AS VARCHAR) AS name FROM ${table} WHERE ${conditionOf(choice)}
     GROUP BY ${by} ORDER BY count(*) DESC, name LIMIT ${NAME_COUNT}`,
  );
  if (most.length === 0) {
    return [];
  }
  const names = most.map(({ name }) => name);
  const cases = names.map((name, index) => `WHEN ${by} = ${textLiteral(name)} THEN ${index}`);
  const found = await queryDaysBy(rows, set, choice, `CASE ${cases.join(' ')} END`);
  const placeOf = ({ group }: { group: number | null }): number => group ?? NAME_COUNT;
  return found
    .sort((a, b) => placeOf(a) - placeOf(b))
    .map(({ group, days }) => ({ name: group === null ? null : (names[group] ?? null), days }));
}

/** `group`: SQL of a whole number, or of null, by which the days are told apart. Without it there is one, null. */
async function queryDaysBy(
  rows: Rows,
  set: FigureSetId,
  choice: Choice,
  group?: string,
): Promise<{ group: number | null; days: Day[] }[]> {
  const groups = new Map<number | null, Map<string, Row>>();
  const { grain } = choice;
  // Groups of texts take twice the time of groups of dates.
  const start = grain === 'day' ? 'day' : `CAST(date_trunc('${grain}', day) AS DATE)`;
  for (const { table, formulas } of sourcesByDay(set, choice, group !== undefined)) {
    const [column, grouped] =
      group === undefined ? ['', ''] : [`CAST(${group} AS INTEGER) AS name_index,`, ', name_index'];
    const found = await rows(
      `SELECT CAST(${start} AS VARCHAR) AS start, ${column} ${columnsOf(formulas)}
       FROM ${table} WHERE ${conditionOf(choice)} GROUP BY ${start}${grouped}`,
    );
    for (const row of found) {
      const index = row.name_index == null ? null : Number(row.name_index);
      const days = groups.get(index) ?? new Map<string, Row>();
      groups.set(index, days);
      const date = String(row.start);
      days.set(date, { ...days.get(date), ...row });
    }
  }
  return [...groups].map(([index, days]) => ({ group: index, days: daysOf(set, days) }));
}

/** Gold has the visitors of each day: to tell those of all sessions apart is most of the work. */
function sourcesByDay(
  set: FigureSetId,
  { grain, filters }: Choice,
  isGrouped: boolean,
): readonly Source[] {
  const [sessions, ...others] = FIGURE_SETS[set];
  if (set !== 'sessions' || grain !== 'day' || filters.length > 0 || isGrouped) {
    return [sessions, ...others];
  }
  const { visitors: _, ...formulas } = sessions.formulas;
  return [
    { table: sessions.table, formulas },
    { table: 'page_visitors', formulas: { visitors: { sql: 'sum(visitors)', format: 'count' } } },
    ...others,
  ];
}

function daysOf(set: FigureSetId, found: ReadonlyMap<string, Row>): Day[] {
  return [...found.keys()].sort().map((date) => {
    const values = FIGURE_SETS[set].map(({ formulas }) =>
      valuesOf(formulas, found.get(date) ?? {}),
    );
    return { date, values: Object.assign({}, ...values) };
  });
}
