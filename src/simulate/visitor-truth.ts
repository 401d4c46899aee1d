/**
 * The truth where events name devices or no sessions: who a session's visitor is, and which events are a session,
 * is known only when all events are. So all are held until the end; then the sessions are made and counted as visits
 * are.
 */
import { type Acts, createActs, type Visit } from './acts.ts';
import { NO_ORDER } from './events.ts';
import {
  eventIdWords,
  formatUserId,
  formatUuid,
  formatVisitId,
  type IdentityKeys,
} from './identity.ts';
import { STEP_SPAN } from './records.ts';
import type { Refund } from './refunds.ts';
import { deviceNumber, deviceOwner, SENDER } from './sender-rules.ts';
import type { Shop } from './shop.ts';
import type { DayOf } from './shop-days.ts';
import type { IdentityRow, VisitorRow } from './truth.ts';
import { createTruthTally, isLeftOut, type TruthTally } from './truth-tally.ts';
import { createVisit } from './visits.ts';

/** A pause of this length or more ends a derived session. */
const TIMEOUT_US = 30 * 60 * 1_000_000;

/** An event: its visit, and its place among all acts. */
interface Sent {
  visit: SentVisit;
  at: number;
  shownUs: number;
}

interface SentVisit {
  visitor: number;
  number: number;
  country: number;
  sender: number;
  firstUserStep: number;
  /** Its acts' places among all. */
  from: number;
  count: number;
}

/** The events of one session in the order of time. */
interface Session {
  id: string;
  events: readonly Sent[];
}

export function createVisitorTally(
  shop: Shop,
  keys: IdentityKeys,
  firstDate: number,
  dateOf: DayOf,
): TruthTally {
  const kept = keepVisits();
  const refunds: Refund[] = [];
  let totals: ReturnType<TruthTally['totals']> | undefined;
  return {
    addVisit: kept.add,
    addRefund: (refund) => void refunds.push(refund),
    closeDaysBefore(date) {
      if (date !== Number.POSITIVE_INFINITY) {
        return [];
      }
      const { visits, all } = kept;
      const people = tellPeople(keys, all);
      const identities = linkDevices(people, all, visits);
      const sessions = findSessions(people, keys, all, visits);
      const userOf = new Map(identities.map(([device, user]) => [device, user]));
      const visitorIds = sessions.map((session) => visitorOf(people, userOf, session));
      const rows = createVisitorRows(visitorIds);
      const tally = createTruthTally(shop, rows.size, firstDate, dateOf);
      const buyerOf = countSessions(tally, all, sessions, visitorIds, rows);
      for (const refund of refunds) {
        const { visitor, number } = refund.visit;
        const buyer = buyerOf.get(orderKey(visitor, number, refund.order.step))!;
        tally.addRefund({ ...refund, visit: { ...refund.visit, visitor: buyer } });
      }
      const days = tally.closeDaysBefore(date);
      totals = { ...tally.totals(), identity: { identities, visitors: listVisitors(rows) } };
      return days;
    },
    totals() {
      if (totals === undefined) {
        throw new Error('the days have not been closed');
      }
      return totals;
    },
  };
}

/** All visits in little room; `all` are their acts, one after the other. */
function keepVisits() {
  const visits: SentVisit[] = [];
  const kept = { visits, all: createActs(1_024), add };
  function add(visit: Visit, acts: Acts): void {
    const from = kept.all.count;
    const { visitor, number, country, sender, firstUserStep } = visit;
    visits.push({ visitor, number, country, sender, firstUserStep, from, count: acts.count });
    while (from + acts.count > kept.all.type.length) {
      const larger = createActs(2 * kept.all.type.length);
      copyActs(kept.all, 0, from, larger, 0);
      kept.all = larger;
    }
    copyActs(acts, 0, acts.count, kept.all, from);
    kept.all.count = from + acts.count;
  }
  return kept;
}

type ActField = Exclude<keyof Acts, 'count' | 'firstStep'>;

function copyActs(from: Acts, at: number, count: number, to: Acts, toAt: number): void {
  for (const [name, values] of Object.entries(from)) {
    if (typeof values !== 'number') {
      const each = values.length / from.type.length;
      to[name as ActField].set(values.subarray(each * at, each * (at + count)), each * toAt);
    }
  }
}

/** The ids of events, as they are sent. */
interface People {
  eventId(sent: Sent): string;
  user(sent: Sent): string | undefined;
  device(visit: SentVisit): string | undefined;
}

function tellPeople(keys: IdentityKeys, all: Acts): People {
  const words = new Int32Array(4);
  return {
    eventId({ visit, at }) {
      eventIdWords(keys, visit.visitor, visit.number * STEP_SPAN + at - visit.from, words);
      return formatUuid(words);
    },
    user: ({ visit, at }) =>
      at - visit.from < visit.firstUserStep
        ? undefined
        : formatUserId(keys, visit.visitor, visit.number, all.isOtherAccount[at] === 1),
    device: ({ visitor, sender }) =>
      (sender & SENDER.hasDevice) === 0
        ? undefined
        : formatVisitId(keys.device, deviceOwner(visitor, sender), deviceNumber(sender)),
  };
}

function inOrder(people: People) {
  return (a: Sent, b: Sent): number =>
    a.shownUs - b.shownUs || (people.eventId(a) < people.eventId(b) ? -1 : 1);
}

function eventsOf(all: Acts, visit: SentVisit): Sent[] {
  return Array.from({ length: visit.count }, (_, step) => {
    const at = visit.from + step;
    return { visit, at, shownUs: all.shownUs[at]! };
  });
}

