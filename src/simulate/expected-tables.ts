/**
 * The truth in the form of the lake's tables: for each table, or for its sums by some key, the rows
 * that there must be, and the SELECT that reads them.
 */
import { decimal } from './day-truth.ts';
import type { ConversionRow, OrderTotals, SessionTotals, Truth, TruthDay } from './truth.ts';

/** Money and durations are text, as decimals are where they are read. */
export type Value = string | number | null;

export interface ExpectedTable {
  table: string;
  /** One SELECT of `keys`, then `columns`. */
  sql: string;
  keys: readonly string[];
  columns: readonly string[];
  /** Values of `keys`, then of `columns`; no two rows have the same key. */
  rows(): Iterable<readonly Value[]>;
}

export function expectedTables(truth: Truth): ExpectedTable[] {
  const { days } = truth;
  return [
    grouped('silver_events', 'event_type', { rows: 'count(*)' }, () =>
      Object.entries(truth.events.byType).filter(([, count]) => count > 0),
    ),
    grouped('silver_quarantine', 'reason', { rows: 'count(*)' }, () =>
      Object.entries(truth.lines.quarantined),
    ),
    grouped('gold_sessions WHERE NOT is_bot', 'session_date', SESSION_SUMS, () =>
      days
        .filter(({ sessions }) => sessions.sessions > 0)
        .map(({ date, sessions }) => [date, ...sessionRow(sessions)]),
    ),
    grouped('gold_sessions WHERE NOT is_bot', 'session_number', { rows: 'count(*)' }, () =>
      fromOne(truth.sessions.byNumber),
    ),
    {
      table: 'gold_users',
      ...select([], USER_SUMS, 'gold_users'),
      rows: () => [userRow(truth)],
    },
    grouped('gold_users', 'session_count', { rows: 'count(*)' }, () =>
      fromOne(truth.users.bySessionCount),
    ),
    grouped('gold_users', 'first_seen_date', { rows: 'count(*)' }, () =>
      Object.entries(truth.users.firstSeen),
    ),
    grouped('gold_users', 'CAST(last_seen_at AS DATE)', { rows: 'count(*)' }, () =>
      Object.entries(truth.users.lastSeen),
    ),
    grouped('gold_orders', 'order_date', ORDER_SUMS, () =>
      days
        .filter(({ orders }) => orders.orders > 0)
        .map(({ date, orders }) => [date, ...orderRow(orders)]),
    ),
    grouped('gold_rfm', 'rfm', RFM_SUMS, () =>
      truth.rfm.map(([rfm, buyers, orders, cents]) => [rfm, buyers, orders, decimal(cents, 2)]),
    ),
    whole(
      'gold_cohorts',
      ['session_week', 'cohort_week', 'first_channel'],
      ['visitors', 'buyers', 'orders', 'revenue'],
      () =>
        truth.cohorts.map(([...row]) => [...row.slice(0, -1), decimal(row.at(-1) as number, 2)]),
    ),
    ...identityTables(truth.identity),
    ...dayTables(days),
  ];
}

const MICROS = (column: string) => `CAST(unix_micros(${column}) AS BIGINT) AS ${column}`;

/** Who is who, row by row. */
function identityTables(identity: Truth['identity']): ExpectedTable[] {
  if (identity === undefined) {
    return [];
  }
  const counts = ['session_count', 'event_count'];
  const instants = ['identified_at', 'first_seen_at', 'last_seen_at'];
  return [
    whole('gold_users', ['visitor_id'], counts, () => identity.visitors),
    {
      table: 'gold_identities',
      sql: `SELECT anonymous_id, user_id, ${instants.map(MICROS).join(', ')} FROM gold_identities`,
      keys: ['anonymous_id'],
      columns: ['user_id', ...instants],
      rows: () => identity.identities,
    },
  ];
}

const CONVERSION_COLUMNS: readonly (keyof ConversionRow)[] = [
  ...(['page_views', 'product_views', 'add_to_carts', 'checkouts', 'purchases'] as const),
  ...(['sessions', 'visitors', 'sessions_with_product_view', 'sessions_with_add_to_cart'] as const),
  ...([
    'sessions_with_purchase',
    'sessions_with_cart_and_purchase',
    'bounces',
    'engaged_sessions',
  ] as const),
  ...(['bot_sessions', 'bot_events'] as const),
  ...(['orders', 'revenue', 'refunded'] as const),
  ...(['product_view_rate', 'add_to_cart_rate', 'cart_to_purchase_rate'] as const),
  ...([
    'conversion_rate',
    'cart_abandonment_rate',
    'bounce_rate',
    'engagement_rate',
    'average_order_value',
  ] as const),
  ...(['purchases_per_product_view', 'purchases_per_add_to_cart'] as const),
];

