/** The numbers of the page, in SQL over what the server keeps of Gold. */
import type { LakeReader } from '../../pipeline/reader.ts';
import type { Bucket, Choice, Day, Group, Period, Product, Totals, View } from '../view.ts';
import { conditionOf, previousPeriod } from './choice.ts';

/**
 * Kept for as long as the tables have the same versions; text is `''` where Gold has null. Users are
 * numbered, because numbers are told apart much quicker than their ids.
 */
export const KEPT: Readonly<Record<string, string>> = {
  page_sessions: `
    WITH users AS (SELECT user_id, row_number() OVER () AS user_number FROM gold_users)
    SELECT session_date, COALESCE(device, '') AS device, COALESCE(country, '') AS country,
      user_number,
      CAST((unix_micros(started_at) // 3600000000) % 24 AS INTEGER) AS hour,
      -- The epoch began on a Thursday.
      CAST((unix_micros(started_at) // 86400000000 + 3) % 7 AS INTEGER) AS weekday,
      CAST(duration_seconds AS DOUBLE) AS duration_seconds,
      event_count, purchase_count, revenue, session_number, is_bounce, has_product_view,
      has_add_to_cart, has_purchase, funnel_step
    FROM gold_sessions JOIN users USING (user_id)`,
  page_products: `
    SELECT date, product_id, views, add_to_carts, purchases, revenue FROM gold_products`,
  page_funnel: `
    SELECT count(reached_checkout) > 0 OR count(*) = 0 AS has_checkout FROM gold_funnel`,
  page_last_event: `
    SELECT max(ended_at) AS last_event_at FROM gold_sessions`,
};

const TOTALS = `
  CAST(count(*) AS BIGINT) AS sessions,
  CAST(count(DISTINCT user_number) AS BIGINT) AS users,
  CAST(count(*) FILTER (session_number = 1) AS BIGINT) AS "newUsers",
  CAST(COALESCE(sum(event_count), 0) AS BIGINT) AS events,
  CAST(COALESCE(sum(purchase_count), 0) AS BIGINT) AS purchases,
  CAST(COALESCE(sum(revenue), 0) AS DOUBLE) AS revenue,
  CAST(count(*) FILTER (is_bounce) AS BIGINT) AS bounces,
  CAST(count(*) FILTER (has_product_view) AS BIGINT) AS "withProductView",
  CAST(count(*) FILTER (has_add_to_cart) AS BIGINT) AS "withAddToCart",
  CAST(count(*) FILTER (has_purchase) AS BIGINT) AS "withPurchase",
  CAST(count(*) FILTER (has_add_to_cart AND has_purchase) AS BIGINT) AS "withCartAndPurchase",
  CAST(COALESCE(sum(duration_seconds), 0) AS DOUBLE) AS "durationSeconds"`;

