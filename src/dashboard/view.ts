/** What the server tells the page: numbers of one choice of days, device and country. */

/** Days are `YYYY-MM-DD`, UTC, both included. */
export interface Period {
  from: string;
  to: string;
}

/** `''` stands for events that name no device or country; absent: all of them. */
export interface Choice extends Period {
  device?: string;
  country?: string;
}

/** Counts add up; rates are made of them on the page. */
export interface Totals {
  sessions: number;
  /** Distinct users of the sessions. */
  users: number;
  newUsers: number;
  events: number;
  purchases: number;
  revenue: number;
  bounces: number;
  withProductView: number;
  withAddToCart: number;
  withPurchase: number;
  withCartAndPurchase: number;
  durationSeconds: number;
}

export interface Day extends Totals {
  date: string;
}

export interface Group {
  /** `''`: not sent. */
  name: string;
  sessions: number;
  withPurchase: number;
  revenue: number;
}

/** Sessions whose value is at least `from`, and below the next bucket's. */
export interface Bucket {
  from: number;
  sessions: number;
}

export interface Product {
  id: string;
  views: number;
  addToCarts: number;
  purchases: number;
  revenue: number;
}

export interface View {
  version: string;
  choice: Choice;
  previous: Period;
  totals: Totals;
  /** Null when the lake's days do not cover the period before, or it has no sessions. */
  previousTotals: Totals | null;
  days: Day[];
  /** Sessions that reached each step, in order; `checkout` null when the shop sends none. */
  funnel: {
    sessions: number;
    view: number;
    cart: number;
    checkout: number | null;
    purchase: number;
  };
  devices: Group[];
  countries: Group[];
  /** Sessions by weekday (0 = Monday) and hour of their start, UTC. */
  hours: { weekday: number; hour: number; sessions: number }[];
  /** By seconds. */
  durations: Bucket[];
  medianSeconds: number | null;
  /** By events. */
  depths: Bucket[];
  /** Of all devices and countries: the table has neither. */
  products: Product[];
}

/** What an engineer looks at first. */
export interface Health {
  lastEventAt: string | null;
  lastRunAt: string | null;
  isGoldCurrent: boolean;
  waitingFiles: number;
  lines: number;
  valid: number;
  duplicates: number;
  quarantined: { reason: string; lines: number }[];
  /** Null where the lake would have to be fetched to know. */
  purchases: Purchases | null;
}

/** What the sums of purchases leave open, over the whole lake. */
export interface Purchases {
  currencyCount: number;
  /** The most frequent ones. */
  currencies: string[];
  orders: number;
  ordersOfSeveralEvents: number;
}

/** What can be chosen; `days` is null for a lake without sessions. */
export interface Options {
  version: string;
  lake: string;
  days: Period | null;
  lastEventAt: string | null;
  devices: string[];
  countries: string[];
}

export interface Definition {
  table: string;
  column: string;
  description: string;
}
