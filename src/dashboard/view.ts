/** What the server sends to the page: the numbers for one period and its filters. */
import type { MetricFormat } from '../metrics/metric.ts';
import type { DimensionId, Filter } from './dimensions.ts';

export type { MetricFormat };

/** Days are `YYYY-MM-DD`, in the time zone of the shop, both included. */
export interface Period {
  from: string;
  to: string;
}

export interface Choice extends Period {
  filters: Filter[];
  grain: Grain;
  compare: Comparison;
  /** Of the trend; null: none. */
  by: DimensionId | null;
}

/** The unit of the trend. Weeks begin on Monday. */
export const GRAINS = ['day', 'week', 'month'] as const;
export type Grain = (typeof GRAINS)[number];

/**
 * Compare with the same number of days immediately before, the same days a year before (of whole months: the same
 * months), other days, or none.
 */
export const COMPARISONS = ['previous', 'year', 'custom', 'none'] as const;
export type Comparison =
  | { kind: Exclude<(typeof COMPARISONS)[number], 'custom'> }
  | { kind: 'custom'; period: Period };

/** By id; null if undefined. */
export type Values = Record<string, number | null>;

/** How a figure is shown, and its meaning. */
export interface Figure {
  id: string;
  name: string;
  format: MetricFormat;
  meaning: string;
  /** An increase is bad. */
  isRiseBad: boolean;
  /** An increase is neither good nor bad. */
  isNeutral: boolean;
  /** It is 0 if there are no rows. */
  isSum: boolean;
}

export interface Day {
  /** The first day of the week or month; may be before the period. */
  date: string;
  values: Values;
}

/** The days of the sessions with one name of a dimension; null: those of all other names. */
export interface DaysOfName {
  name: string | null;
  days: Day[];
}

type Nullable<Id extends string> = Record<Id, number | null>;

/** A member of a dimension; the name `''` means missing. `sessionsBefore`: of the days compared with; null: none are. */
export type Group = { name: string } & Nullable<
  'sessions' | 'sessionsWithPurchase' | 'conversionRate' | 'revenue' | 'sessionsBefore'
>;

/** Sessions whose value is at least `from`, and below the next bucket's. */
export interface Bucket {
  from: number;
  sessions: number;
}

/**
 * Name, category and brand are those sent last, in any period; null: never sent. `revenueBefore`: of the days
 * compared with; null: none are.
 */
export type Product = {
  id: string;
  name: string | null;
  category: string | null;
  brand: string | null;
} & Nullable<
  | 'views'
  | 'addToCarts'
  | 'orders'
  | 'revenue'
  | 'viewToCartRate'
  | 'cartToPurchaseRate'
  | 'revenueBefore'
>;

export interface View {
  version: string;
  choice: Choice;
  /** The days compared with; null: none. */
  previous: Period | null;
  /** No session, order or refund matches the filters. */
  isEmpty: boolean;
  /** Those that the page is about. */
  figures: Figure[];
  /** Empty for a page that shows no figures. */
  totals: Values;
  /** Null when the lake's days do not cover the days compared with, or those have no session, order or refund. */
  previousTotals: Values | null;
  parts: Partial<Parts>;
}

/** What the panels of a page show; those of other pages are absent. */
export interface Parts {
  notes: { bots: Bots };
  /**
   * `previous`: of the days compared with; empty where there are no `previousTotals`. `groups`: by the
   * dimension of the choice, the names with the most rows first; empty without one.
   */
  trend: { days: Day[]; previous: Day[]; groups: DaysOfName[] };
  /**
   * Sessions that reached each step, in order; without a checkout when the shop sends none. `before`: of the
   * days compared with.
   */
  funnel: Step[];
  /** The same for each of the page's dimensions; at most 50 of each, those with the most sessions. */
  steps: { labels: string[]; groups: Partial<Record<DimensionId, StepGroup[]>> };
  cohorts: Cohorts;
  /** All buyers of the lake, not filtered; empty segments are absent. */
  segments: Segment[];
  /** The latest ones, at most 100. */
  sessions: SessionRow[];
  /** Of the page's dimensions; at most 200 of each, those with the most sessions. */
  groups: Partial<Record<DimensionId, Group[]>>;
  /** Sessions by weekday (0 = Monday) and hour of their start, in the time zone of the shop. */
  hours: { weekday: number; hour: number; sessions: number }[];
  /** By seconds. */
  durations: { buckets: Bucket[]; medianSeconds: number | null };
  /** By events. */
  depths: Bucket[];
  /** Of all sessions, not filtered: gold_products has no dimensions of sessions. */
  products: Product[];
  /** Revenue of the orders by three attributions of their channel. */
  attribution: Attribution[];
  /** The latest ones, at most 100. */
  orders: Order[];
}

export interface Step {
  label: string;
  sessions: number;
  before: number | null;
}

/** `sessions`: of each step. */
export interface StepGroup {
  name: string;
  sessions: number[];
}

export interface SessionRow {
  id: string;
  startedAt: string;
  seconds: number;
  events: number;
  orders: number;
  revenue: number | null;
  channel: string;
  landingPage: string;
  device: string;
  country: string;
  /** Its number among the visitor's sessions. */
  number: number;
}

