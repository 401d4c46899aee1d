/** The numbers of the page, in SQL over what the server keeps of Gold. */
import { describeMetric, type Metric } from '../../metrics/metric.ts';
import { funnelSteps, METRICS } from '../../metrics/metrics.ts';
import type { LakeReader, ShownRules } from '../../pipeline/reader.ts';
import {
  type Bucket,
  type Choice,
  DAY_FIGURES,
  type Day,
  FIGURES,
  type Figure,
  type Group,
  type Period,
  type Product,
  type Totals,
  type View,
} from '../view.ts';
import { conditionOf, previousPeriod } from './choice.ts';

/**
 * Kept for as long as the tables have the same versions; text is `''` where Gold has null. The id
 * of a visitor is a number here, because numbers are told apart much quicker than texts.
 */
export const keptResults = ({ bots }: ShownRules): Readonly<Record<string, string>> => ({
  page_sessions: `
    WITH visitors AS (SELECT visitor_id, row_number() OVER () AS visitor_number FROM gold_users)
    SELECT session_date, COALESCE(device, '') AS device, COALESCE(country, '') AS country,
      visitor_number AS visitor_id,
      start_hour AS hour, CAST(isodow(session_date) - 1 AS INTEGER) AS weekday,
      CAST(duration_seconds AS DOUBLE) AS duration_seconds,
      event_count, order_count, revenue, session_number, is_bounce, is_engaged, has_product_view,
      has_add_to_cart, has_purchase, funnel_step
    FROM gold_sessions JOIN visitors USING (visitor_id)
    ${bots === 'exclude' ? 'WHERE NOT is_bot' : ''}`,
  page_products: `
    SELECT date, product_id, views, add_to_carts, orders, revenue FROM gold_products`,
  page_days: `
    SELECT date AS session_date, revenue, refunded FROM gold_conversion_metrics`,
  page_funnel: `
    SELECT count(reached_checkout) > 0 OR count(*) = 0 AS has_checkout FROM gold_funnel`,
  page_bots: `
    SELECT date, bot_sessions, bot_events FROM gold_conversion_metrics
    WHERE bot_sessions > 0 OR bot_events > 0`,
  page_last_event: `
    SELECT max(ended_at) AS last_event_at FROM gold_sessions`,
});

const TOTAL_METRICS = metricsOf(FIGURES);
const DAY_METRICS = metricsOf(DAY_FIGURES);

function metricsOf<Id extends keyof Totals>(ids: readonly Id[]): Record<Id, Metric> {
  return Object.fromEntries(ids.map((id) => [id, METRICS[id]])) as Record<Id, Metric>;
}

const GROUP_METRICS = {
  sessions: METRICS.sessions,
  sessionsWithPurchase: METRICS.sessionsWithPurchase,
  conversionRate: METRICS.conversionRate,
  revenue: METRICS.revenue,
};

const PRODUCT_METRICS = {
  views: METRICS.itemViews,
  addToCarts: METRICS.itemAddToCarts,
  orders: METRICS.itemOrders,
  revenue: METRICS.itemRevenue,
  viewToCartRate: METRICS.itemViewToCartRate,
  cartToPurchaseRate: METRICS.itemCartToPurchaseRate,
};

const SESSIONS = `CAST(${METRICS.sessions.sql} AS BIGINT) AS sessions`;

/** Seconds and events at which a bucket begins. */
const DURATION_STEPS = [0, 10, 30, 60, 180, 600, 1800];
const DEPTH_STEPS = [1, 2, 3, 5, 10, 20, 50];
const PRODUCT_COUNT = 100;

