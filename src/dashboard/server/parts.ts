/** What each panel of a page shows. */
import { METRICS } from '../../metrics/metrics.ts';
import type { ShownRules } from '../../pipeline/reader.ts';
import type { PageEntry } from '../pages.ts';
import type {
  Attribution,
  Bots,
  Bucket,
  Choice,
  Order,
  Parts,
  Period,
  Product,
  Segment,
  Values,
} from '../view.ts';
import { conditionOf } from './choice.ts';
import { queryCohorts } from './cohorts.ts';
import { queryDays, queryDaysOfNames } from './figure-sets.ts';
import { funnelOf, type Steps } from './funnel.ts';
import { queryGroups, queryStepsOfGroups } from './groups.ts';
import { columnsOf, type Rows, valuesOf } from './metric-values.ts';
import { querySessions } from './sessions.ts';

export interface Question {
  rows: Rows;
  page: PageEntry;
  choice: Choice;
  /** The same of the days compared with; null where nothing is known of them. */
  before: Choice | null;
  /** Of the funnel, on the pages that show it. */
  steps: Steps;
  totals: Values;
  previousTotals: Values | null;
  rules: ShownRules;
  /** Those of the lake. */
  days: Period;
}

/** Panels that are not here show what every view has. */
const PARTS: { [Id in keyof Parts]: (question: Question) => Promise<Parts[Id]> } = {
  notes: async (question) => ({ bots: await queryBots(question) }),
  trend: async ({ rows, page: { figures = 'sessions' }, choice, before }) => ({
    days: await queryDays(rows, figures, choice),
    previous: before === null ? [] : await queryDays(rows, figures, before),
    groups: await queryDaysOfNames(rows, figures, choice),
  }),
  funnel: async (question) => funnelOf(question),
  steps: queryStepsOfGroups,
  cohorts: queryCohorts,
  segments: querySegments,
  groups: queryGroups,
  hours: queryHours,
  durations: async ({ rows, choice }) => {
    const [median] = await rows<{ value: number | null }>(
      `SELECT CAST(${METRICS.medianSessionDuration.sql} AS DOUBLE) AS value ${sessionsOf(choice)}`,
    );
    return {
      buckets: await queryBuckets(rows, 'duration_seconds', DURATION_STEPS, choice),
      medianSeconds: median?.value ?? null,
    };
  },
  depths: ({ rows, choice }) => queryBuckets(rows, 'event_count', DEPTH_STEPS, choice),
  products: queryProducts,
  attribution: queryAttribution,
  orders: queryOrders,
  sessions: querySessions,
};

export async function queryParts(question: Question): Promise<Partial<Parts>> {
  const parts: [string, unknown][] = [];
  for (const panel of question.page.panels) {
    if (isPart(panel)) {
      parts.push([panel, await PARTS[panel](question)]);
    }
  }
  return Object.fromEntries(parts);
}

function isPart(panel: string): panel is keyof Parts {
  return Object.hasOwn(PARTS, panel);
}

const SESSIONS = `CAST(${METRICS.sessions.sql} AS BIGINT) AS sessions`;

/** Seconds and events at which a bucket begins. */
const DURATION_STEPS = [0, 10, 30, 60, 180, 600, 1800];
const DEPTH_STEPS = [1, 2, 3, 5, 10, 20, 50];
const PRODUCT_COUNT = 100;
const ORDER_COUNT = 100;

const PRODUCT_METRICS = {
  views: METRICS.itemViews,
  addToCarts: METRICS.itemAddToCarts,
  orders: METRICS.itemOrders,
  revenue: METRICS.itemRevenue,
  viewToCartRate: METRICS.itemViewToCartRate,
  cartToPurchaseRate: METRICS.itemCartToPurchaseRate,
};

function sessionsOf(choice: Choice): string {
  return `FROM page_sessions WHERE ${conditionOf(choice)}`;
}

async function queryHours({ rows, choice }: Question): Promise<Parts['hours']> {
  const found = await rows(
    `SELECT weekday, hour, ${SESSIONS} ${sessionsOf(choice)}
     GROUP BY weekday, hour ORDER BY weekday, hour`,
  );
  return found.map(({ weekday, hour, sessions }) => ({
    weekday: Number(weekday),
    hour: Number(hour),
    sessions: Number(sessions),
  }));
}

async function queryBuckets(
  rows: Rows,
  column: string,
  steps: readonly number[],
  choice: Choice,
): Promise<Bucket[]> {
  const cases = [...steps].reverse().map((step) => `WHEN ${column} >= ${step} THEN ${step}`);
  const found = await rows(
    `SELECT CASE ${cases.join(' ')} END AS start, ${SESSIONS} ${sessionsOf(choice)} GROUP BY start`,
  );
  const counts = new Map(found.map(({ start, sessions }) => [Number(start), Number(sessions)]));
  return steps.map((step) => ({ from: step, sessions: counts.get(step) ?? 0 }));
}

