/** The days of the shop's clocks, which the truth counts by. */
import { timeZone, UTC } from '../contract/time-zone.ts';

const DAY_US = 86_400_000_000;

/** The day that microseconds since the epoch are on, as days since the epoch. */
export type DayOf = (us: number) => number;

/** `zone`: IANA name; undefined: UTC. */
export function shopDays(zone = UTC): DayOf {
  const { changes, firstOffset } = timeZone(zone);
  if (changes.length === 0) {
    return (us) => Math.floor((us + firstOffset * 1_000_000) / DAY_US);
  }
  // Events come nearly in the order of time: mostly the last offset still holds.
  let fromUs = Number.POSITIVE_INFINITY;
  let toUs = Number.NEGATIVE_INFINITY;
  let offsetUs = 0;
  return (us) => {
    if (us < fromUs || us >= toUs) {
      const next = changes.findIndex(({ at }) => at * 1_000_000 > us);
      const last = next === -1 ? changes.length - 1 : next - 1;
      fromUs = last < 0 ? Number.NEGATIVE_INFINITY : changes[last]!.at * 1_000_000;
      toUs = next === -1 ? Number.POSITIVE_INFINITY : changes[next]!.at * 1_000_000;
      offsetUs = (changes[last]?.offset ?? firstOffset) * 1_000_000;
    }
    return Math.floor((us + offsetUs) / DAY_US);
  };
}
