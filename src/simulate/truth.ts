/**
 * What `truth.json` holds: every Gold number the simulated acts must come to, counted while the acts
 * were made and never from the lines written. docs/simulator.md explains the format to its readers.
 *
 * Money is in whole cents of the shop's currency, durations are in whole milliseconds, days are those of the
 * simulation's time zone. Where Gold holds a rate, it is the quotient of two counts given here, null when the
 * second is 0. Bots whose user agents are sent are left out of all but `events` and the columns that count them.
 */
import type { EventType } from './events.ts';
import type { DirtRates } from './options.ts';

export interface Truth {
  format: 4;
  simulation: {
    seed: number;
    /** First and last simulated day, YYYY-MM-DD. */
    start: string;
    end: string;
    dirt: DirtRates;
    /** Settings that a lake must have for these numbers, by their names. */
    settings: Record<string, string>;
  };
  /** Ascending by date; a day for each date that has an event. */
  days: TruthDay[];
  sessions: SessionTotals & {
    /** How many sessions are their user's first, second, …: index 0 is session_number 1. */
    byNumber: number[];
  };
  users: {
    /** Users that have at least one session of their own: the rows of gold_users. */
    users: number;
    buyers: number;
    sessionCount: number;
    eventCount: number;
    orderCount: number;
    revenueCents: number;
    /** How many users have one session, two, …: index 0 is one session. */
    bySessionCount: number[];
    /** Users by first_seen_date, and by the UTC date of last_seen_at. */
    firstSeen: Record<string, number>;
    lastSeen: Record<string, number>;
  };
  /** Every row of gold_cohorts. */
  cohorts: CohortRow[];
  /** The visitors of gold_rfm by its three fifths. */
  rfm: RfmRow[];
  events: {
    /** Distinct valid events: the rows of silver_events. */
    events: number;
    byType: Record<EventType, number>;
    /** Events whose price or quantity is there but not a number. */
    unreadableNumbers: { price: number; quantity: number };
  };
  /** There where events name devices or no sessions. */
  identity?:
    | {
        /** Every row of gold_identities. */
        identities: IdentityRow[];
        /** Every row of gold_users. */
        visitors: VisitorRow[];
      }
    | undefined;
  /** `received = events + duplicates + all quarantined`. */
  lines: {
    /** Names of the files in the order of reception, which is the ascending order of the names. */
    files: string[];
    received: number;
    duplicates: number;
    /** Lines by quarantine reason, the reason spelled as in silver_quarantine. */
    quarantined: Record<string, number>;
  };
}

export interface TruthDay {
  date: string;
  /** The columns of gold_conversion_metrics, names and all. */
  conversion_metrics: ConversionRow;
  /** The sessions that begin on the date. */
  sessions: SessionTotals;
  /** The orders of the date. */
  orders: OrderTotals;
  /** gold_event_metrics: event_type, device, country, event_count. */
  event_metrics: EventMetricsRow[];
  /** gold_funnel: device, country, sessions and how many of them reached each of the four steps. */
  funnel: FunnelRow[];
  /** gold_channels: see `ChannelRow`. */
  channels: ChannelRow[];
  /** gold_products: product_id, views, add_to_carts, orders, quantity, revenue in cents, name and category. */
  products: ProductRow[];
}

/** anonymous_id, user_id, then microseconds: identified_at, first_seen_at, last_seen_at. */
export type IdentityRow = [string, string | null, number | null, number, number];
/** visitor_id, session_count, event_count. */
export type VisitorRow = [string, number, number];
export type EventMetricsRow = [EventType, string | null, string | null, number];
export type FunnelRow = [string | null, string | null, number, number, number, number, number];
/** The last two are null on dates without an order that lists the product. */
export type ProductRow = [
  ...[string, number, number, number, number, number],
  ...[string | null, string | null],
];
/**
 * channel, source, medium, campaign; sessions, visitors, engaged sessions, bounces, sessions with a purchase, orders;
 * revenue in cents.
 */
export type ChannelRow = [
  ...[string, string, string, string | null],
  ...[number, number, number, number, number, number, number],
];
/** session_week, cohort_week, first_channel, visitors, buyers, orders, revenue in cents. */
export type CohortRow = [string, string, string, number, number, number, number];
/** rfm, visitors, their orders, their net revenue in cents. */
export type RfmRow = [string, number, number, number];

/** Sums over orders of columns of gold_orders. */
export interface OrderTotals {
  orders: number;
  lines: number;
  quantity: number;
  deliveries: number;
  revenueCents: number;
  taxCents: number;
  shippingCents: number;
  discountCents: number;
  /** Of these orders, whenever they are refunded. */
  refundedCents: number;
}

/** Sums over sessions of columns of gold_sessions. */
export interface SessionTotals {
  sessions: number;
  eventCount: number;
  pageViewCount: number;
  productViewCount: number;
  addToCartCount: number;
  checkoutCount: number;
  purchaseCount: number;
  orderCount: number;
  /** Distinct products of each session, added up. */
  productCount: number;
  revenueCents: number;
  durationMs: number;
  longestMs: number;
  sessionNumber: number;
  maxSessionNumber: number;
  bounces: number;
  engaged: number;
  withProductView: number;
  withAddToCart: number;
  withPurchase: number;
  abandoned: number;
  /** Sessions whose funnel_step is 0, 1, 2, 3, 4. */
  byFunnelStep: number[];
}

export interface ConversionRow {
  page_views: number;
  product_views: number;
  add_to_carts: number;
  checkouts: number;
  purchases: number;
  sessions: number;
  visitors: number;
  sessions_with_product_view: number;
  sessions_with_add_to_cart: number;
  sessions_with_purchase: number;
  sessions_with_cart_and_purchase: number;
  bounces: number;
  engaged_sessions: number;
  bot_sessions: number;
  bot_events: number;
  orders: number;
  /** Money as Gold shows it: `12.34`. */
  revenue: string;
  refunded: string;
  product_view_rate: number | null;
  add_to_cart_rate: number | null;
  cart_to_purchase_rate: number | null;
  conversion_rate: number | null;
  cart_abandonment_rate: number | null;
  bounce_rate: number | null;
  engagement_rate: number | null;
  average_order_value: number | null;
  purchases_per_product_view: number | null;
  purchases_per_add_to_cart: number | null;
}
