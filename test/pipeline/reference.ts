/**
 * What a lake must come to, in the plainest code: everything in memory, one pass per table. Lines are
 * judged by `classifyLine`, which the models know nothing of; the rest is written for this alone.
 * Rows are as `clicklake query --json` shows them.
 */
import { BUILT_IN_EVENT_TYPE_ALIASES, BUILT_IN_EVENT_TYPES } from '../../src/config/event-types.ts';
import { type ContractEvent, classifyLine } from '../../src/verify/event-line.ts';

type Row = Record<string, unknown>;
export type Tables = Record<string, Row[]>;

const RULES = {
  eventTypes: new Set<string>(BUILT_IN_EVENT_TYPES),
  aliases: new Map(Object.entries(BUILT_IN_EVENT_TYPE_ALIASES)),
  extraColumns: new Set<string>(),
};

interface Delivery {
  event: ContractEvent;
  line: Buffer;
  file: number;
}

/** The tables after receiving the files' lines in order, and the lines' outcomes. */
export function computeTables(
  files: readonly (readonly Buffer[])[],
  receivedAtMicros: bigint,
  skipCheckout: boolean,
): { tables: Tables; valid: number; duplicates: number } {
  const quarantine: Row[] = [];
  const byId = new Map<string, Delivery[]>();
  for (const [file, lines] of files.entries()) {
    for (const [index, line] of lines.entries()) {
      const context = { receivedAtMicros, isFirstLineOfFile: index === 0 };
      const verdict = classifyLine(line, context, RULES);
      if (verdict.kind === 'quarantined') quarantine.push(rejected(verdict.reason, line));
      if (verdict.kind !== 'event') continue;
      const { event } = verdict;
      byId.set(event.event_id, [...(byId.get(event.event_id) ?? []), { event, line, file }]);
    }
  }
  const events: ContractEvent[] = [];
  let duplicates = 0;
  for (const deliveries of byId.values()) {
    const [first, ...others] = deliveries.toSorted(byReception);
    events.push(first!.event);
    for (const { event, line } of others) {
      if (sameContent(event, first!.event)) duplicates += 1;
      else quarantine.push(rejected('conflicting_event_id', line));
    }
  }
  const sessions = computeSessions(events, skipCheckout);
  const tables: Tables = {
    silver_events: events.map(toRow),
    silver_quarantine: quarantine,
    gold_sessions: sessions.map(({ row }) => row),
    gold_users: computeUsers(sessions),
    gold_event_metrics: computeEventMetrics(events),
    gold_products: computeProducts(events),
    gold_funnel: computeFunnel(sessions, skipCheckout),
    gold_conversion_metrics: computeConversion(events, sessions),
  };
  return { tables, valid: events.length, duplicates };
}

interface Session {
  row: Row;
  events: ContractEvent[];
  startedAt: bigint;
  endedAt: bigint;
  cents: bigint;
}

function computeSessions(events: readonly ContractEvent[], skipCheckout: boolean): Session[] {
  const sessions = [...groupBy(events, (event) => event.session_id).values()].map((unordered) =>
    computeSession(unordered.toSorted(byTime), skipCheckout),
  );
  for (const ofUser of groupBy(sessions, ({ row }) => String(row.user_id)).values()) {
    const ordered = ofUser.toSorted(
      (a, b) =>
        compare(a.startedAt, b.startedAt) ||
        compare(String(a.row.session_id), String(b.row.session_id)),
    );
    for (const [index, { row }] of ordered.entries()) row.session_number = index + 1;
  }
  return sessions;
}

function computeSession(events: ContractEvent[], skipCheckout: boolean): Session {
  const first = events[0]!;
  const startedAt = first.event_timestamp;
  const endedAt = events.at(-1)!.event_timestamp;
  const count = (type: string): number =>
    events.filter(({ event_type }) => event_type === type).length;
  const cents = limited(revenueOf(events));
  const [views, carts, purchases] = [
    count('product_view'),
    count('add_to_cart'),
    count('purchase'),
  ];
  const row: Row = {
    session_id: first.session_id,
    session_date: dateOf(startedAt),
    user_id: first.user_id,
    device: first.device,
    country: first.country,
    started_at: isoOf(startedAt),
    ended_at: isoOf(endedAt),
    duration_seconds: fixed((endedAt - startedAt) / 1000n, 3),
    event_count: events.length,
    page_view_count: count('page_view'),
    product_view_count: views,
    add_to_cart_count: carts,
    checkout_count: count('checkout'),
    purchase_count: purchases,
    product_count: new Set(events.map((event) => event.product_id).filter((id) => id !== null))
      .size,
    revenue: money(cents),
    is_bounce: events.length === 1,
    has_product_view: views > 0,
    has_add_to_cart: carts > 0,
    has_purchase: purchases > 0,
    is_cart_abandoned: carts > 0 && purchases === 0,
    funnel_step: funnelStep(events, skipCheckout),
  };
  return { row, events, startedAt, endedAt, cents };
}