/** The events of one session. */
export interface SessionView {
  id: string;
  startedAt: string;
  endedAt: string;
  visitorId: string;
  channel: string;
  eventCount: number;
  /** In order, at most 500; null: too much of a remote lake's Silver would have to be fetched. */
  events: SessionEvent[] | null;
}

export interface SessionEvent {
  at: string;
  type: string;
  page: string | null;
  product: string | null;
  order: string | null;
  price: string | null;
  quantity: number | null;
}

/** Visitors by the week (from Monday) of their first session, and what they did in it and in the weeks after. */
export interface Cohorts {
  /** The last day in the lake; its week may be incomplete. */
  until: string;
  weeks: { start: string; cells: (CohortCell | null)[] }[];
}

/** Of one week of a cohort: visitors with a session, those with an order, and revenue. */
export interface CohortCell {
  visitors: number;
  buyers: number;
  revenue: number;
}

/** Buyers by their quintiles of recency and frequency (5 is the best), with the net revenue of all their orders. */
export interface Segment {
  recency: number;
  frequency: number;
  buyers: number;
  revenue: number;
}

/** Revenue by the channel of the session of the order, of the visitor's first, and of the last that is not Direct. */
export interface Attribution {
  channel: string;
  session: number;
  first: number;
  lastNonDirect: number;
}

export interface Order {
  id: string;
  orderedAt: string;
  sessionId: string | null;
  channel: string;
  country: string;
  isFirst: boolean;
  quantity: number;
  /** Money is null without an exchange rate. */
  revenue: number | null;
  refunded: number | null;
}

/** For the selected days; all devices and countries. */
export interface Bots {
  sessions: number;
  events: number;
  /** Not included in the other numbers. */
  isLeftOut: boolean;
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
  /** Events that the mapping of their source ignores. */
  ignored: number;
  quarantined: { reason: string; lines: number }[];
  purchases: Purchases;
  sources: SourceHealth[];
  /** By reason and source, the most frequent first, at most 100. */
  reasons: { reason: string; source: string; lines: number; lastReceivedAt: string }[];
  /** By the UTC day on which files were received, the last first, at most 60. */
  arrivals: { date: string; files: number; lines: number; quarantined: number }[];
  /** The last batches, the newest first. */
  batches: BatchHealth[];
  /** Of the user's own models. */
  checks: { table: string; level: 'warn' | 'fail'; condition: string; failedRows: number }[];
  tables: TableHealth[];
}

export interface BatchHealth {
  committedAt: string;
  writer: string;
  /** Null: not in the commit. */
  files: number | null;
  lines: number;
  valid: number;
  duplicates: number;
  ignored: number;
  quarantined: number;
}

export interface SourceHealth {
  source: string;
  files: number;
  lines: number;
  quarantined: number;
  lastReceivedAt: string;
}

export interface TableHealth {
  table: string;
  version: number;
  rows: number;
  files: number;
  sizeBytes: number;
  lastModifiedAt: string | null;
}

/** What limits the meaning of revenue sums, over the whole lake. */
export interface Purchases {
  currencyCount: number;
  /** The most frequent ones. */
  currencies: string[];
  /** The currency of all sums; null: amounts are added as sent. */
  convertedTo: string | null;
  /** Orders without an exchange rate, by currency; null: unknown. */
  unconverted: { currency: string | null; orders: number }[];
  orders: number;
  /** Order ids that are probably placeholders, the most frequent ones. */
  suspiciousIds: { id: string; deliveries: number }[];
}

/** The options of the page; `days` is null for a lake without sessions. */
export interface Options {
  version: string;
  /** False while most of the lake is still being read: only the names of some dimensions are there. */
  isComplete: boolean;
  lake: string;
  /** The time zone of Gold's days and hours. */
  timeZone: string;
  days: Period | null;
  lastEventAt: string | null;
  /** Visitors of the last minutes, by event time; null: no event is that recent. */
  realtime: { of5Minutes: number; of30Minutes: number } | null;
  /** Of each dimension the most frequent names. */
  names: Partial<Record<DimensionId, string[]>>;
  /** Of the user's own models. */
  ownTables: OwnTable[];
}

/** A table of the user's own, as its model declares it. */
export interface OwnTable {
  name: string;
  summary: string;
  grain: string[];
  columns: OwnColumn[];
}

export interface OwnColumn {
  name: string;
  /** Its meaning, and its unit in brackets. */
  description: string;
  isNumber: boolean;
}

/** Rows of an own table, with the filters that its columns support. */
export interface OwnView {
  version: string;
  table: string;
  /** Days in the table, and days shown; null: no DATE column, or no date in it. */
  period: { days: Period; chosen: Period } | null;
  /** The values to select from; null if the table has no such column. */
  devices: string[] | null;
  countries: string[] | null;
  /** Column that the rows are sorted by, with `-` before it where the largest come first. */
  sort: string;
  /** Rows of the whole table, and rows that match the filters. */
  tableRows: number;
  rowCount: number;
  /** The first of those, in the order of the table's columns. */
  rows: Cell[][];
  /** Values of the numeric columns by day, where the grain is a date; without days that have no row. */
  chart: { columns: string[]; days: { date: string; values: (number | null)[] }[] } | null;
}

/** Numbers beyond 2^53 and decimals are text, exact. */
export type Cell = string | number | null;

export interface Definition {
  table: string;
  column: string;
  description: string;
}
