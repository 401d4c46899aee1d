/** Days as `YYYY-MM-DD`, UTC, which the server and the page reckon with alike. */
import type { Period } from './view.ts';

const DAY_MS = 86_400_000;

export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10);
}

/** The first and the last day included. */
export function countDays({ from, to }: Period): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
}