/** A device belongs to the user of its last event that has one. */
function linkDevices(people: People, all: Acts, visits: readonly SentVisit[]): IdentityRow[] {
  const isAfter = inOrder(people);
  const devices = new Map<string, { last?: Sent; firstUs: number; lastUs: number }>();
  for (const visit of visits) {
    const id = people.device(visit);
    if (id !== undefined && visit.count > 0) {
      const device = devices.get(id) ?? { firstUs: Infinity, lastUs: -Infinity };
      devices.set(id, device);
      for (const sent of eventsOf(all, visit)) {
        device.firstUs = Math.min(device.firstUs, sent.shownUs);
        device.lastUs = Math.max(device.lastUs, sent.shownUs);
        const isIdentified = people.user(sent) !== undefined;
        if (isIdentified && (device.last === undefined || isAfter(sent, device.last) > 0)) {
          device.last = sent;
        }
      }
    }
  }
  return [...devices].map(([id, { last, firstUs, lastUs }]) => [
    id,
    last === undefined ? null : people.user(last)!,
    last?.shownUs ?? null,
    firstUs,
    lastUs,
  ]);
}

/** Visits are sessions where their ids are sent. */
function findSessions(
  people: People,
  keys: IdentityKeys,
  all: Acts,
  visits: readonly SentVisit[],
): Session[] {
  const sessions: Session[] = [];
  const withoutSession = new Map<string, Sent[]>();
  for (const visit of visits) {
    const events = eventsOf(all, visit);
    if (events.length > 0 && (visit.sender & SENDER.hasNoSession) === 0) {
      sessions.push({ id: formatVisitId(keys.session, visit.visitor, visit.number), events });
    } else {
      for (const sent of events) {
        const device = people.device(visit);
        const key =
          device === undefined ? `user_id=${people.user(sent)}` : `anonymous_id=${device}`;
        const ofKey = withoutSession.get(key) ?? [];
        withoutSession.set(key, ofKey);
        ofKey.push(sent);
      }
    }
  }
  for (const [key, events] of withoutSession) {
    sessions.push(...deriveSessions(key, events.sort(inOrder(people))));
  }
  return sessions;
}

/** Cuts the events of a device or user wherever a pause is too long. */
function deriveSessions(key: string, ordered: readonly Sent[]): Session[] {
  const sessions: Session[] = [];
  let from = 0;
  ordered.forEach((sent, index) => {
    const next = ordered[index + 1];
    if (next === undefined || next.shownUs - sent.shownUs >= TIMEOUT_US) {
      const events = ordered.slice(from, index + 1);
      sessions.push({ id: `${key}@${events[0]!.shownUs}`, events });
      from = index + 1;
    }
  });
  return sessions;
}

/** The session's first user; else the user of its device; else the device. */
function visitorOf(
  people: People,
  userOf: ReadonlyMap<string, string | null>,
  { id, events }: Session,
): string {
  for (const sent of events) {
    const user = people.user(sent);
    if (user !== undefined) {
      return user;
    }
  }
  const device = people.device(events[0]!.visit);
  return device === undefined ? id : (userOf.get(device) ?? device);
}

/** By visitor id: the visitor's number, sessions and events. */
type VisitorRows = Map<string, { index: number; sessions: number; events: number }>;

function createVisitorRows(visitorIds: readonly string[]): VisitorRows {
  const rows: VisitorRows = new Map();
  for (const visitor of visitorIds) {
    rows.set(visitor, rows.get(visitor) ?? { index: rows.size, sessions: 0, events: 0 });
  }
  return rows;
}

/** Visitors without a session that counts, which are bots, have no row. */
function listVisitors(rows: VisitorRows): VisitorRow[] {
  return [...rows]
    .filter(([, row]) => row.sessions > 0)
    .map(([visitor, row]) => [visitor, row.sessions, row.events]);
}

/** Counts the sessions as those visits that they would have been; answers the visitor of each order. */
function countSessions(
  tally: TruthTally,
  all: Acts,
  sessions: readonly Session[],
  visitorIds: readonly string[],
  rows: VisitorRows,
): Map<string, number> {
  const buyerOf = new Map<string, number>();
  const order = sessions
    .map(({ events }, session) => ({ session, startUs: events[0]!.shownUs }))
    .sort((a, b) => a.startUs - b.startUs);
  const longest = sessions.reduce((most, { events }) => Math.max(most, events.length), 1);
  const acts = createActs(longest);
  for (const { session } of order) {
    const { events } = sessions[session]!;
    const row = rows.get(visitorIds[session]!)!;
    const { country, number, sender } = events[0]!.visit;
    const visit = { ...createVisit(), visitor: row.index, number, country, sender };
    gatherActs(all, events, acts);
    for (const { visit: sentVisit, at } of events) {
      const step = at - sentVisit.from;
      if (all.orderStep[at] === step) {
        buyerOf.set(orderKey(sentVisit.visitor, sentVisit.number, step), row.index);
      }
    }
    tally.addVisit(visit, acts);
    if (!isLeftOut(visit)) {
      row.sessions += 1;
      row.events += events.length;
    }
  }
  return buyerOf;
}

/** `step`: of the order's first event in the visit. */
function orderKey(visitor: number, number: number, step: number): string {
  return `${visitor}/${number}/${step}`;
}

/** What tells of an order stays together: nobody else logs in before its page is loaded again. */
function gatherActs(all: Acts, events: readonly Sent[], acts: Acts): void {
  const firstLineOf = new Map<string, number>();
  acts.count = 0;
  for (const { visit, at } of events) {
    const step = acts.count++;
    copyActs(all, at, 1, acts, step);
    if (all.orderStep[at] !== NO_ORDER) {
      const order = `${visit.from + all.orderStep[at]!}`;
      const first = firstLineOf.get(order) ?? step;
      firstLineOf.set(order, first);
      acts.orderStep[step] = first;
    }
  }
}
