/** The shop's UTC offsets, from Intl, for each UTC date with events. */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** After this, offsets are assumed not to change. */
const LAST_CHANGE = Date.UTC(2100, 0, 1);

/** The offsets of one UTC date. No zone changes its offset twice on a date. */
export interface DayClock {
  /** Days since the epoch. */
  day: number;
  changeMicros: number;
  /** UTC offset in microseconds before the change on this date, and after it. */
  beforeMicros: number;
  afterMicros: number;
}

/** The offsets on the given days (days since the epoch, UTC). */
export function dayClocks(timeZone: string, days: readonly number[]): DayClock[] {
  const aheadOf = openClock(timeZone);
  return days.map((day) => {
    const start = day * DAY_MS;
    const before = aheadOf(start);
    const after = aheadOf(start + DAY_MS);
    const change = before === after ? start : findChange(aheadOf, start, before);
    return {
      day,
      changeMicros: change * 1000,
      beforeMicros: before * 1000,
      afterMicros: after * 1000,
    };
  });
}

/** Searches full minutes only, as all changes since 2000 were at full minutes. */
function findChange(aheadOf: (timeMs: number) => number, start: number, before: number): number {
  for (let time = start; time < start + DAY_MS; time += MINUTE_MS) {
    if (aheadOf(time) !== before) {
      return time;
    }
  }
  return start + DAY_MS;
}

/** Returns a function from time to UTC offset, both in milliseconds. */
function openClock(timeZone: string): (timeMs: number) => number {
  if (timeZone === 'UTC') {
    return () => 0;
  }
  const clock = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  return (timeMs) => {
    const text = clock.format(Math.min(timeMs, LAST_CHANGE));
    const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?$/.exec(text) ?? [];
    const ahead = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE_MS;
    return sign === '-' ? -ahead : ahead;
  };
}
