/** The reference's tables over the lines of files, summed up in the form of `truth.json`. */
import { BUILT_IN_EVENT_TYPE_ALIASES, BUILT_IN_EVENT_TYPES } from '../../src/config/event-types.ts';
import { builtInSites } from '../../src/config/sites.ts';
import { DEFAULT_GOLD_RULES } from '../../src/contract/gold-rules.ts';
import { decimal } from '../../src/simulate/day-truth.ts';
import { EVENT_TYPES } from '../../src/simulate/events.ts';
import type { Truth, TruthDay } from '../../src/simulate/truth.ts';
import { type ReferenceLake, type ReferenceRow, referenceLake } from '../fixtures/reference.ts';
import { dateOf, groupBy } from '../fixtures/reference-text.ts';

export const RULES = {
  eventTypes: new Set<string>(BUILT_IN_EVENT_TYPES),
  aliases: new Map(Object.entries(BUILT_IN_EVENT_TYPE_ALIASES)),
};

/** What the truth beside the files must be; `files` in their order of reception. */
export function recountTruth(files: readonly Buffer[], receivedAtMicros: bigint) {
  const received = files.map((bytes, index) => ({
    path: `${index}`,
    receivedAtMicros,
    lines: splitLines(bytes),
  }));
  const lake = referenceLake(received, RULES, { ...DEFAULT_GOLD_RULES, sites: builtInSites() });
  const sessions = rowsOf(lake, 'sessions');
  return {
    days: rowsOf(lake, 'conversion_metrics')
      .map((row) => dayOf(lake, row))
      .sort((a, b) => (a.date < b.date ? -1 : 1)),
    sessions: { ...sumSessions(sessions), byNumber: histogram(sessions, 'session_number') },
    users: sumUsers(rowsOf(lake, 'users')),
    cohorts: cellsOf(rowsOf(lake, 'cohorts'), [
      ...['session_week', 'cohort_week', 'first_channel'],
      ...['visitors', 'buyers', 'orders', 'revenue'],
    ]),
    rfm: sumBuyers(rowsOf(lake, 'rfm')),
    events: sumEvents(lake),
    lines: {
      received: lake.lines,
      duplicates: lake.duplicates,
      quarantined: Object.fromEntries(lake.quarantined),
    },
  };
}

/** Rows of a truth in one fixed order, so that two can be compared. */
export function sortTruth(truth: Omit<Truth, 'format' | 'simulation' | 'lines'>) {
  const { sessions, users, cohorts, rfm, events } = truth;
  return {
    ...{ sessions, users, events, days: truth.days.map(sortDay) },
    ...{ cohorts: sortCells(cohorts), rfm: sortCells(rfm) },
  };
}

function sortDay(day: TruthDay) {
  return {
    ...day,
    event_metrics: sortCells(day.event_metrics),
    funnel: sortCells(day.funnel),
    channels: sortCells(day.channels),
    products: sortCells(day.products),
  };
}

function dayOf(
  lake: ReferenceLake,
  { date, unconverted_orders: _rates, ...conversion }: ReferenceRow,
) {
  const ofDay = (table: string, column: string) =>
    rowsOf(lake, table).filter((row) => row[column] === date);
  return {
    date: String(date),
    conversion_metrics: {
      ...conversion,
      revenue: decimal(Number(conversion.revenue), 2),
      refunded: decimal(Number(conversion.refunded), 2),
    },
    sessions: sumSessions(ofDay('sessions', 'session_date')),
    orders: sumOrders(ofDay('orders', 'order_date')),
    event_metrics: cellsOf(ofDay('event_metrics', 'date'), [
      'event_type',
      'device',
      'country',
      'event_count',
    ]),
    funnel: cellsOf(overChannels(ofDay('funnel', 'session_date')), [
      'device',
      'country',
      'sessions',
      'reached_product_view',
      'reached_add_to_cart',
      'reached_checkout',
      'reached_purchase',
    ]),
    channels: cellsOf(ofDay('channels', 'session_date'), [
      ...['channel', 'source', 'medium', 'campaign', 'sessions', 'visitors', 'engaged_sessions'],
      ...['bounces', 'sessions_with_purchase', 'orders', 'revenue'],
    ]),
    products: cellsOf(ofDay('products', 'date'), [
      'product_id',
      'views',
      'add_to_carts',
      'orders',
      'quantity',
      'revenue',
      'product_name',
      'category',
    ]),
  };
}

/** The funnel of all channels together. */
function overChannels(rows: readonly ReferenceRow[]): ReferenceRow[] {
  const sums = new Map<string, ReferenceRow>();
  for (const row of rows) {
    const key = JSON.stringify([row.device, row.country]);
    const before = sums.get(key);
    const added = Object.entries(row).map(([name, value]) => {
      const isSum = typeof value === 'number' && before !== undefined;
      return [name, isSum ? value + Number(before[name]) : value];
    });
    sums.set(key, Object.fromEntries(added));
  }
  return [...sums.values()];
}

