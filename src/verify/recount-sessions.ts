/** Pass 3: the events of one session make its row, and its share of the counts per date. */
import { compareBytes } from './byte-order.ts';
import { type Cell, money } from './canonical-row.ts';
import { addCells } from './cell-record.ts';
import { type GoldEvent, readGoldEvent, takeEvents } from './event-record.ts';
import type { Group } from './group-counters.ts';
import { utcDate } from './instant.ts';
import type { RecountState } from './recount-state.ts';
import { hashKey } from './row-hash.ts';

/** Columns of `dates` and of `products`, as far as events make them. */
const DATE_COUNT_OF: ReadonlyMap<string, number> = new Map([
  ['page_view', 0],
  ['product_view', 1],
  ['add_to_cart', 2],
  ['checkout', 3],
  ['purchase', 4],
]);
const PRODUCT_COUNT_OF: ReadonlyMap<string, number> = new Map([
  ['product_view', 0],
  ['add_to_cart', 1],
  ['purchase', 2],
]);
const PRODUCT_SESSIONS = 3;
/** In a session's row its date, device and country; in a user's event group all but the user. */
const POOLED_IN_SESSION: ReadonlySet<number> = new Set([1, 3, 4]);
const POOLED_IN_GROUP: ReadonlySet<number> = new Set([1, 2, 3, 4]);
const GROUP_EVENTS = 0;
const GROUP_SESSIONS = 1;

/** Handles the sessions of one partition, in memory for the partition's events. */
export function recountSessions(state: RecountState, partition: number): void {
  const sessions = new Map<string, GoldEvent[]>();
  for (const record of takeEvents(state.sessionStore, partition, false)) {
    const event = readGoldEvent(record, state.texts);
    const events = sessions.get(event.session_id);
    if (events === undefined) sessions.set(event.session_id, [event]);
    else events.push(event);
  }
  for (const events of sessions.values()) {
    state.mark += 1;
    events.sort(compareEvents);
    countGroups(state, events);
    const row = sessionRow(state, events);
    const user = userPartition(state, events[0]!.user_id);
    addCells(state.userStore, user, row, state.texts, POOLED_IN_SESSION);
  }
  state.products.relieve();
  state.eventGroups.relieve();
  state.dates.relieve();
}

/** The order of events in a session: by time, then by the bytes of event_id. */
function compareEvents(a: GoldEvent, b: GoldEvent): number {
  if (a.event_timestamp !== b.event_timestamp)
    return a.event_timestamp < b.event_timestamp ? -1 : 1;
  return compareBytes(a.event_id, b.event_id);
}

/** Counts a session's events into its dates, event groups and products. */
function countGroups(state: RecountState, events: readonly GoldEvent[]): void {
  const { mark } = state;
  /** Users and the event groups they have been counted to in this session. */
  const counted: CountedGroup[] = [];
  let dateGroup: Group | undefined;
  for (const event of events) {
    const date = utcDate(event.event_timestamp);
    const type = state.types[event.typeIndex]!;
    if (dateGroup?.cells[0] !== date) dateGroup = state.dates.group([date]);
    const dateCount = DATE_COUNT_OF.get(type);
    if (dateCount !== undefined) dateGroup.counts[dateCount]! += 1;

    const known = counted.find((each) => isSameGroup(each, event, date));
    const { group } = known ?? countGroup(state, event, date, counted);
    group.counts[GROUP_EVENTS]! += 1;

    if (event.product_id !== null) {
      const product = state.products.group([date, event.product_id]);
      const productCount = PRODUCT_COUNT_OF.get(type);
      if (productCount !== undefined) product.counts[productCount]! += 1;
      if (product.mark !== mark) product.counts[PRODUCT_SESSIONS]! += 1;
      product.mark = mark;
      if (type === 'purchase') product.amount += revenueOf(type, event);
    }
  }
}

/** An event group that the session has been counted to, with one of the users in it. */
interface CountedGroup {
  group: Group;
  date: string;
  event: GoldEvent;
}

/** How far back a known group is looked for; further back a user is only told again. */
const MAX_COUNTED_GROUPS = 16;

function isSameGroup({ event, date }: CountedGroup, other: GoldEvent, otherDate: string): boolean {
  return (
    event.typeIndex === other.typeIndex &&
    date === otherDate &&
    event.user_id === other.user_id &&
    event.device === other.device &&
    event.country === other.country
  );
}

/** Counts the session, and tells the user's partition of the user; repetitions do no harm. */
function countGroup(
  state: RecountState,
  event: GoldEvent,
  date: string,
  counted: CountedGroup[],
): CountedGroup {
  const cells = [date, state.types[event.typeIndex]!, event.device, event.country];
  const group = state.eventGroups.group(cells);
  if (group.mark !== state.mark) group.counts[GROUP_SESSIONS]! += 1;
  group.mark = state.mark;
  const user = userPartition(state, event.user_id);
  addCells(state.userStore, user, [event.user_id, ...cells], state.texts, POOLED_IN_GROUP);
  const entry = { group, date, event };
  if (counted.length === MAX_COUNTED_GROUPS) counted.shift();
  counted.push(entry);
  return entry;
}

function userPartition(state: RecountState, userId: string): number {
  return hashKey(userId) % state.userStore.partitionCount;
}

function revenueOf(type: string, event: GoldEvent): bigint {
  if (type !== 'purchase' || event.price === null) return 0n;
  return event.price * BigInt(event.quantity ?? 1);
}

/** A row of `gold_sessions`, its session_number still null. */
function sessionRow(state: RecountState, events: readonly GoldEvent[]): Cell[] {
  const first = events[0]!;
  const last = events.at(-1)!;
  const types = events.map((event) => state.types[event.typeIndex]!);
  const counts: number[] = new Array(state.types.length).fill(0);
  for (const event of events) counts[event.typeIndex]! += 1;
  const countOf = (name: string): number => counts[state.types.indexOf(name)] ?? 0;
  const productViews = countOf('product_view');
  const addToCarts = countOf('add_to_cart');
  const purchases = countOf('purchase');
  const products = new Set(events.map((event) => event.product_id));
  products.delete(null);
  const revenue = events.reduce((sum, event, index) => sum + revenueOf(types[index]!, event), 0n);
  return [
    first.session_id,
    utcDate(first.event_timestamp),
    first.user_id,
    first.device,
    first.country,
    first.event_timestamp,
    last.event_timestamp,
    (last.event_timestamp - first.event_timestamp) / 1000n,
    events.length,
    countOf('page_view'),
    productViews,
    addToCarts,
    countOf('checkout'),
    purchases,
    products.size,
    money(revenue),
    null,
    events.length === 1,
    productViews > 0,
    addToCarts > 0,
    purchases > 0,
    addToCarts > 0 && purchases === 0,
    funnelStep(events, types, state.input.isCheckoutSkipped),
  ];
}

/**
 * How far the closed funnel was followed: each step by the first event of its kind that is not earlier
 * than the step before it.
 */
function funnelStep(
  events: readonly GoldEvent[],
  types: readonly string[],
  isCheckoutSkipped: boolean,
): number {
  const steps = isCheckoutSkipped
    ? ['product_view', 'add_to_cart', 'purchase']
    : ['product_view', 'add_to_cart', 'checkout', 'purchase'];
  let reachedAt = events[0]!.event_timestamp;
  for (const [reached, step] of steps.entries()) {
    const next = events.find(
      ({ event_timestamp }, index) => types[index] === step && event_timestamp >= reachedAt,
    );
    if (next === undefined) return reached;
    reachedAt = next.event_timestamp;
  }
  return 4;
}