const GROUP = `
  CAST(count(*) AS BIGINT) AS sessions,
  CAST(count(*) FILTER (has_purchase) AS BIGINT) AS "withPurchase",
  CAST(sum(revenue) AS DOUBLE) AS revenue`;

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
  const rows = <Row>(sql: string): Promise<Row[]> => {
    signal.throwIfAborted();
    return reader.rows(sql) as unknown as Promise<Row[]>;
  };
  const from = `FROM page_sessions WHERE ${conditionOf(choice)}`;
  const previous = previousPeriod(choice);
  const [totals] = await rows<Totals>(`SELECT ${TOTALS} ${from}`);
  const [before] = await rows<Totals>(
    `SELECT ${TOTALS} FROM page_sessions WHERE ${conditionOf({ ...choice, ...previous })}`,
  );
  const [steps] = await rows<View['funnel'] & { hasCheckout: boolean }>(
    `SELECT CAST(count(*) AS BIGINT) AS sessions, ${[1, 2, 3, 4]
      .map((step) => `CAST(count(*) FILTER (funnel_step >= ${step}) AS BIGINT) AS step${step}`)
      .join(', ')}, (SELECT has_checkout FROM page_funnel) AS "hasCheckout" ${from}`,
  );
  const [median] = await rows<{ value: number | null }>(
    `SELECT CAST(median(duration_seconds) AS DOUBLE) AS value ${from}`,
  );
  return {
    version,
    choice,
    previous,
    totals: numbers(totals as Totals),
    previousTotals:
      before === undefined || Number(before.sessions) === 0 || previous.from < days.from
        ? null
        : numbers(before),
    days: (
      await rows<Day>(
        `SELECT CAST(session_date AS VARCHAR) AS date, ${TOTALS} ${from} GROUP BY session_date ORDER BY session_date`,
      )
    ).map(numbers),
    funnel: readFunnel(steps),
    devices: await queryGroups(rows, 'device', choice),
    countries: await queryGroups(rows, 'country', choice),
    hours: (
      await rows<View['hours'][number]>(
        `SELECT weekday, hour, CAST(count(*) AS BIGINT) AS sessions ${from} GROUP BY weekday, hour ORDER BY weekday, hour`,
      )
    ).map(numbers),
    durations: await queryBuckets(rows, 'duration_seconds', DURATION_STEPS, from),
    medianSeconds: median?.value ?? null,
    depths: await queryBuckets(rows, 'event_count', DEPTH_STEPS, from),
    products: await queryProducts(rows, choice),
  };
}

type Rows = <Row>(sql: string) => Promise<Row[]>;

/** All devices, or countries, whatever is chosen of them: the others stay in sight. */
async function queryGroups(
  rows: Rows,
  column: 'device' | 'country',
  choice: Choice,
): Promise<Group[]> {
  const { [column]: _chosen, ...others } = choice;
  const found = await rows<Group>(
    `SELECT ${column} AS name, ${GROUP} FROM page_sessions WHERE ${conditionOf(others)}
     GROUP BY ${column} ORDER BY sessions DESC, name`,
  );
  return found.map(numbers);
}

async function queryBuckets(
  rows: Rows,
  column: string,
  steps: readonly number[],
  from: string,
): Promise<Bucket[]> {
  const cases = [...steps].reverse().map((step) => `WHEN ${column} >= ${step} THEN ${step}`);
  const found = await rows<{ start: number; sessions: number }>(
    `SELECT CASE ${cases.join(' ')} END AS start, CAST(count(*) AS BIGINT) AS sessions ${from} GROUP BY start`,
  );
  const counts = new Map(found.map(({ start, sessions }) => [Number(start), Number(sessions)]));
  return steps.map((step) => ({ from: step, sessions: counts.get(step) ?? 0 }));
}

async function queryProducts(rows: Rows, { from, to }: Period): Promise<Product[]> {
  const found = await rows<Product>(
    `SELECT product_id AS id, CAST(sum(views) AS BIGINT) AS views,
       CAST(sum(add_to_carts) AS BIGINT) AS "addToCarts", CAST(sum(purchases) AS BIGINT) AS purchases,
       CAST(sum(revenue) AS DOUBLE) AS revenue
     FROM page_products WHERE date BETWEEN DATE '${from}' AND DATE '${to}'
     GROUP BY product_id ORDER BY revenue DESC, purchases DESC, views DESC, id LIMIT ${PRODUCT_COUNT}`,
  );
  return found.map(({ id, ...counts }) => ({ id, ...numbers(counts) }));
}

function readFunnel(row: unknown): View['funnel'] {
  const { sessions, step1, step2, step3, step4, hasCheckout } = row as Record<string, unknown>;
  return {
    sessions: Number(sessions),
    view: Number(step1),
    cart: Number(step2),
    checkout: hasCheckout === false ? null : Number(step3),
    purchase: Number(step4),
  };
}

/** Counts come as text beyond 2^53 only; here they are numbers always. Text columns stay. */
function numbers<Row extends object>(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      name === 'date' || name === 'name' ? value : Number(value),
    ]),
  ) as Row;
}
