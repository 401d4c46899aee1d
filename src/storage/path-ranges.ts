/** Ranges of paths, for listings that leave them out. */
import { compareBytes } from './storage-path.ts';

/** Paths from `from` up to `to`, which is not part of it, in byte order. */
export interface PathRange {
  from: string;
  to: string;
}

/** In byte order. A range that runs into the next one is cut there. */
export function disjoint(ranges: readonly PathRange[]): PathRange[] {
  const sorted = ranges.toSorted((a, b) => compareBytes(a.from, b.from));
  return sorted
    .map(({ from, to }, index) => {
      const next = sorted[index + 1]?.from ?? to;
      return { from, to: compareBytes(next, to) < 0 ? next : to };
    })
    .filter(({ from, to }) => compareBytes(from, to) < 0);
}

/** The end of the range that contains the path; undefined: none does. `ranges`: of `disjoint`. */
export function endOfRange(ranges: readonly PathRange[], path: string): string | undefined {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBytes(ranges[middle]?.from ?? '', path) <= 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const range = ranges[low - 1];
  return range !== undefined && compareBytes(path, range.to) < 0 ? range.to : undefined;
}
