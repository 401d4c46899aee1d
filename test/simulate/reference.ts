/**
 * A second reading of the definitions, slow and plain: takes the lines of files in their order of
 * reception and counts what Gold must hold, in the form of `truth.json`. It shares no code with the
 * simulator or the pipeline, so that it can judge the simulator's truth.
 */
import { isUtf8 } from 'node:buffer';
import type {
  ConversionRow,
  EventMetricsRow,
  FunnelRow,
  ProductRow,
  SessionTotals,
  Truth,
  TruthDay,
} from '../../src/simulate/truth.ts';

export interface ReferenceEvent {
  eventId: string;
  userId: string;
  sessionId: string;
  type: string;
  productId: string | null;
  device: string | null;
  country: string | null;
  /** Microseconds since the epoch. */
  timeUs: bigint;
  quantity: bigint | null;
  priceCents: bigint | null;
  date: string;
  content: string;
}

const TYPES = [
  'page_view',
  'product_view',
  'search',
  'add_to_cart',
  'remove_from_cart',
  'checkout',
  'purchase',
];
const ALIASES: Record<string, string> = {
  view_item: 'product_view',
  view_search_results: 'search',
  begin_checkout: 'checkout',
  page: 'page_view',
  'page viewed': 'page_view',
  'product viewed': 'product_view',
  'products searched': 'search',
  'product added': 'add_to_cart',
  'product removed': 'remove_from_cart',
  'checkout started': 'checkout',
  'order completed': 'purchase',
};
const FIELDS = [
  'event_id',
  'user_id',
  'session_id',
  'event_type',
  'product_id',
  'device',
  'country',
  'event_timestamp',
  'page_url',
  'referrer',
  'order_id',
  'currency',
  'quantity',
  'price',
];

export type Classified = { reason: string } | { event: ReferenceEvent; unreadable: string[] };

/** What a line is by itself, without its neighbours. `receivedUs`: microseconds since the epoch. */
export function classifyLine(bytes: Buffer, receivedUs: bigint): Classified {
  if (!isUtf8(bytes)) {
    return { reason: 'not_utf8' };
  }
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { reason: 'not_json' };
  }
  if (hasLoneSurrogate(value)) {
    return { reason: 'not_json' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { reason: 'not_an_object' };
  }
  const members = readMembers(text);
  const texts = new Map<string, string | null>();
  for (const field of FIELDS) {
    const source = members.get(field);
    if (source !== undefined && (source.startsWith('{') || source.startsWith('['))) {
      return { reason: `wrong_type:${field}` };
    }
    texts.set(field, source === undefined ? null : asText(source));
  }
  return classifyFields(texts, members, receivedUs);
}

function classifyFields(
  texts: Map<string, string | null>,
  members: Map<string, string>,
  receivedUs: bigint,
): Classified {
  const get = (field: string) => texts.get(field) ?? null;
  const rawType = get('event_type');
  const name = rawType === null ? null : lower(trim(rawType));
  const type = name === null ? null : (ALIASES[name] ?? name);
  const required = ['event_id', 'user_id', 'session_id', 'event_type', 'event_timestamp'];
  if (type === 'product_view') {
    required.push('product_id');
  }
  const missing = required.find((field) => get(field) === null);
  if (missing !== undefined) {
    return { reason: `missing:${missing}` };
  }
  if (!TYPES.includes(type!)) {
    return { reason: 'unknown_event_type' };
  }
  const isNumber = /^[-\d]/.test(members.get('event_timestamp')!);
  const timeUs = parseTime(trim(get('event_timestamp')!), isNumber);
  if (timeUs === 'bad') {
    return { reason: 'bad_timestamp' };
  }
  const firstUs = 946_684_800_000_000n;
  if (timeUs === 'far' || timeUs < firstUs || timeUs > receivedUs + 86_400_000_000n) {
    return { reason: 'timestamp_out_of_range' };
  }
  const unreadable: string[] = [];
  const decimal = (field: string, scale: number): bigint | null => {
    const source = get(field);
    if (source === null) {
      return null;
    }
    const isJsonNumber = /^[-\d]/.test(members.get(field)!);
    const result = parseDecimal(trim(source), isJsonNumber, scale);
    if (result === null) {
      unreadable.push(field);
    }
    return result;
  };
  const device = get('device');
  const country = get('country');
  const event = {
    eventId: get('event_id')!,
    userId: get('user_id')!,
    sessionId: get('session_id')!,
    type: type!,
    productId: get('product_id'),
    device: device === null ? null : lower(trim(device)),
    country: country === null ? null : upper(trim(country)),
    timeUs,
    quantity: decimal('quantity', 0),
    priceCents: decimal('price', 2),
    date: new Date(Number(timeUs / 1_000n)).toISOString().slice(0, 10),
  };
  const rest = ['page_url', 'referrer', 'order_id', 'currency'].map(get);
  const content = JSON.stringify([Object.values(event), rest], (_, item) =>
    typeof item === 'bigint' ? String(item) : item,
  );
  return { event: { ...event, content }, unreadable };
}

