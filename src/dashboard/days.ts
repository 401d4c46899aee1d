/** Days as `YYYY-MM-DD`; used by the server and the page. */
import type { Grain, Period } from './view.ts';

/** No event is older. Also bounds the period, because millions of days would block the browser. */
export const FIRST_DAY = '2000-01-01';
export const LAST_DAY = '2099-12-31';

const DAY_MS = 86_400_000;

export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10);
}

/** The first and the last day included. */
export function countDays({ from, to }: Period): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
}

/** Every day of the period. */
export function listDays(period: Period): string[] {
  return Array.from({ length: countDays(period) }, (_, index) => addDays(period.from, index));
}

/** The day itself, or the first day of its week (Monday) or month. */
function startOf(grain: Grain, day: string): string {
  if (grain === 'week') {
    return addDays(day, -((new Date(day).getUTCDay() + 6) % 7));
  }
  return grain === 'month' ? `${day.slice(0, 7)}-01` : day;
}

/** Where each day, week or month of the period begins; the first one may begin before the period. */
export function listStarts(grain: Grain, period: Period): string[] {
  return [...new Set(listDays(period).map((day) => startOf(grain, day)))];
}

/** The same days a year before; whole months remain whole, so that February is all of February. */
export function periodOfYearBefore({ from, to }: Period): Period {
  const isWholeMonths = from.endsWith('-01') && addDays(to, 1).endsWith('-01');
  return {
    from: yearBefore(from),
    to: isWholeMonths ? addDays(yearBefore(addDays(to, 1)), -1) : yearBefore(to),
  };
}

/** February 29 becomes February 28. */
function yearBefore(day: string): string {
  const before = `${Number(day.slice(0, 4)) - 1}${day.slice(4)}`;
  return isCalendarDay(before) ? before : addDays(`${before.slice(0, 8)}28`, 0);
}

/** The days of the period within the data. Days outside have no data, which is not the same as 0. */
export function overlapOf(period: Period, known: Period): Period {
  return {
    from: period.from > known.from ? period.from : known.from,
    to: period.to < known.to ? period.to : known.to,
  };
}

/** A day of the calendar between the first and the last. */
export function isDay(text: string): boolean {
  return isCalendarDay(text) && text >= FIRST_DAY && text <= LAST_DAY;
}

export function isCalendarDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse takes February 30 for March.
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === text;
}