/** `days` are those that the lake has. Between two statements an aborted signal ends it, with its reason. */
export async function queryView(
  reader: LakeReader,
  asked: { version: string; choice: Choice; days: Period; signal: AbortSignal },
): Promise<View> {
  const { version, choice, days, signal } = asked;
  const rows = <Found>(sql: string): Promise<Found[]> => {
    signal.throwIfAborted();
    return reader.rows(sql) as unknown as Promise<Found[]>;
  };
  const from = `FROM page_sessions WHERE ${conditionOf(choice)}`;
  const previous = previousPeriod(choice);
  const before = { ...choice, ...previous };
  const previousTotals = await queryTotals(rows, before);
  const [median] = await rows<{ value: number | null }>(
    `SELECT CAST(${METRICS.medianSessionDuration.sql} AS DOUBLE) AS value ${from}`,
  );
  return {
    version,
    choice,
    previous,
    figures: [...FIGURES, ...DAY_FIGURES].map(describeFigure),
    totals: await queryTotals(rows, choice),
    previousTotals:
      previousTotals.sessions === 0 || previous.from < days.from ? null : previousTotals,
    days: await queryDays(rows, choice),
    funnel: await queryFunnel(rows, from),
    devices: await queryGroups(rows, 'device', choice),
    countries: await queryGroups(rows, 'country', choice),
    hours: (
      await rows<View['hours'][number]>(
        `SELECT weekday, hour, ${SESSIONS} ${from} GROUP BY weekday, hour ORDER BY weekday, hour`,
      )
    ).map(numbers),
    durations: await queryBuckets(rows, 'duration_seconds', DURATION_STEPS, from),
    medianSeconds: median?.value ?? null,
    depths: await queryBuckets(rows, 'event_count', DEPTH_STEPS, from),
    products: await queryProducts(rows, choice),
    bots: await queryBots(rows, choice, reader.rules().bots === 'exclude'),
  };
}

type Row = Record<string, unknown>;
type Rows = <Found>(sql: string) => Promise<Found[]>;

async function queryTotals(rows: Rows, choice: Choice): Promise<Totals> {
  const [sessions = {}] = await rows<Row>(
    `SELECT ${columnsOf(TOTAL_METRICS)} FROM page_sessions WHERE ${conditionOf(choice)}`,
  );
  const [days = {}] = hasMembers(choice)
    ? []
    : await rows<Row>(
        `SELECT ${columnsOf(DAY_METRICS)} FROM page_days WHERE ${conditionOf(choice)}`,
      );
  return { ...valuesOf(TOTAL_METRICS, sessions), ...dayValues(days, choice) };
}

/** Days with a session, or with an order or a refund. */
async function queryDays(rows: Rows, choice: Choice): Promise<Day[]> {
  const ofDays = (metrics: Readonly<Record<string, Metric>>, table: string): Promise<Row[]> =>
    rows<Row>(
      `SELECT CAST(session_date AS VARCHAR) AS date, ${columnsOf(metrics)} FROM ${table}
       WHERE ${conditionOf(choice)} GROUP BY session_date ORDER BY session_date`,
    );
  const sessions = new Map(
    (await ofDays(TOTAL_METRICS, 'page_sessions')).map((row) => [row.date, row]),
  );
  const days = new Map(
    (hasMembers(choice) ? [] : await ofDays(DAY_METRICS, 'page_days')).map((row) => [
      row.date,
      row,
    ]),
  );
  const dates = [...new Set([...sessions.keys(), ...days.keys()])].map(String).sort();
  return dates.map((date) => ({
    date,
    ...valuesOf(TOTAL_METRICS, sessions.get(date) ?? NO_ROW),
    ...dayValues(days.get(date) ?? {}, choice),
  }));
}

/** Nothing there: every value is null. */
const NO_ROW: Row = Object.fromEntries(FIGURES.map((id) => [id, null]));

function hasMembers({ device, country }: Choice): boolean {
  return device !== undefined || country !== undefined;
}

/** Whole days cannot be told apart by device or country. */
function dayValues(row: Row, choice: Choice): Pick<Totals, (typeof DAY_FIGURES)[number]> {
  return hasMembers(choice)
    ? { refunded: null, netRevenue: null }
    : valuesOf(DAY_METRICS, { refunded: null, netRevenue: null, ...row });
}