/** The first member of each name, with the value's source text. The text must be a JSON object. */
function readMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let at = text.indexOf('{') + 1;
  const skipSpace = () => {
    while (' \t\n\r,:'.includes(text[at]!)) at++;
  };
  const readString = (): string => {
    const start = at++;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    return text.slice(start, ++at);
  };
  const readValue = (): string => {
    const start = at;
    let depth = 0;
    do {
      if (text[at] === '"') {
        readString();
        continue;
      }
      if ('{['.includes(text[at]!)) depth++;
      if ('}]'.includes(text[at]!)) depth--;
      at++;
    } while (depth > 0 || !' \t\n\r,}'.includes(text[at]!));
    return text.slice(start, at);
  };
  for (skipSpace(); text[at] === '"'; skipSpace()) {
    const key = JSON.parse(readString()) as string;
    skipSpace();
    const value = readValue();
    if (!members.has(key)) {
      members.set(key, value);
    }
  }
  return members;
}

function asText(source: string): string | null {
  const text = source.startsWith('"') ? (JSON.parse(source) as string) : source;
  return source === 'null' || trim(text) === '' ? null : text;
}

const trim = (text: string) => text.replace(/^[ \t\n\r\v\f]+|[ \t\n\r\v\f]+$/g, '');
const lower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const upper = (text: string) => text.replace(/[a-z]/g, (letter) => letter.toUpperCase());

function hasLoneSurrogate(value: unknown): boolean {
  if (typeof value === 'string') {
    return !(value as string & { isWellFormed(): boolean }).isWellFormed();
  }
  return typeof value === 'object' && value !== null
    ? Object.entries(value).some(([key, item]) => hasLoneSurrogate(key) || hasLoneSurrogate(item))
    : false;
}

/** A decimal number as whole number and digits after the point; an exponent where allowed. */
function splitNumber(
  text: string,
  allowsExponent: boolean,
): { sign: bigint; whole: string; rest: string } | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) {
    return null;
  }
  if (match[4] !== undefined && !allowsExponent) {
    return null;
  }
  const exponent = Number(match[4] ?? 0);
  const digits = match[2]! + (match[3] ?? '');
  const point = match[2]!.length + exponent;
  const padded = point < 0 ? '0'.repeat(-point) + digits : digits;
  const whole = padded.slice(0, Math.max(point, 0)).padEnd(Math.max(point, 1), '0');
  return { sign: match[1] === '-' ? -1n : 1n, whole, rest: padded.slice(Math.max(point, 0)) };
}

function parseDecimal(text: string, isJsonNumber: boolean, scale: number): bigint | null {
  const parts = splitNumber(text, isJsonNumber);
  if (parts === null) {
    return null;
  }
  const { sign, whole, rest } = parts;
  if (scale === 0) {
    return /^0*$/.test(rest) ? sign * BigInt(whole) : null;
  }
  const kept = BigInt(whole + rest.slice(0, scale).padEnd(scale, '0'));
  return sign * (kept + (Number(rest[scale] ?? '0') >= 5 ? 1n : 0n));
}

function parseTime(text: string, isJsonNumber: boolean): bigint | 'bad' | 'far' {
  if (/^[+-]?[\d.]+(?:[eE][+-]?\d+)?$/.test(text)) {
    const parts = splitNumber(text, isJsonNumber);
    if (parts === null) {
      return 'bad';
    }
    const whole = BigInt(parts.whole);
    const places = whole < 10n ** 11n ? 6 : whole < 10n ** 14n ? 3 : whole < 10n ** 17n ? 0 : -1;
    return places < 0
      ? 'far'
      : parts.sign * BigInt(parts.whole + parts.rest.slice(0, places).padEnd(places, '0'));
  }
  const match =
    /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z| UTC|[+-]\d\d(?::?\d\d)?)?$/.exec(
      text,
    );
  if (match === null) {
    return 'bad';
  }
  const [, year, month, day, hour, minute, second, fraction = '', offset = 'Z'] = match;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(8, 10) !== day) {
    return 'bad';
  }
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return 'bad';
  }
  let offsetMinutes = 0;
  if (/^[+-]/.test(offset)) {
    const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
    const [offsetHour, offsetMinute] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
    offsetMinutes = (offsetHour * 60 + offsetMinute) * (offset.startsWith('-') ? -1 : 1);
    if (offsetMinute > 59 || Math.abs(offsetMinutes) > 14 * 60) {
      return 'bad';
    }
  }
  const seconds =
    date.getTime() / 1_000 +
    Number(hour) * 3_600 +
    Number(minute) * 60 +
    Number(second) -
    offsetMinutes * 60;
  return BigInt(seconds) * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'));
}