function sumSessions(rows: readonly ReferenceRow[]) {
  return {
    sessions: rows.length,
    eventCount: sum(rows, 'event_count'),
    pageViewCount: sum(rows, 'page_view_count'),
    productViewCount: sum(rows, 'product_view_count'),
    addToCartCount: sum(rows, 'add_to_cart_count'),
    checkoutCount: sum(rows, 'checkout_count'),
    purchaseCount: sum(rows, 'purchase_count'),
    orderCount: sum(rows, 'order_count'),
    productCount: sum(rows, 'product_count'),
    revenueCents: sum(rows, 'revenue'),
    durationMs: sum(rows, 'duration_seconds'),
    longestMs: largest(rows, 'duration_seconds'),
    sessionNumber: sum(rows, 'session_number'),
    maxSessionNumber: largest(rows, 'session_number'),
    bounces: sum(rows, 'is_bounce'),
    engaged: sum(rows, 'is_engaged'),
    withProductView: sum(rows, 'has_product_view'),
    withAddToCart: sum(rows, 'has_add_to_cart'),
    withPurchase: sum(rows, 'has_purchase'),
    abandoned: sum(rows, 'is_cart_abandoned'),
    byFunnelStep: [0, 1, 2, 3, 4].map((step) => count(rows, 'funnel_step', step)),
  };
}

function sumOrders(rows: readonly ReferenceRow[]) {
  return {
    orders: rows.length,
    lines: sum(rows, 'item_count'),
    quantity: sum(rows, 'quantity'),
    deliveries: sum(rows, 'delivery_count'),
    revenueCents: sum(rows, 'reported_revenue'),
    taxCents: sum(rows, 'reported_tax'),
    shippingCents: sum(rows, 'reported_shipping'),
    discountCents: sum(rows, 'reported_discount'),
    refundedCents: sum(rows, 'reported_refunded'),
  };
}

function sumUsers(rows: readonly ReferenceRow[]) {
  return {
    users: rows.length,
    buyers: sum(rows, 'is_buyer'),
    sessionCount: sum(rows, 'session_count'),
    eventCount: sum(rows, 'event_count'),
    orderCount: sum(rows, 'order_count'),
    revenueCents: sum(rows, 'revenue'),
    bySessionCount: histogram(rows, 'session_count'),
    firstSeen: countByDate(rows, 'first_seen_at'),
    lastSeen: countByDate(rows, 'last_seen_at'),
  };
}

function sumBuyers(rows: readonly ReferenceRow[]) {
  const groups = [...groupBy(rows, ({ rfm }) => String(rfm))];
  return sortCells(
    groups.map(([rfm, of]) => [rfm, of.length, sum(of, 'order_count'), sum(of, 'revenue')]),
  );
}

function sumEvents(lake: ReferenceLake) {
  const rows = rowsOf(lake, 'events', 'silver');
  return {
    events: rows.length,
    byType: Object.fromEntries(EVENT_TYPES.map((type) => [type, count(rows, 'event_type', type)])),
    unreadableNumbers: {
      price: lake.unreadableNumbers.price ?? 0,
      quantity: lake.unreadableNumbers.quantity ?? 0,
    },
  };
}

function rowsOf(lake: ReferenceLake, table: string, layer = 'gold'): ReferenceRow[] {
  const rows = lake.tables[`${layer}_${table}`];
  if (rows === undefined) {
    throw new Error(`the reference has no ${table}`);
  }
  return rows;
}

/** Values in the truth's order of columns; money and durations, which are bigint, as numbers. */
function cellsOf(rows: readonly ReferenceRow[], columns: readonly string[]) {
  const cells = rows.map((row) =>
    columns.map((column) => {
      const value = row[column];
      return typeof value === 'bigint' ? Number(value) : value;
    }),
  );
  return sortCells(cells);
}

function sortCells<Cells>(rows: readonly Cells[]): Cells[] {
  return rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function sum(rows: readonly ReferenceRow[], column: string): number {
  return rows.reduce((total, row) => total + Number(row[column]), 0);
}

function largest(rows: readonly ReferenceRow[], column: string): number {
  return rows.reduce((most, row) => Math.max(most, Number(row[column])), 0);
}

function count(rows: readonly ReferenceRow[], column: string, value: string | number): number {
  return rows.filter((row) => row[column] === value).length;
}

/** How many rows have 1 there, 2, 3 …, up to the largest. */
function histogram(rows: readonly ReferenceRow[], column: string): number[] {
  return Array.from({ length: largest(rows, column) }, (_, index) =>
    count(rows, column, index + 1),
  );
}

function countByDate(rows: readonly ReferenceRow[], column: string): Record<string, number> {
  const groups = groupBy(rows, (row) => dateOf(BigInt(String(row[column]))));
  return Object.fromEntries([...groups].map(([date, group]) => [date, group.length]));
}

function splitLines(file: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < file.length; ) {
    const end = file.indexOf(0x0a, from);
    lines.push(file.subarray(from, end < 0 ? file.length : end));
    from = end < 0 ? file.length : end + 1;
  }
  return lines;
}