/** Each step is reached by the first event of its kind that is not earlier than the step before it. */
function funnelStep(events: readonly ContractEvent[], skipCheckout: boolean): number {
  const firstFrom = (start: bigint, type: string): bigint | undefined =>
    events.find((event) => event.event_type === type && event.event_timestamp >= start)
      ?.event_timestamp;
  const viewed = firstFrom(0n, 'product_view');
  if (viewed === undefined) return 0;
  const carted = firstFrom(viewed, 'add_to_cart');
  if (carted === undefined) return 1;
  const checkedOut = skipCheckout ? carted : firstFrom(carted, 'checkout');
  if (checkedOut === undefined) return 2;
  const purchased = firstFrom(checkedOut, 'purchase');
  if (purchased === undefined) return skipCheckout ? 2 : 3;
  return 4;
}

function computeUsers(sessions: readonly Session[]): Row[] {
  return [...groupBy(sessions, ({ row }) => String(row.user_id)).entries()].map(
    ([user_id, own]) => {
      const purchases = sum(own.map(({ row }) => Number(row.purchase_count)));
      return {
        user_id,
        session_count: own.length,
        event_count: sum(own.map(({ events }) => events.length)),
        purchase_count: purchases,
        revenue: money(own.reduce((total, { cents }) => total + cents, 0n)),
        first_seen_at: isoOf(
          own.map(({ startedAt }) => startedAt).reduce((a, b) => (a < b ? a : b)),
        ),
        last_seen_at: isoOf(own.map(({ endedAt }) => endedAt).reduce((a, b) => (a > b ? a : b))),
        is_buyer: purchases > 0,
      };
    },
  );
}

function computeEventMetrics(events: readonly ContractEvent[]): Row[] {
  const key = (event: ContractEvent): string =>
    JSON.stringify([dateOf(event.event_timestamp), event.event_type, event.device, event.country]);
  return [...groupBy(events, key).entries()].map(([text, own]) => {
    const [date, event_type, device, country] = JSON.parse(text) as unknown[];
    return {
      date,
      event_type,
      device,
      country,
      event_count: own.length,
      session_count: distinct(own, 'session_id'),
      user_count: distinct(own, 'user_id'),
    };
  });
}

function computeProducts(events: readonly ContractEvent[]): Row[] {
  const named = events.filter((event) => event.product_id !== null);
  const key = (event: ContractEvent): string =>
    JSON.stringify([dateOf(event.event_timestamp), event.product_id]);
  return [...groupBy(named, key).entries()].map(([text, own]) => {
    const [date, product_id] = JSON.parse(text) as unknown[];
    const count = (type: string): number => own.filter((event) => event.event_type === type).length;
    const [views, add_to_carts, purchases] = [
      count('product_view'),
      count('add_to_cart'),
      count('purchase'),
    ];
    return {
      date,
      product_id,
      views,
      add_to_carts,
      purchases,
      sessions: distinct(own, 'session_id'),
      revenue: money(revenueOf(own)),
      view_to_cart_rate: rate(add_to_carts, views),
      cart_to_purchase_rate: rate(purchases, add_to_carts),
    };
  });
}

function computeFunnel(sessions: readonly Session[], skipCheckout: boolean): Row[] {
  const key = ({ row }: Session): string =>
    JSON.stringify([row.session_date, row.device, row.country]);
  return [...groupBy(sessions, key).entries()].map(([text, own]) => {
    const [session_date, device, country] = JSON.parse(text) as unknown[];
    const reached = (step: number): number =>
      own.filter(({ row }) => Number(row.funnel_step) >= step).length;
    return {
      session_date,
      device,
      country,
      sessions: own.length,
      reached_product_view: reached(1),
      reached_add_to_cart: reached(2),
      reached_checkout: skipCheckout ? null : reached(3),
      reached_purchase: reached(4),
    };
  });
}