const MOST_SOLD = 'ORDER BY sold_revenue DESC, sold_orders DESC, sold_views DESC, id';

async function queryProducts({ rows, choice, before }: Question): Promise<Product[]> {
  const daysBefore = before === null ? 'false' : isWithin(before);
  const found = await rows(
    `WITH earlier AS (
       SELECT product_id, CAST(sum(revenue) AS DOUBLE) AS revenue_before
       FROM page_products WHERE ${daysBefore} GROUP BY product_id
     ),
     sold AS (
       SELECT product_id AS id, sum(revenue) AS sold_revenue, sum(orders) AS sold_orders, sum(views) AS sold_views,
         ${columnsOf(PRODUCT_METRICS)}
       FROM page_products WHERE ${isWithin(choice)}
       GROUP BY id ${MOST_SOLD} LIMIT ${PRODUCT_COUNT}
     )
     SELECT sold.*, product_name, category, brand, COALESCE(revenue_before, 0) AS revenue_before
     FROM sold JOIN page_product_names AS n ON n.product_id = id
       LEFT JOIN earlier AS e ON e.product_id = id ${MOST_SOLD}`,
  );
  return found.map((row) => ({
    id: String(row.id),
    name: textOrNull(row.product_name),
    category: textOrNull(row.category),
    brand: textOrNull(row.brand),
    ...valuesOf(PRODUCT_METRICS, row),
    revenueBefore: before === null ? null : Number(row.revenue_before),
  }));
}

async function queryAttribution({ rows, choice }: Question): Promise<Attribution[]> {
  const ways = ['channel', 'first_channel', 'last_non_direct_channel'];
  const names = ways.map((column) => `CAST(${column} AS VARCHAR)`).join(', ');
  const found = await rows(
    `WITH sums AS (
       SELECT COALESCE(${names}, '') AS name, sum(revenue) AS revenue,
         ${ways.map((column, way) => `grouping(${column}) = 0 AS is_way${way}`).join(', ')}
       FROM page_orders WHERE ${conditionOf(choice)}
       GROUP BY GROUPING SETS (${ways.map((column) => `(${column})`).join(', ')})
     )
     SELECT name, ${ways
       .map(
         (_, way) =>
           `CAST(COALESCE(sum(CASE WHEN is_way${way} THEN revenue END), 0) AS DOUBLE) AS way${way}`,
       )
       .join(', ')}
     FROM sums GROUP BY name ORDER BY way0 DESC, name`,
  );
  return found.map(({ name, way0, way1, way2 }) => ({
    channel: String(name),
    session: Number(way0),
    first: Number(way1),
    lastNonDirect: Number(way2),
  }));
}

async function querySegments({ rows }: Question): Promise<Segment[]> {
  const found = await rows('FROM page_segments ORDER BY recency DESC, frequency');
  return found.map(({ recency, frequency, buyers, revenue }) => ({
    recency: Number(recency),
    frequency: Number(frequency),
    buyers: Number(buyers),
    revenue: Number(revenue),
  }));
}

async function queryOrders({ rows, choice }: Question): Promise<Order[]> {
  const found = await rows(
    `SELECT order_id, ordered_at, session_id, CAST(channel AS VARCHAR) AS channel,
       CAST(country AS VARCHAR) AS country, is_first_order, quantity,
       CAST(revenue AS DOUBLE) AS revenue, CAST(refunded AS DOUBLE) AS refunded
     FROM page_orders WHERE ${conditionOf(choice)} ORDER BY ordered_at DESC, order_id LIMIT ${ORDER_COUNT}`,
  );
  return found.map((row) => ({
    id: String(row.order_id),
    orderedAt: String(row.ordered_at),
    sessionId: textOrNull(row.session_id),
    channel: String(row.channel),
    country: String(row.country),
    isFirst: row.is_first_order === true,
    quantity: Number(row.quantity),
    revenue: row.revenue === null ? null : Number(row.revenue),
    refunded: row.refunded === null ? null : Number(row.refunded),
  }));
}

async function queryBots({ rows, choice, rules }: Question): Promise<Bots> {
  const [counts = {}] = await rows(
    `SELECT CAST(${METRICS.botSessions.sql} AS DOUBLE) AS sessions,
       CAST(${METRICS.botEvents.sql} AS DOUBLE) AS events
     FROM page_bots WHERE ${isWithin(choice)}`,
  );
  return {
    sessions: Number(counts.sessions),
    events: Number(counts.events),
    isLeftOut: rules.bots === 'exclude',
  };
}

function textOrNull(value: unknown): string | null {
  return value === null ? null : String(value);
}

function isWithin({ from, to }: Period): string {
  return `day BETWEEN DATE '${from}' AND DATE '${to}'`;
}
