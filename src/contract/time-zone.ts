/**
 * UTC offsets of time zones and their changes, by IANA name. They come only from Node's Intl and
 * are passed to the engines, whose own time zone data is not used.
 */
import { fingerprint } from './fingerprint.ts';

export interface TimeZone {
  name: string;
  /** UTC offset before the first change, in seconds; positive is ahead of UTC. */
  firstOffset: number;
  /** In order of time. */
  changes: readonly OffsetChange[];
}

export interface OffsetChange {
  /** The first second of the new offset, in seconds since the epoch. */
  at: number;
  /** UTC offset from then on, in seconds. */
  offset: number;
}

export const UTC = 'UTC';

/**
 * The range of dates that are examined. Times outside it have the offset of its first or last
 * second.
 */
const FROM = Date.UTC(2000, 0, 1) / 1000;
const TO = Date.UTC(2100, 0, 1) / 1000;
/** Step of the search, in seconds. No zone has changed its offset twice within a week. */
const STEP = 6 * 86_400;

/** Whether Intl knows the zone. An offset such as +07:00 is not a name. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) {
    return false;
  }
  try {
    openClock(name);
    return true;
  } catch {
    return false;
  }
}

const known = new Map<string, TimeZone>();

/** Throws a RangeError for a name that `isTimeZone` refuses. */
export function timeZone(name: string): TimeZone {
  const zone = known.get(name) ?? findChanges(name);
  known.set(name, zone);
  return zone;
}

function findChanges(name: string): TimeZone {
  if (name === UTC) {
    return { name, firstOffset: 0, changes: [] };
  }
  const offsetAt = openClock(name);
  const firstOffset = offsetAt(FROM);
  const changes: OffsetChange[] = [];
  let before = firstOffset;
  for (let start = FROM; start < TO; start += STEP) {
    const end = Math.min(start + STEP, TO);
    const offset = offsetAt(end);
    if (offset !== before) {
      changes.push({ at: firstSecondAfter(offsetAt, before, { start, end }), offset });
      before = offset;
    }
  }
  return { name, firstOffset, changes };
}

function firstSecondAfter(
  offsetAt: (second: number) => number,
  before: number,
  { start, end }: { start: number; end: number },
): number {
  let [last, first] = [start, end];
  while (first - last > 1) {
    const middle = Math.floor((last + first) / 2);
    if (offsetAt(middle) === before) {
      last = middle;
    } else {
      first = middle;
    }
  }
  return first;
}

/** Returns a function from seconds since the epoch to the zone's UTC offset in seconds. */
function openClock(name: string): (second: number) => number {
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (second) => {
    const [month = 0, day = 0, year = 0, ...time] = (
      clock.format(second * 1000).match(/\d+/g) ?? []
    ).map(Number);
    const [hour = 0, minute = 0, seconds = 0] = time;
    return Date.UTC(year, month - 1, day, hour, minute, seconds) / 1000 - second;
  };
}

/**
 * By how many days the dates of a zone can differ from UTC dates: at most one in each direction.
 */
export function dateShifts({ firstOffset, changes }: TimeZone): { first: number; last: number } {
  const offsets = [firstOffset, ...changes.map(({ offset }) => offset)];
  // Ahead of UTC, a local date begins on the previous UTC date.
  return { first: Math.max(...offsets) > 0 ? -1 : 0, last: Math.min(...offsets) < 0 ? 1 : 0 };
}

/** A short text that changes if an offset or the time of a change does. */
export function fingerprintOf({ firstOffset, changes }: TimeZone): string {
  return fingerprint([firstOffset, ...changes.flatMap(({ at, offset }) => [at, offset])]);
}
