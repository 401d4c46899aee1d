/** The truth of one day while it is being counted, and its final form. */
import { CATEGORIES } from './catalogue.ts';
import { EVENT_TYPES } from './events.ts';
import type { Shop } from './shop.ts';
import { TRAFFIC } from './traffic.ts';
import type { ChannelRow, ConversionRow, OrderTotals, SessionTotals, TruthDay } from './truth.ts';

/** Counters by cell; see `cellOf` for the order of event cells. */
export interface DayTruth {
  readonly date: number;
  readonly byType: Float64Array;
  readonly eventCount: Float64Array;
  /** Five counters per pair of device and country: sessions, then the four steps. */
  readonly funnel: Float64Array;
  /** `CHANNEL` counters per kind of traffic. */
  readonly channels: Float64Array;
  readonly views: Uint32Array;
  readonly addToCarts: Uint32Array;
  readonly orders: Uint32Array;
  readonly quantity: Float64Array;
  /** Events that name the product. */
  readonly productEvents: Uint32Array;
  /** 1 where the list of an order says the product's name and category. */
  readonly isNamed: Uint8Array;
  readonly productRevenueCents: Float64Array;
  readonly totals: SessionTotals;
  /** Of the orders placed on the day, in whatever sessions. */
  readonly placed: OrderTotals;
  visitors: number;
  sessionsWithCartAndPurchase: number;
  refundedCents: number;
  /** Left out of everything else. */
  readonly bots: { sessions: number; events: number };
}

/** Steps of the funnel, sessions first. */
export const FUNNEL_COUNTERS = 5;

/** What is counted of the sessions that came one way, in the order of `ChannelRow`. */
export const CHANNEL = {
  sessions: 0,
  visitors: 1,
  engaged: 2,
  bounces: 3,
  withPurchase: 4,
  orders: 5,
  revenueCents: 6,
} as const;
export const CHANNEL_COUNTERS = 7;

/** `date`: days since the epoch. */
export function createDayTruth(shop: Shop, date: number): DayTruth {
  const pairs = (shop.deviceCount + 1) * (shop.countryCount + 1);
  const products = shop.catalogue.count;
  return {
    date,
    byType: new Float64Array(EVENT_TYPES.length),
    eventCount: new Float64Array(EVENT_TYPES.length * pairs),
    funnel: new Float64Array(FUNNEL_COUNTERS * pairs),
    channels: new Float64Array(CHANNEL_COUNTERS * TRAFFIC.length),
    views: new Uint32Array(products),
    addToCarts: new Uint32Array(products),
    orders: new Uint32Array(products),
    quantity: new Float64Array(products),
    productEvents: new Uint32Array(products),
    isNamed: new Uint8Array(products),
    productRevenueCents: new Float64Array(products),
    totals: createSessionTotals(),
    placed: createOrderTotals(),
    visitors: 0,
    sessionsWithCartAndPurchase: 0,
    refundedCents: 0,
    bots: { sessions: 0, events: 0 },
  };
}

export function createSessionTotals(): SessionTotals {
  return {
    sessions: 0,
    eventCount: 0,
    pageViewCount: 0,
    productViewCount: 0,
    addToCartCount: 0,
    checkoutCount: 0,
    purchaseCount: 0,
    orderCount: 0,
    productCount: 0,
    revenueCents: 0,
    durationMs: 0,
    longestMs: 0,
    sessionNumber: 0,
    maxSessionNumber: 0,
    bounces: 0,
    engaged: 0,
    withProductView: 0,
    withAddToCart: 0,
    withPurchase: 0,
    abandoned: 0,
    byFunnelStep: [0, 0, 0, 0, 0],
  };
}

function createOrderTotals(): OrderTotals {
  return {
    orders: 0,
    lines: 0,
    quantity: 0,
    deliveries: 0,
    revenueCents: 0,
    taxCents: 0,
    shippingCents: 0,
    discountCents: 0,
    refundedCents: 0,
  };
}

/** Adds the sessions of `day` to `totals`. */
export function addSessionTotals(totals: SessionTotals, day: SessionTotals): void {
  const { byFunnelStep, longestMs, maxSessionNumber, ...sums } = day;
  for (const name of Object.keys(sums) as (keyof typeof sums)[]) {
    totals[name] += sums[name];
  }
  totals.longestMs = Math.max(totals.longestMs, longestMs);
  totals.maxSessionNumber = Math.max(totals.maxSessionNumber, maxSessionNumber);
  byFunnelStep.forEach((count, step) => {
    totals.byFunnelStep[step]! += count;
  });
}

/** Where the counters of an event type, a device and a country are. */
export function cellOf(shop: Shop, type: number, device: number, country: number): number {
  return (type * (shop.deviceCount + 1) + device) * (shop.countryCount + 1) + country;
}

