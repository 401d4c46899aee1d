/** Counts gold_cohorts: visitors by the week and the channel of their first session, week after week. */
import { formatDate } from './day-truth.ts';
import { CHANNELS, TRAFFIC } from './traffic.ts';
import type { CohortRow } from './truth.ts';

export interface CohortTally {
  /** A visitor's sessions must come in the order in which they begin. `date`: days since the epoch. */
  addSession(
    visitor: number,
    session: { date: number; traffic: number; orders: number; revenueCents: number },
  ): void;
  rows(): CohortRow[];
}

interface Cell {
  week: number;
  cohortWeek: number;
  channel: number;
  visitors: number;
  buyers: number;
  orders: number;
  revenueCents: number;
}

const CHANNEL_OF = Uint8Array.from(TRAFFIC, ({ channel }) => CHANNELS.indexOf(channel));
const NO_WEEK = -32_768;

export function createCohortTally(visitorCount: number): CohortTally {
  // Per visitor; weeks are numbered from that of the epoch.
  const cohortWeek = new Int16Array(visitorCount).fill(NO_WEEK);
  const firstChannel = new Uint8Array(visitorCount);
  const lastWeek = new Int16Array(visitorCount).fill(NO_WEEK);
  const lastBuyersWeek = new Int16Array(visitorCount).fill(NO_WEEK);
  const cells = new Map<number, Cell>();

  function cellOf(week: number, visitor: number): Cell {
    const ofCohort = cohortWeek[visitor]!;
    const channel = firstChannel[visitor]!;
    const key = (week * 65_536 + ofCohort) * CHANNELS.length + channel;
    let cell = cells.get(key);
    if (cell === undefined) {
      const counts = { visitors: 0, buyers: 0, orders: 0, revenueCents: 0 };
      cell = { week, cohortWeek: ofCohort, channel, ...counts };
      cells.set(key, cell);
    }
    return cell;
  }

  return {
    addSession(visitor, { date, traffic, orders, revenueCents }) {
      const week = Math.floor((date + DAYS_FROM_MONDAY) / 7);
      if (cohortWeek[visitor] === NO_WEEK) {
        cohortWeek[visitor] = week;
        firstChannel[visitor] = CHANNEL_OF[traffic]!;
      }
      const cell = cellOf(week, visitor);
      if (lastWeek[visitor] !== week) {
        lastWeek[visitor] = week;
        cell.visitors++;
      }
      if (orders > 0 && lastBuyersWeek[visitor] !== week) {
        lastBuyersWeek[visitor] = week;
        cell.buyers++;
      }
      cell.orders += orders;
      cell.revenueCents += revenueCents;
    },
    rows: () =>
      [...cells.values()].map((cell) => [
        mondayOf(cell.week),
        mondayOf(cell.cohortWeek),
        CHANNELS[cell.channel]!,
        ...([cell.visitors, cell.buyers, cell.orders, cell.revenueCents] as const),
      ]),
  };
}

/** The epoch was a Thursday. */
const DAYS_FROM_MONDAY = 3;

function mondayOf(week: number): string {
  return formatDate(week * 7 - DAYS_FROM_MONDAY);
}