/** Of all channels together. */
const FUNNEL_KEYS = ['session_date', 'device', 'country'];
const FUNNEL_STEPS = [
  'sessions',
  'reached_product_view',
  'reached_add_to_cart',
  'reached_checkout',
  'reached_purchase',
];

/** The tables whose every row and column the truth holds, or nearly so. */
function dayTables(days: readonly TruthDay[]): ExpectedTable[] {
  return [
    whole('gold_conversion_metrics', ['date'], CONVERSION_COLUMNS, function* () {
      for (const { date, conversion_metrics: row } of days) {
        yield [date, ...CONVERSION_COLUMNS.map((column) => row[column])];
      }
    }),
    whole(
      'gold_event_metrics WHERE event_count > 0',
      ['date', 'event_type', 'device', 'country'],
      ['event_count'],
      function* () {
        for (const day of days) {
          for (const row of day.event_metrics) {
            yield [day.date, ...row];
          }
        }
      },
    ),
    {
      table: 'gold_funnel',
      sql: `SELECT ${FUNNEL_KEYS.join(', ')}, ${FUNNEL_STEPS.map((step) => `${sum(step)} AS ${step}`).join(', ')}
        FROM gold_funnel GROUP BY ${FUNNEL_KEYS.join(', ')}`,
      keys: FUNNEL_KEYS,
      columns: FUNNEL_STEPS,
      *rows() {
        for (const day of days) {
          for (const row of day.funnel) {
            yield [day.date, ...row];
          }
        }
      },
    },
    whole(
      'gold_channels',
      ['session_date', 'channel', 'source', 'medium', 'campaign'],
      [
        ...['sessions', 'visitors', 'engaged_sessions', 'bounces'],
        ...['sessions_with_purchase', 'orders', 'revenue'],
      ],
      function* () {
        for (const { date, channels } of days) {
          for (const row of channels) {
            yield [date, ...row.slice(0, -1), decimal(row.at(-1) as number, 2)];
          }
        }
      },
    ),
    whole(
      'gold_products',
      ['date', 'product_id'],
      [
        ...['views', 'add_to_carts', 'orders', 'quantity', 'revenue'],
        ...['view_to_cart_rate', 'cart_to_purchase_rate', 'product_name', 'category'],
      ],
      function* () {
        for (const { date, products } of days) {
          for (const [id, views, adds, orders, quantity, cents, ...named] of products) {
            const rates = [ratio(adds, views), ratio(orders, adds)];
            yield [date, id, views, adds, orders, quantity, decimal(cents, 2), ...rates, ...named];
          }
        }
      },
    ),
  ];
}

const sum = (column: string) => `CAST(sum(${column}) AS BIGINT)`;
const countWhere = (condition: string) => `count(CASE WHEN ${condition} THEN 1 END)`;

const SESSION_SUMS = {
  sessions: 'count(*)',
  event_count: sum('event_count'),
  page_view_count: sum('page_view_count'),
  product_view_count: sum('product_view_count'),
  add_to_cart_count: sum('add_to_cart_count'),
  checkout_count: sum('checkout_count'),
  purchase_count: sum('purchase_count'),
  order_count: sum('order_count'),
  product_count: sum('product_count'),
  revenue: 'sum(revenue)',
  duration_seconds: 'sum(duration_seconds)',
  longest_duration_seconds: 'max(duration_seconds)',
  session_number: sum('session_number'),
  largest_session_number: 'max(session_number)',
  is_bounce: countWhere('is_bounce'),
  is_engaged: countWhere('is_engaged'),
  has_product_view: countWhere('has_product_view'),
  has_add_to_cart: countWhere('has_add_to_cart'),
  has_purchase: countWhere('has_purchase'),
  is_cart_abandoned: countWhere('is_cart_abandoned'),
  funnel_step_0: countWhere('funnel_step = 0'),
  funnel_step_1: countWhere('funnel_step = 1'),
  funnel_step_2: countWhere('funnel_step = 2'),
  funnel_step_3: countWhere('funnel_step = 3'),
  funnel_step_4: countWhere('funnel_step = 4'),
};

