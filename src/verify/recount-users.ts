/** Pass 4: the sessions of one user are numbered and summed; then the tables by date are finished. */
import { compareBytes } from './byte-order.ts';
import { type Cell, money, rate } from './canonical-row.ts';
import { takeCells } from './cell-record.ts';
import type { RecountState } from './recount-state.ts';
import { addRow } from './table-totals.ts';

/** Columns of `gold_sessions`. */
const SESSION_ID = 0;
const SESSION_DATE = 1;
const USER_ID = 2;
const DEVICE = 3;
const COUNTRY = 4;
const STARTED_AT = 5;
const ENDED_AT = 6;
const EVENT_COUNT = 8;
const PURCHASE_COUNT = 13;
const REVENUE = 15;
const SESSION_NUMBER = 16;
const IS_BOUNCE = 17;
const HAS_PRODUCT_VIEW = 18;
const HAS_ADD_TO_CART = 19;
const HAS_PURCHASE = 20;
const FUNNEL_STEP = 22;

/** Counts of `dates`, after those of events. */
const SESSIONS = 5;
const USERS = 6;
const WITH_PRODUCT_VIEW = 7;
const WITH_ADD_TO_CART = 8;
const WITH_PURCHASE = 9;
const WITH_CART_AND_PURCHASE = 10;
const BOUNCES = 11;

const GROUP_USERS = 2;

interface UserRecords {
  sessions: Cell[][];
  /** Event groups of the user's events: date, event type, device, country. Repeated. */
  groups: Cell[][];
}

/** Handles the users of one partition, in memory for the partition's sessions. */
export function recountUsers(state: RecountState, partition: number): void {
  const users = new Map<string, UserRecords>();
  for (const cells of takeCells(state.userStore, partition, state.texts)) {
    const isSession = cells.length > 5;
    const userId = cells[isSession ? USER_ID : 0] as string;
    let user = users.get(userId);
    if (user === undefined) {
      user = { sessions: [], groups: [] };
      users.set(userId, user);
    }
    if (isSession) user.sessions.push(cells);
    else user.groups.push(cells.slice(1));
  }
  for (const { sessions, groups } of users.values()) {
    state.mark += 1;
    for (const cells of groups) {
      const group = state.eventGroups.group(cells);
      if (group.mark !== state.mark) group.counts[GROUP_USERS]! += 1;
      group.mark = state.mark;
    }
    if (sessions.length > 0) countUser(state, sessions);
  }
  state.eventGroups.relieve();
  state.funnel.relieve();
  state.dates.relieve();
}

function countUser(state: RecountState, sessions: Cell[][]): void {
  sessions.sort(compareSessions);
  const dates = new Set<Cell>();
  let sessionNumber = 0;
  for (const session of sessions) {
    sessionNumber += 1;
    session[SESSION_NUMBER] = sessionNumber;
    addRow(state.result.tables.gold_sessions, session);
    countSession(state, session);
    dates.add(session[SESSION_DATE]!);
  }
  for (const date of dates) state.dates.group([date]).counts[USERS]! += 1;
  addRow(state.result.tables.gold_users, userRow(sessions));
}

/** The order of a user's sessions: by start, then by the bytes of session_id. */
function compareSessions(a: Cell[], b: Cell[]): number {
  const startA = a[STARTED_AT] as bigint;
  const startB = b[STARTED_AT] as bigint;
  if (startA !== startB) return startA < startB ? -1 : 1;
  return compareBytes(a[SESSION_ID] as string, b[SESSION_ID] as string);
}

function userRow(sessions: readonly Cell[][]): Cell[] {
  const sum = (column: number): number =>
    sessions.reduce((total, session) => total + (session[column] as number), 0);
  let lastSeenAt = 0n;
  for (const session of sessions) {
    const endedAt = session[ENDED_AT] as bigint;
    if (endedAt > lastSeenAt) lastSeenAt = endedAt;
  }
  return [
    sessions[0]![USER_ID]!,
    sessions.length,
    sum(EVENT_COUNT),
    sum(PURCHASE_COUNT),
    money(sessions.reduce((total, session) => total + (session[REVENUE] as bigint), 0n)),
    sessions[0]![STARTED_AT]!,
    lastSeenAt,
    sum(PURCHASE_COUNT) > 0,
  ];
}

function countSession(state: RecountState, session: readonly Cell[]): void {
  const date = state.dates.group([session[SESSION_DATE]!]).counts;
  date[SESSIONS]! += 1;
  if (session[HAS_PRODUCT_VIEW]) date[WITH_PRODUCT_VIEW]! += 1;
  if (session[HAS_ADD_TO_CART]) date[WITH_ADD_TO_CART]! += 1;
  if (session[HAS_PURCHASE]) date[WITH_PURCHASE]! += 1;
  if (session[HAS_ADD_TO_CART] && session[HAS_PURCHASE]) date[WITH_CART_AND_PURCHASE]! += 1;
  if (session[IS_BOUNCE]) date[BOUNCES]! += 1;
  const funnel = state.funnel.group([session[SESSION_DATE]!, session[DEVICE]!, session[COUNTRY]!]);
  // The sessions themselves, then each step reached.
  for (let step = 0; step <= (session[FUNNEL_STEP] as number); step += 1) funnel.counts[step]! += 1;
}

/** Makes the rows of the tables whose groups are complete only now. */
export function finishDates(state: RecountState): void {
  const { tables } = state.result;
  for (const { cells, counts } of state.dates.takeGroups()) {
    addRow(tables.gold_conversion_metrics, [...cells, ...counts, ...dateRates(counts)]);
  }
  for (const { cells, counts } of state.eventGroups.takeGroups()) {
    addRow(tables.gold_event_metrics, [...cells, ...counts]);
  }
  for (const { cells, counts } of state.funnel.takeGroups()) {
    const [sessions = 0, viewed = 0, carted = 0, checkedOut = 0, purchased = 0] = counts;
    const checkout = state.input.isCheckoutSkipped ? null : checkedOut;
    addRow(tables.gold_funnel, [...cells, sessions, viewed, carted, checkout, purchased]);
  }
  for (const { cells, counts, amount } of state.products.takeGroups()) {
    const [views = 0, addToCarts = 0, purchases = 0] = counts;
    const rates = [rate(addToCarts, views), rate(purchases, addToCarts)];
    addRow(tables.gold_products, [...cells, ...counts, money(amount), ...rates]);
  }
}

function dateRates(counts: readonly number[]): (number | null)[] {
  const [, productViews = 0, addToCarts = 0, , purchases = 0, sessions = 0] = counts;
  const withView = counts[WITH_PRODUCT_VIEW]!;
  const withCart = counts[WITH_ADD_TO_CART]!;
  const cartToPurchase = rate(counts[WITH_CART_AND_PURCHASE]!, withCart);
  return [
    rate(withView, sessions),
    rate(withCart, withView),
    cartToPurchase,
    rate(counts[WITH_PURCHASE]!, sessions),
    cartToPurchase === null ? null : 1 - cartToPurchase,
    rate(counts[BOUNCES]!, sessions),
    rate(purchases, productViews),
    rate(purchases, addToCarts),
  ];
}