/** All devices, or countries, whatever is chosen of them: the others stay in sight. */
async function queryGroups(
  rows: Rows,
  column: 'device' | 'country',
  choice: Choice,
): Promise<Group[]> {
  const { [column]: _chosen, ...others } = choice;
  const found = await rows<Row>(
    `SELECT ${column} AS name, ${columnsOf(GROUP_METRICS)} FROM page_sessions WHERE ${conditionOf(others)}
     GROUP BY ${column} ORDER BY sessions DESC, name`,
  );
  return found.map((row) => ({ name: String(row.name), ...valuesOf(GROUP_METRICS, row) }));
}

async function queryBuckets(
  rows: Rows,
  column: string,
  steps: readonly number[],
  from: string,
): Promise<Bucket[]> {
  const cases = [...steps].reverse().map((step) => `WHEN ${column} >= ${step} THEN ${step}`);
  const found = await rows<{ start: number; sessions: number }>(
    `SELECT CASE ${cases.join(' ')} END AS start, ${SESSIONS} ${from} GROUP BY start`,
  );
  const counts = new Map(found.map(({ start, sessions }) => [Number(start), Number(sessions)]));
  return steps.map((step) => ({ from: step, sessions: counts.get(step) ?? 0 }));
}

async function queryProducts(rows: Rows, { from, to }: Period): Promise<Product[]> {
  const found = await rows<Row>(
    `SELECT product_id AS id, ${columnsOf(PRODUCT_METRICS)}
     FROM page_products WHERE date BETWEEN DATE '${from}' AND DATE '${to}'
     GROUP BY product_id ORDER BY sum(revenue) DESC, sum(orders) DESC, sum(views) DESC, id LIMIT ${PRODUCT_COUNT}`,
  );
  return found.map((row) => ({ id: String(row.id), ...valuesOf(PRODUCT_METRICS, row) }));
}

async function queryBots(
  rows: Rows,
  { from, to }: Period,
  isLeftOut: boolean,
): Promise<View['bots']> {
  const [counts = {}] = await rows<Row>(
    `SELECT CAST(${METRICS.botSessions.sql} AS DOUBLE) AS sessions,
       CAST(${METRICS.botEvents.sql} AS DOUBLE) AS events
     FROM page_bots WHERE date BETWEEN DATE '${from}' AND DATE '${to}'`,
  );
  return {
    sessions: Number(counts.sessions),
    events: Number(counts.events),
    isLeftOut,
  };
}

async function queryFunnel(rows: Rows, from: string): Promise<View['funnel']> {
  const [{ has_checkout: hasCheckout } = {}] = await rows<Row>(
    'SELECT has_checkout FROM page_funnel',
  );
  const steps = funnelSteps(hasCheckout === false);
  const [counts = {}] = await rows<Row>(
    `SELECT ${steps
      .map(
        ({ step }) =>
          `CAST(count(CASE WHEN funnel_step >= ${step} THEN 1 END) AS DOUBLE) AS step${step}`,
      )
      .join(', ')} ${from}`,
  );
  return steps.map(({ label, step }) => ({ label, sessions: Number(counts[`step${step}`]) }));
}

function describeFigure(id: keyof Totals): Figure {
  const metric: Metric = METRICS[id];
  const { name, format, isRiseBad = false } = metric;
  return { id, name, format, meaning: describeMetric(metric), isRiseBad };
}

function columnsOf(metrics: Readonly<Record<string, Metric>>): string {
  return Object.entries(metrics)
    .map(([id, { sql }]) => `CAST(${sql} AS DOUBLE) AS "${id}"`)
    .join(', ');
}

/** Of nothing a count or a sum of money is 0; a quotient has nothing to tell. */
function valuesOf<Id extends string>(
  metrics: Readonly<Record<Id, Metric>>,
  row: Row,
): Record<Id, number | null> {
  const values = Object.entries<Metric>(metrics).map(([id, { format }]) => {
    const isSum = format === 'count' || format === 'money';
    return [id, row[id] === null && !isSum ? null : Number(row[id])];
  });
  return Object.fromEntries(values) as Record<Id, number | null>;
}

/** Counts come as text beyond 2^53 only; here they are numbers always. */
function numbers<Found extends object>(row: Found): Found {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, Number(value)]),
  ) as Found;
}