function computeConversion(events: readonly ContractEvent[], sessions: readonly Session[]): Row[] {
  return [...groupBy(events, (event) => dateOf(event.event_timestamp)).entries()].map(
    ([date, own]) => {
      const count = (type: string): number =>
        own.filter((event) => event.event_type === type).length;
      const ofDate = sessions.map(({ row }) => row).filter((row) => row.session_date === date);
      const having = (test: (row: Row) => unknown): number => ofDate.filter(test).length;
      const [views, carts, purchases] = [
        count('product_view'),
        count('add_to_cart'),
        count('purchase'),
      ];
      const viewed = having((row) => row.has_product_view);
      const carted = having((row) => row.has_add_to_cart);
      const bought = having((row) => row.has_purchase);
      const both = having((row) => row.has_add_to_cart && row.has_purchase);
      const bounces = having((row) => row.is_bounce);
      const cartToPurchase = rate(both, carted);
      return {
        date,
        page_views: count('page_view'),
        product_views: views,
        add_to_carts: carts,
        checkouts: count('checkout'),
        purchases,
        sessions: ofDate.length,
        users: new Set(ofDate.map((row) => row.user_id)).size,
        sessions_with_product_view: viewed,
        sessions_with_add_to_cart: carted,
        sessions_with_purchase: bought,
        sessions_with_cart_and_purchase: both,
        bounces,
        product_view_rate: rate(viewed, ofDate.length),
        add_to_cart_rate: rate(carted, viewed),
        cart_to_purchase_rate: cartToPurchase,
        conversion_rate: rate(bought, ofDate.length),
        cart_abandonment_rate: cartToPurchase === null ? null : 1 - cartToPurchase,
        bounce_rate: rate(bounces, ofDate.length),
        purchases_per_product_view: rate(purchases, views),
        purchases_per_add_to_cart: rate(purchases, carts),
      };
    },
  );
}

function rejected(reason: string, line: Buffer): Row {
  return {
    reason,
    raw_text: reason === 'not_utf8' ? null : line.toString('utf8'),
    raw_base64: reason === 'not_utf8' ? line.toString('base64') : null,
  };
}

function toRow(event: ContractEvent): Row {
  const { event_timestamp, price, ...same } = event;
  return {
    ...same,
    event_timestamp: isoOf(event_timestamp),
    price: price === null ? null : fixed(price, 2),
    event_date: dateOf(event_timestamp),
  };
}

function byReception(a: Delivery, b: Delivery): number {
  return (
    a.file - b.file ||
    compare(a.event.event_timestamp, b.event.event_timestamp) ||
    Buffer.compare(a.line, b.line)
  );
}

function byTime(a: ContractEvent, b: ContractEvent): number {
  return compare(a.event_timestamp, b.event_timestamp) || compare(a.event_id, b.event_id);
}

function compare(a: bigint | string, b: bigint | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sameContent(a: ContractEvent, b: ContractEvent): boolean {
  return JSON.stringify(toRow(a)) === JSON.stringify(toRow(b));
}

function revenueOf(events: readonly ContractEvent[]): bigint {
  return events
    .filter((event) => event.event_type === 'purchase')
    .reduce((total, { price, quantity }) => total + (price ?? 0n) * BigInt(quantity ?? 1), 0n);
}

/** At most 16 digits before the point. */
function limited(cents: bigint): bigint {
  const most = 10n ** 18n - 1n;
  return cents > most ? most : cents < -most ? -most : cents;
}

function money(cents: bigint): string {
  return fixed(limited(cents), 2);
}

function groupBy<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const own = groups.get(key(item));
    if (own === undefined) groups.set(key(item), [item]);
    else own.push(item);
  }
  return groups;
}

function distinct(events: readonly ContractEvent[], field: 'session_id' | 'user_id'): number {
  return new Set(events.map((event) => event[field])).size;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function rate(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function dateOf(micros: bigint): string {
  return new Date(Number(micros / 1000n)).toISOString().slice(0, 10);
}

function isoOf(micros: bigint): string {
  const text = new Date(Number(micros / 1_000_000n) * 1000).toISOString().slice(0, -5);
  const fraction = micros % 1_000_000n;
  return fraction === 0n ? `${text}Z` : `${text}.${String(fraction).padStart(6, '0')}Z`;
}

function fixed(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