/** `date`, days since the epoch, as YYYY-MM-DD. */
export function formatDate(date: number): string {
  return new Date(date * 86_400_000).toISOString().slice(0, 10);
}

/** The day in the form of `truth.json`; cells without events are left out. */
export function renderDay(shop: Shop, day: DayTruth): TruthDay {
  const { deviceCount, countryCount, profile, catalogue } = shop;
  const truth: TruthDay = {
    date: formatDate(day.date),
    conversion_metrics: renderConversion(day),
    sessions: day.totals,
    orders: day.placed,
    event_metrics: [],
    funnel: [],
    channels: renderChannels(day),
    products: [],
  };
  for (let device = 0; device <= deviceCount; device++) {
    const deviceName = profile.devices[device]?.name ?? null;
    for (let country = 0; country <= countryCount; country++) {
      const code = profile.countries[country]?.code ?? null;
      EVENT_TYPES.forEach((name, type) => {
        const cell = cellOf(shop, type, device, country);
        if (day.eventCount[cell]! > 0) {
          truth.event_metrics.push([name, deviceName, code, day.eventCount[cell]!]);
        }
      });
      const first = (device * (countryCount + 1) + country) * FUNNEL_COUNTERS;
      const [sessions, viewed, added, checkedOut, purchased] = day.funnel.subarray(first);
      if (sessions! > 0) {
        truth.funnel.push([deviceName, code, sessions!, viewed!, added!, checkedOut!, purchased!]);
      }
    }
  }
  for (let product = 0; product < catalogue.count; product++) {
    if (day.productEvents[product]! > 0) {
      truth.products.push([
        catalogue.productIds[product]!,
        day.views[product]!,
        day.addToCarts[product]!,
        day.orders[product]!,
        day.quantity[product]!,
        day.productRevenueCents[product]!,
        ...(day.isNamed[product] === 1
          ? ([catalogue.names[product]!, CATEGORIES[catalogue.categories[product]!]!.name] as const)
          : ([null, null] as const)),
      ]);
    }
  }
  return truth;
}

function renderChannels({ channels }: DayTruth): ChannelRow[] {
  return TRAFFIC.flatMap(({ channel, source, medium, campaign }, index): ChannelRow[] => {
    const first = index * CHANNEL_COUNTERS;
    const counts = channels.subarray(first, first + CHANNEL_COUNTERS);
    const [sessions, visitors, engaged, bounces, withPurchase, orders, cents] = counts;
    return sessions! === 0
      ? []
      : [
          [
            ...([channel, source, medium, campaign] as const),
            ...([
              sessions!,
              visitors!,
              engaged!,
              bounces!,
              withPurchase!,
              orders!,
              cents!,
            ] as const),
          ],
        ];
  });
}

function renderConversion(day: DayTruth): ConversionRow {
  const { totals, byType, placed } = day;
  const both = day.sessionsWithCartAndPurchase;
  const cartToPurchase = rate(both, totals.withAddToCart);
  return {
    page_views: byType[0]!,
    product_views: byType[1]!,
    add_to_carts: byType[3]!,
    checkouts: byType[5]!,
    purchases: byType[6]!,
    sessions: totals.sessions,
    visitors: day.visitors,
    sessions_with_product_view: totals.withProductView,
    sessions_with_add_to_cart: totals.withAddToCart,
    sessions_with_purchase: totals.withPurchase,
    sessions_with_cart_and_purchase: both,
    bounces: totals.bounces,
    engaged_sessions: totals.engaged,
    bot_sessions: day.bots.sessions,
    bot_events: day.bots.events,
    orders: placed.orders,
    revenue: decimal(placed.revenueCents, 2),
    refunded: decimal(day.refundedCents, 2),
    product_view_rate: rate(totals.withProductView, totals.sessions),
    add_to_cart_rate: rate(totals.withAddToCart, totals.withProductView),
    cart_to_purchase_rate: cartToPurchase,
    conversion_rate: rate(totals.withPurchase, totals.sessions),
    cart_abandonment_rate: cartToPurchase === null ? null : 1 - cartToPurchase,
    bounce_rate: rate(totals.bounces, totals.sessions),
    engagement_rate: rate(totals.engaged, totals.sessions),
    average_order_value: rate(placed.revenueCents / 100, placed.orders),
    purchases_per_product_view: rate(byType[6]!, byType[1]!),
    purchases_per_add_to_cart: rate(byType[6]!, byType[3]!),
  };
}

function rate(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/** `decimal(1234, 2)` is `12.34`. */
export function decimal(units: number, digits: number): string {
  const text = String(units).padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