export interface ReferenceSilver {
  events: ReferenceEvent[];
  lines: Omit<Truth['lines'], 'files'>;
  unreadableNumbers: { price: number; quantity: number };
}

/** Silver over files in their order of reception. */
export function readSilver(files: readonly Buffer[], receivedUs: bigint): ReferenceSilver {
  const taken = new Map<string, ReferenceEvent>();
  const lines = { received: 0, duplicates: 0, quarantined: {} as Record<string, number> };
  const unreadableNumbers = { price: 0, quantity: 0 };
  const reject = (reason: string) => {
    lines.quarantined[reason] = (lines.quarantined[reason] ?? 0) + 1;
  };
  for (const file of files) {
    const valid: { line: Buffer; event: ReferenceEvent; unreadable: string[] }[] = [];
    for (const line of splitLines(file)) {
      lines.received++;
      const classified = classifyLine(line, receivedUs);
      if ('reason' in classified) {
        reject(classified.reason);
      } else {
        valid.push({ line, ...classified });
      }
    }
    valid.sort((a, b) => compare(a.event.timeUs, b.event.timeUs) || Buffer.compare(a.line, b.line));
    for (const { event, unreadable } of valid) {
      const winner = taken.get(event.eventId);
      if (winner === undefined) {
        taken.set(event.eventId, event);
        unreadableNumbers.price += unreadable.includes('price') ? 1 : 0;
        unreadableNumbers.quantity += unreadable.includes('quantity') ? 1 : 0;
      } else if (winner.content === event.content) {
        lines.duplicates++;
      } else {
        reject('conflicting_event_id');
      }
    }
  }
  return { events: [...taken.values()], lines, unreadableNumbers };
}

function splitLines(file: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < file.length; ) {
    const end = file.indexOf(0x0a, from);
    const line = file.subarray(from, end < 0 ? file.length : end);
    if (!/^[ \t\r\v\f]*$/.test(line.toString('latin1'))) {
      lines.push(line);
    }
    from = end < 0 ? file.length : end + 1;
  }
  return lines;
}

const compare = <T extends bigint | string>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0);

interface ReferenceSession {
  userId: string;
  device: string | null;
  country: string | null;
  date: string;
  startUs: bigint;
  endUs: bigint;
  events: ReferenceEvent[];
  number: number;
  revenueCents: number;
  funnelStep: number;
}

type Counted = Pick<Truth, 'days' | 'sessions' | 'users' | 'events'>;

/** Gold over the events of Silver, in the form of the truth. */
export function countGold(silver: ReferenceSilver): Counted {
  const sessions = buildSessions(silver.events);
  const dates = [...new Set(silver.events.map(({ date }) => date))].sort();
  const days = dates.map((date) =>
    countDay(
      date,
      silver.events.filter((event) => event.date === date),
      sessions.filter((session) => session.date === date),
    ),
  );
  const byType = Object.fromEntries(
    TYPES.map((type) => [type, silver.events.filter((event) => event.type === type).length]),
  ) as Truth['events']['byType'];
  return {
    days,
    sessions: {
      ...sumSessions(sessions),
      byNumber: histogram(sessions.map(({ number }) => number)),
    },
    users: countUsers(sessions),
    events: { events: silver.events.length, byType, unreadableNumbers: silver.unreadableNumbers },
  };
}

