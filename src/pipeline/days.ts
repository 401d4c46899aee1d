/** Dates of folders. */

export const DAY_MS = 24 * 60 * 60 * 1_000;

/** `2026-01-31`, in UTC. */
export function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/**
 * The first day whose folder may still get files, in milliseconds since the epoch, where `newest` is
 * the newest date so far. The sender's day may begin before the UTC day, and its clock may be wrong.
 */
export function firstRecentDay(newest: string, nowMs: number): number {
  return Math.min(Date.parse(newest), nowMs - (nowMs % DAY_MS)) - DAY_MS;
}
