/** A small report over Gold for the terminal: traffic, funnel, rates, best products. */
import type { Demo, DemoResult } from './demo-step.ts';
import { formatCount } from './format.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

const TRAFFIC_SQL = `
  SELECT date, sessions, users, conversion_rate FROM gold_conversion_metrics ORDER BY date`;

const FUNNEL_SQL = `
  SELECT CAST(sum(sessions) AS BIGINT) AS sessions,
    CAST(sum(reached_product_view) AS BIGINT) AS viewed_a_product,
    CAST(sum(reached_add_to_cart) AS BIGINT) AS added_to_cart,
    CAST(sum(reached_checkout) AS BIGINT) AS began_checkout,
    CAST(sum(reached_purchase) AS BIGINT) AS purchased
  FROM gold_funnel`;

const RATES_SQL = `
  SELECT sum(sessions_with_purchase) / sum(sessions) AS conversion_rate,
    1 - sum(sessions_with_cart_and_purchase) / sum(sessions_with_add_to_cart) AS cart_abandonment_rate,
    sum(bounces) / sum(sessions) AS bounce_rate,
    (SELECT sum(revenue) FROM gold_users) AS revenue
  FROM gold_conversion_metrics`;

const PRODUCTS_SQL = `
  SELECT product_id, CAST(sum(views) AS BIGINT) AS views, CAST(sum(add_to_carts) AS BIGINT) AS add_to_carts,
    CAST(sum(purchases) AS BIGINT) AS purchases, sum(revenue) AS revenue
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
        'query "SELECT device, count(*) AS sessions, sum(revenue) AS revenue FROM gold_sessions GROUP BY device"',
        'a question of your own',
      ],
    ],
  };
}

/** The lake has product ids only; the names come from the shop's catalogue. */
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
      { title: 'users', align: 'right' },
      { title: 'conversion', align: 'right' },
    ],
    rows.map(({ date, sessions, users, conversion_rate: rate }) => [
      `${weekday(String(date))} ${date}`,
      bar(Number(sessions) / most),
      formatCount(Number(sessions)),
      formatCount(Number(users)),
      percent(rate),
    ]),
    { paintTitle: style.bold },
  );
}

/** Each step with its share of all sessions and of the previous step. */
function renderFunnel(funnel: Row, style: Style): string[] {
  const steps = Object.entries(funnel).map(([name, count]) => ({
    name: name.replaceAll('_', ' '),
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
        'conversion',
        percent(rates.conversion_rate),
        'of sessions buy; the funnel wants all its steps',
      ],
      ['cart abandonment', percent(rates.cart_abandonment_rate), 'of sessions with a cart do not'],
      ['bounce', percent(rates.bounce_rate), 'of sessions have one event'],
      ['revenue', money(rates.revenue), ''],
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
      { title: 'purchases', ...right },
      { title: 'revenue', ...right },
    ],
    rows.map((row) => [
      names.get(String(row.product_id)) ?? '',
      String(row.product_id),
      formatCount(Number(row.views)),
      formatCount(Number(row.add_to_carts)),
      formatCount(Number(row.purchases)),
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