function buildSessions(events: readonly ReferenceEvent[]): ReferenceSession[] {
  const bySession = groupBy(events, ({ sessionId }) => sessionId);
  const sessions = [...bySession].map(([, members]) => {
    const ordered = [...members].sort(
      (a, b) => compare(a.timeUs, b.timeUs) || compare(a.eventId, b.eventId),
    );
    const first = ordered[0]!;
    return {
      userId: first.userId,
      device: first.device,
      country: first.country,
      date: first.date,
      startUs: first.timeUs,
      endUs: ordered[ordered.length - 1]!.timeUs,
      events: ordered,
      number: 0,
      revenueCents: ordered.reduce((sum, event) => sum + revenueOf(event), 0),
      funnelStep: reachedStep(ordered),
    };
  });
  for (const [, own] of groupBy(sessions, ({ userId }) => userId)) {
    own
      .sort(
        (a, b) =>
          compare(a.startUs, b.startUs) || compare(a.events[0]!.sessionId, b.events[0]!.sessionId),
      )
      .forEach((session, index) => {
        session.number = index + 1;
      });
  }
  return sessions;
}

function revenueOf(event: ReferenceEvent): number {
  return event.type === 'purchase' ? Number((event.priceCents ?? 0n) * (event.quantity ?? 1n)) : 0;
}

/** Each step is reached by the first event of its kind that is not earlier than the step before it. */
function reachedStep(ordered: readonly ReferenceEvent[]): number {
  let reachedUs = 0n;
  for (const [step, name] of ['product_view', 'add_to_cart', 'checkout', 'purchase'].entries()) {
    const next = ordered.find(({ type, timeUs }) => type === name && timeUs >= reachedUs);
    if (next === undefined) return step;
    reachedUs = next.timeUs;
  }
  return 4;
}

const hasType = (session: ReferenceSession, type: string) =>
  session.events.some((event) => event.type === type);

function sumSessions(sessions: readonly ReferenceSession[]): SessionTotals {
  const sum = (value: (session: ReferenceSession) => number | boolean) =>
    sessions.reduce((total, session) => total + Number(value(session)), 0);
  const most = (value: (session: ReferenceSession) => number) =>
    sessions.reduce((largest, session) => Math.max(largest, value(session)), 0);
  const ofType = (type: string) =>
    sum(({ events }) => events.filter((event) => event.type === type).length);
  const durationMs = ({ startUs, endUs }: ReferenceSession) => Number((endUs - startUs) / 1_000n);
  return {
    sessions: sessions.length,
    eventCount: sum(({ events }) => events.length),
    pageViewCount: ofType('page_view'),
    productViewCount: ofType('product_view'),
    addToCartCount: ofType('add_to_cart'),
    checkoutCount: ofType('checkout'),
    purchaseCount: ofType('purchase'),
    productCount: sum(
      ({ events }) => new Set(events.map((event) => event.productId).filter(Boolean)).size,
    ),
    revenueCents: sum(({ revenueCents }) => revenueCents),
    durationMs: sum(durationMs),
    longestMs: most(durationMs),
    sessionNumber: sum(({ number }) => number),
    maxSessionNumber: most(({ number }) => number),
    bounces: sum(({ events }) => events.length === 1),
    withProductView: sum((session) => hasType(session, 'product_view')),
    withAddToCart: sum((session) => hasType(session, 'add_to_cart')),
    withPurchase: sum((session) => hasType(session, 'purchase')),
    abandoned: sum((session) => hasType(session, 'add_to_cart') && !hasType(session, 'purchase')),
    byFunnelStep: [0, 1, 2, 3, 4].map((step) => sum(({ funnelStep }) => funnelStep === step)),
  };
}

function countDay(
  date: string,
  events: readonly ReferenceEvent[],
  sessions: readonly ReferenceSession[],
): TruthDay {
  return {
    date,
    conversion_metrics: countConversion(events, sessions),
    sessions: sumSessions(sessions),
    event_metrics: countEventMetrics(events),
    funnel: countFunnel(sessions),
    products: countProducts(events),
  };
}

function countConversion(
  events: readonly ReferenceEvent[],
  sessions: readonly ReferenceSession[],
): ConversionRow {
  const ofType = (type: string) => events.filter((event) => event.type === type).length;
  const totals = sumSessions(sessions);
  const both = sessions.filter(
    (session) => hasType(session, 'add_to_cart') && hasType(session, 'purchase'),
  ).length;
  const rate = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  const cartToPurchase = rate(both, totals.withAddToCart);
  return {
    page_views: ofType('page_view'),
    product_views: ofType('product_view'),
    add_to_carts: ofType('add_to_cart'),
    checkouts: ofType('checkout'),
    purchases: ofType('purchase'),
    sessions: sessions.length,
    users: new Set(sessions.map(({ userId }) => userId)).size,
    sessions_with_product_view: totals.withProductView,
    sessions_with_add_to_cart: totals.withAddToCart,
    sessions_with_purchase: totals.withPurchase,
    sessions_with_cart_and_purchase: both,
    bounces: totals.bounces,
    product_view_rate: rate(totals.withProductView, totals.sessions),
    add_to_cart_rate: rate(totals.withAddToCart, totals.withProductView),
    cart_to_purchase_rate: cartToPurchase,
    conversion_rate: rate(totals.withPurchase, totals.sessions),
    cart_abandonment_rate: cartToPurchase === null ? null : 1 - cartToPurchase,
    bounce_rate: rate(totals.bounces, totals.sessions),
    purchases_per_product_view: rate(ofType('purchase'), ofType('product_view')),
    purchases_per_add_to_cart: rate(ofType('purchase'), ofType('add_to_cart')),
  };
}