/** In the order of `SESSION_SUMS`. */
function sessionRow(sessions: SessionTotals): Value[] {
  return [
    sessions.sessions,
    sessions.eventCount,
    sessions.pageViewCount,
    sessions.productViewCount,
    sessions.addToCartCount,
    sessions.checkoutCount,
    sessions.purchaseCount,
    sessions.orderCount,
    sessions.productCount,
    decimal(sessions.revenueCents, 2),
    decimal(sessions.durationMs, 3),
    decimal(sessions.longestMs, 3),
    sessions.sessionNumber,
    sessions.maxSessionNumber,
    sessions.bounces,
    sessions.engaged,
    sessions.withProductView,
    sessions.withAddToCart,
    sessions.withPurchase,
    sessions.abandoned,
    ...sessions.byFunnelStep,
  ];
}

const ORDER_SUMS = {
  orders: 'count(*)',
  item_count: sum('item_count'),
  quantity: sum('quantity'),
  delivery_count: sum('delivery_count'),
  reported_revenue: 'sum(reported_revenue)',
  reported_tax: 'COALESCE(sum(reported_tax), 0.00)',
  reported_shipping: 'COALESCE(sum(reported_shipping), 0.00)',
  reported_discount: 'COALESCE(sum(reported_discount), 0.00)',
  reported_refunded: 'sum(reported_refunded)',
  reported_net_revenue: 'sum(reported_net_revenue)',
};

/** In the order of `ORDER_SUMS`. */
function orderRow(orders: OrderTotals): Value[] {
  const { revenueCents, taxCents, shippingCents, discountCents, refundedCents } = orders;
  const amounts = [revenueCents, taxCents, shippingCents, discountCents, refundedCents];
  return [
    orders.orders,
    orders.lines,
    orders.quantity,
    orders.deliveries,
    ...[...amounts, revenueCents - refundedCents].map((cents) => decimal(cents, 2)),
  ];
}

const RFM_SUMS = {
  visitors: 'count(*)',
  order_count: sum('order_count'),
  revenue: 'sum(revenue)',
};

const USER_SUMS = {
  users: 'count(*)',
  is_buyer: countWhere('is_buyer'),
  session_count: `COALESCE(${sum('session_count')}, 0)`,
  event_count: `COALESCE(${sum('event_count')}, 0)`,
  order_count: `COALESCE(${sum('order_count')}, 0)`,
  revenue: 'COALESCE(sum(revenue), 0.00)',
};

/** In the order of `USER_SUMS`. */
function userRow({ users }: Truth): Value[] {
  return [
    users.users,
    users.buyers,
    users.sessionCount,
    users.eventCount,
    users.orderCount,
    decimal(users.revenueCents, 2),
  ];
}

/** A table may stand with a condition. */
function nameOf(table: string): string {
  return table.split(' ')[0]!;
}

/** Every row of a table. */
function whole(
  table: string,
  keys: readonly string[],
  columns: readonly string[],
  rows: () => Iterable<readonly Value[]>,
): ExpectedTable {
  const names = [...keys, ...columns];
  const sql = `SELECT ${names.join(', ')} FROM ${table}`;
  return { table: nameOf(table), sql, keys, columns, rows };
}

/** Sums over the rows that share a key. */
function grouped(
  table: string,
  key: string,
  sums: Readonly<Record<string, string>>,
  rows: () => Iterable<readonly Value[]>,
): ExpectedTable {
  const name = /\((\w+)/.exec(key)?.[1] ?? key;
  const { sql, columns } = select([`${key} AS ${name}`], sums, table);
  return { table: nameOf(table), sql: `${sql} GROUP BY ${key}`, keys: [name], columns, rows };
}

function select(keys: readonly string[], sums: Readonly<Record<string, string>>, table: string) {
  const columns = Object.entries(sums).map(([name, sql]) => `${sql} AS ${name}`);
  const sql = `SELECT ${[...keys, ...columns].join(', ')} FROM ${table}`;
  return { sql, keys, columns: Object.keys(sums) };
}

/** Numbers that count from 1, each with how many have it; those that nothing has are left out. */
function fromOne(counts: readonly number[]): Value[][] {
  return counts.map((count, index) => [index + 1, count]).filter(([, count]) => count! > 0);
}

function ratio(part: number, of: number): Value {
  return of === 0 ? null : part / of;
}
