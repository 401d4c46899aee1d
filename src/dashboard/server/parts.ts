/** What each panel of a page shows. */
import { METRICS } from '../../metrics/metrics.ts';
import type { ShownRules } from '../../pipeline/reader.ts';
import type { DimensionId } from '../dimensions.ts';
import type { PageEntry } from '../pages.ts';
import type {
  Attribution,
  Bots,
  Bucket,
  Choice,
  Group,
  Order,
  Parts,
  Period,
  Product,
  Segment,
} from '../view.ts';
import { conditionOf } from './choice.ts';
import { queryCohorts } from './cohorts.ts';
import { queryDays, queryDaysOfNames } from './figure-sets.ts';
import { queryFunnel, querySteps } from './funnel.ts';
import { columnsOf, type Rows, valuesOf } from './metric-values.ts';
import { querySessions } from './sessions.ts';

export interface Question {
  rows: Rows;
  page: PageEntry;
  choice: Choice;
  /** The same of the days compared with; null where nothing is known of them. */
  before: Choice | null;
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
  funnel: queryFunnel,
  steps: querySteps,
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
const GROUP_COUNT = 200;
const ORDER_COUNT = 100;

const SESSIONS_OF_GROUP = {
  sessions: METRICS.sessions,
  sessionsWithPurchase: METRICS.sessionsWithPurchase,
  conversionRate: METRICS.conversionRate,
};

/** By the date of the order, as the page's figures. */
const MONEY_OF_GROUP = { revenue: METRICS.grossRevenue };

const GROUP_METRICS = { ...SESSIONS_OF_GROUP, ...MONEY_OF_GROUP };

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

async function queryGroups({ rows, page, choice }: Question): Promise<Parts['groups']> {
  const groups: Parts['groups'] = {};
  for (const dimension of page.groups ?? []) {
    groups[dimension] = await queryGroup(rows, dimension, choice);
  }
  return groups;
}

/** All devices, for example, whatever is chosen of them: the others stay in sight. */
async function queryGroup(rows: Rows, column: DimensionId, choice: Choice): Promise<Group[]> {
  const filters = choice.filters.filter(({ dimension }) => dimension !== column);
  const grouped = (table: string, metrics: Parameters<typeof columnsOf>[0]): string =>
    `SELECT CAST(${column} AS VARCHAR) AS name, ${columnsOf(metrics)} FROM ${table}
     WHERE ${conditionOf({ ...choice, filters })} GROUP BY ${column}`;
  // Orders of the first minutes of a period may be of sessions that began before it.
  const found = await rows(
    `SELECT name, sessions, "sessionsWithPurchase", "conversionRate", revenue
     FROM (${grouped('page_sessions', SESSIONS_OF_GROUP)})
     FULL JOIN (${grouped('page_money', MONEY_OF_GROUP)} HAVING sum(revenue) <> 0) USING (name)
     ORDER BY COALESCE(sessions, 0) DESC, name LIMIT ${GROUP_COUNT}`,
  );
  return found.map((row) => ({ name: String(row.name), ...valuesOf(GROUP_METRICS, row) }));
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

async function queryProducts({ rows, choice }: Question): Promise<Product[]> {
  const found = await rows(
    `SELECT product_id AS id, any_value(product_name) AS product_name, any_value(category) AS category,
       any_value(brand) AS brand, ${columnsOf(PRODUCT_METRICS)}
     FROM page_products JOIN page_product_names USING (product_id) WHERE ${isWithin(choice)}
     GROUP BY product_id ORDER BY sum(revenue) DESC, sum(orders) DESC, sum(views) DESC, id LIMIT ${PRODUCT_COUNT}`,
  );
  return found.map((row) => ({
    id: String(row.id),
    name: textOrNull(row.product_name),
    category: textOrNull(row.category),
    brand: textOrNull(row.brand),
    ...valuesOf(PRODUCT_METRICS, row),
  }));
}

async function queryAttribution({ rows, choice }: Question): Promise<Attribution[]> {
  const ways = ['channel', 'first_channel', 'last_non_direct_channel'];
  const found = await rows(
    `WITH sums AS (
       ${ways
         .map(
           (column, way) => `SELECT COALESCE(${column}, '') AS name,
         ${ways.map((_, other) => `${other === way ? 'revenue' : 'NULL'} AS way${other}`).join(', ')}
       FROM page_orders WHERE ${conditionOf(choice)}`,
         )
         .join(' UNION ALL ')}
     )
     SELECT name, ${ways.map((_, way) => `CAST(COALESCE(sum(way${way}), 0) AS DOUBLE) AS way${way}`).join(', ')}
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
    `SELECT order_id, ordered_at, session_id, channel, country, is_first_order, quantity,
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
