/** A short report on Gold for the terminal: traffic, funnel, rates, best products. */
import { funnelSteps, METRICS } from '../metrics/metrics.ts';
import type { Demo, DemoResult } from './demo-step.ts';
import { formatCount } from './format.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

const TRAFFIC_SQL = `
  SELECT date, sessions, visitors, conversion_rate FROM gold_conversion_metrics ORDER BY date`;

const FUNNEL_STEPS = funnelSteps(false);
const FUNNEL_SQL = `
  SELECT ${FUNNEL_STEPS.map(({ label, sql }) => `CAST(${sql} AS BIGINT) AS "${label}"`).join(', ')}
  FROM gold_funnel`;

const RATES_SQL = `
  SELECT ${METRICS.conversionRate.sql} AS conversion_rate,
    ${METRICS.cartAbandonmentRate.sql} AS cart_abandonment_rate,
    ${METRICS.bounceRate.sql} AS bounce_rate, ${METRICS.revenue.sql} AS revenue,
    (SELECT ${METRICS.refunded.sql} FROM gold_conversion_metrics) AS refunded
  FROM gold_sessions`;

const PRODUCTS_SQL = `
  SELECT product_id, CAST(${METRICS.itemViews.sql} AS BIGINT) AS views,
    CAST(${METRICS.itemAddToCarts.sql} AS BIGINT) AS add_to_carts,
    CAST(${METRICS.itemOrders.sql} AS BIGINT) AS orders, ${METRICS.itemRevenue.sql} AS revenue
  FROM gold_products GROUP BY product_id ORDER BY sum(revenue) DESC, product_id LIMIT 5`;

const BAR_WIDTH = 30;

type Row = Record<string, unknown>;

export async function reportShop(demo: Demo): Promise<DemoResult> {
  const ask = async (sql: string) => (await demo.lake.query(sql, {})).rows;
  const traffic = await ask(TRAFFIC_SQL);
  const [funnel = {}] = await ask(FUNNEL_SQL);
  const [rates = {}] = await ask(RATES_SQL);
  const bestProducts = await ask(PRODUCTS_SQL);
  const names = await productNames(demo.seed);
  const { style } = demo.output;
  return {
    json: { traffic, funnel, rates, bestProducts },
    lines: [
      ...renderTraffic(traffic, style),
      '',
      ...renderFunnel(funnel, style),
      '',
      ...renderRates(rates),
      '',
      ...renderProducts(bestProducts, names, style),
    ],
    next: [
      ['dashboard', 'all of this in a browser'],
      [
        'query "SELECT device, count(*) AS sessions, sum(revenue) AS revenue FROM gold_sessions WHERE NOT is_bot GROUP BY device"',
        'a question of your own',
      ],
    ],
  };
}

/**
 * Product names come from the simulator's catalogue. Gold has names only from lists of products,
 * and the demo's shop sends one event per product without a name.
 */
async function productNames(seed: number): Promise<Map<string, string>> {
  const { openShop } = await import('../simulate/shop.ts');
  const { DEFAULT_PROFILE } = await import('../simulate/profile.ts');
  const { productIds, names } = openShop(DEFAULT_PROFILE, seed).catalogue;
  return new Map(productIds.map((id, index) => [id, names[index]!]));
}

function renderTraffic(rows: readonly Row[], style: Style): string[] {
  const most = Math.max(...rows.map(({ sessions }) => Number(sessions)));
  return renderTable(
    [
      { title: 'day' },
      { title: '' },
      { title: 'sessions', align: 'right' },
      { title: 'visitors', align: 'right' },
      { title: 'conversion', align: 'right' },
    ],
    rows.map(({ date, sessions, visitors, conversion_rate: rate }) => [
      `${weekday(String(date))} ${date}`,
      bar(Number(sessions) / most),
      formatCount(Number(sessions)),
      formatCount(Number(visitors)),
      percent(rate),
    ]),
    { paintTitle: style.bold },
  );
}

/** Each step as a share of all sessions and of the previous step. */
function renderFunnel(funnel: Row, style: Style): string[] {
  const steps = Object.entries(funnel).map(([label, count]) => ({
    name: label.toLowerCase(),
    count: Number(count),
  }));
  const all = steps[0]?.count ?? 0;
  return renderTable(
    [
      { title: 'funnel' },
      { title: '' },
      { title: 'sessions', align: 'right' },
      { title: 'of all', align: 'right' },
      { title: 'of the step before', align: 'right' },
    ],
    steps.map(({ name, count }, index) => [
      name,
      bar(count / all),
      formatCount(count),
      percent(count / all),
      index === 0 ? '' : percent(count / steps[index - 1]!.count),
    ]),
    { paintTitle: style.bold },
  );
}

function renderRates(rates: Row): string[] {
  return renderTable(
    [{ title: '' }, { title: '', align: 'right' }, { title: '' }],
    [
      [
        METRICS.conversionRate.name.toLowerCase(),
        percent(rates.conversion_rate),
        'of sessions buy; the funnel wants all its steps',
      ],
      [
        METRICS.cartAbandonmentRate.name.toLowerCase(),
        percent(rates.cart_abandonment_rate),
        'of sessions with a cart do not',
      ],
      [
        METRICS.bounceRate.name.toLowerCase(),
        percent(rates.bounce_rate),
        'of sessions have one event',
      ],
      [METRICS.revenue.name.toLowerCase(), money(rates.revenue), 'of orders, each counted once'],
      [METRICS.refunded.name.toLowerCase(), money(rates.refunded), 'of it has come back'],
    ],
  );
}

function renderProducts(
  rows: readonly Row[],
  names: ReadonlyMap<string, string>,
  style: Style,
): string[] {
  const right = { align: 'right' as const };
  return renderTable(
    [
      { title: 'best products' },
      { title: 'id' },
      { title: 'views', ...right },
      { title: 'carts', ...right },
      { title: 'orders', ...right },
      { title: 'revenue', ...right },
    ],
    rows.map((row) => [
      names.get(String(row.product_id)) ?? '',
      String(row.product_id),
      formatCount(Number(row.views)),
      formatCount(Number(row.add_to_carts)),
      formatCount(Number(row.orders)),
      money(row.revenue),
    ]),
    { paintTitle: style.bold },
  );
}

/** A value above zero gets at least the thinnest bar. */
function bar(part: number): string {
  if (!(part > 0)) {
    return '';
  }
  const eighths = Math.max(1, Math.round(part * BAR_WIDTH * 8));
  return '█'.repeat(eighths >> 3) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths & 7];
}

function percent(rate: unknown): string {
  return rate === null || !Number.isFinite(Number(rate))
    ? '-'
    : `${(Number(rate) * 100).toFixed(1)} %`;
}

/** The simulated shop's currency is the euro. */
function money(amount: unknown): string {
  return `${formatCount(Number(amount))} EUR`;
}

function weekday(date: string): string {
  return ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][new Date(date).getUTCDay()]!;
}
