/**
 * Time zones by their IANA names: how far clocks are ahead of UTC, and when that changes. The one source is
 * Node's Intl; engines are handed its result, so that their own data of time zones takes no part.
 */
import { fingerprint } from './fingerprint.ts';

export interface TimeZone {
  name: string;
  /** Seconds that clocks are ahead of UTC before the first change. */
  firstOffset: number;
  /** In order of time. */
  changes: readonly OffsetChange[];
}

export interface OffsetChange {
  /** The first second of the new offset, since 1970. */
  at: number;
  /** Seconds that clocks are ahead of UTC from then on. */
  offset: number;
}

export const UTC = 'UTC';

/** What was before and what comes after is taken to be like the first and the last second of these. */
const FROM = Date.UTC(2000, 0, 1) / 1000;
const TO = Date.UTC(2100, 0, 1) / 1000;
/** No zone has changed its offset twice within a week. */
const STEP = 6 * 86_400;

/** Whether Intl knows the zone; an offset such as +07:00 is no name. */
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

/** Seconds that clocks are ahead of UTC at a second since 1970. */
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

/** The days by which the dates of a zone can differ from UTC dates: at most one each way. */
export function dateShifts({ firstOffset, changes }: TimeZone): { first: number; last: number } {
  const offsets = [firstOffset, ...changes.map(({ offset }) => offset)];
  // Clocks ahead of UTC begin a date on the UTC date before.
  return { first: Math.max(...offsets) > 0 ? -1 : 0, last: Math.min(...offsets) < 0 ? 1 : 0 };
}

/** A short text that is another when an offset or the instant of a change is. */
export function fingerprintOf({ firstOffset, changes }: TimeZone): string {
  return fingerprint([firstOffset, ...changes.flatMap(({ at, offset }) => [at, offset])]);
}