function countEventMetrics(events: readonly ReferenceEvent[]): EventMetricsRow[] {
  const groups = groupBy(events, ({ type, device, country }) =>
    JSON.stringify([type, device, country]),
  );
  return [...groups].map(([key, members]) => [
    ...(JSON.parse(key) as [EventMetricsRow[0], string | null, string | null]),
    members.length,
    new Set(members.map(({ sessionId }) => sessionId)).size,
    new Set(members.map(({ userId }) => userId)).size,
  ]);
}

function countFunnel(sessions: readonly ReferenceSession[]): FunnelRow[] {
  const groups = groupBy(sessions, ({ device, country }) => JSON.stringify([device, country]));
  return [...groups].map(([key, members]) => {
    const reached = (step: number) => members.filter((own) => own.funnelStep >= step).length;
    const [device, country] = JSON.parse(key) as [string | null, string | null];
    return [device, country, members.length, reached(1), reached(2), reached(3), reached(4)];
  });
}

function countProducts(events: readonly ReferenceEvent[]): ProductRow[] {
  const withProduct = events.filter(({ productId }) => productId !== null);
  return [...groupBy(withProduct, ({ productId }) => productId!)].map(([productId, members]) => {
    const ofType = (type: string) => members.filter((event) => event.type === type).length;
    return [
      productId,
      ofType('product_view'),
      ofType('add_to_cart'),
      ofType('purchase'),
      new Set(members.map(({ sessionId }) => sessionId)).size,
      members.reduce((sum, event) => sum + revenueOf(event), 0),
    ];
  });
}

function countUsers(sessions: readonly ReferenceSession[]): Truth['users'] {
  const users = [...groupBy(sessions, ({ userId }) => userId).values()];
  const dateOf = (timeUs: bigint) => new Date(Number(timeUs / 1_000n)).toISOString().slice(0, 10);
  const extreme = (times: bigint[], sign: bigint) =>
    times.reduce((best, time) => ((time - best) * sign > 0n ? time : best));
  const tally = (dates: string[]) =>
    Object.fromEntries(
      [...groupBy(dates, (date) => date)].map(([date, own]) => [date, own.length]),
    );
  const totals = sumSessions(sessions);
  return {
    users: users.length,
    buyers: users.filter((own) => own.some((session) => hasType(session, 'purchase'))).length,
    sessionCount: totals.sessions,
    eventCount: totals.eventCount,
    purchaseCount: totals.purchaseCount,
    revenueCents: totals.revenueCents,
    bySessionCount: histogram(users.map((own) => own.length)),
    firstSeen: tally(
      users.map((own) =>
        dateOf(
          extreme(
            own.map(({ startUs }) => startUs),
            -1n,
          ),
        ),
      ),
    ),
    lastSeen: tally(
      users.map((own) =>
        dateOf(
          extreme(
            own.map(({ endUs }) => endUs),
            1n,
          ),
        ),
      ),
    ),
  };
}

/** How many of the numbers are 1, 2, 3 …, up to the largest. */
function histogram(numbers: readonly number[]): number[] {
  const counts: number[] = [];
  for (const number of numbers) {
    while (counts.length < number) {
      counts.push(0);
    }
    counts[number - 1]!++;
  }
  return counts;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [item]);
    } else {
      group.push(item);
    }
  }
  return groups;
}

/** Rows of a truth in one fixed order, so that two can be compared. */
export function sortTruth<T extends Counted>(truth: T): T {
  const byText = (a: unknown, b: unknown) => compare(JSON.stringify(a), JSON.stringify(b));
  const days = truth.days.map((day) => ({
    ...day,
    event_metrics: [...day.event_metrics].sort(byText),
    funnel: [...day.funnel].sort(byText),
    products: [...day.products].sort(byText),
  }));
  return { ...truth, days };
}
