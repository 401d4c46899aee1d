/** The days that a period is compared with. */
import { addDays, countDays, listStarts } from '../days.ts';
import type { COMPARISONS, Grain, Period } from '../view.ts';

/**
 * Other days begin as those that are compared with now (`previous`); without any, as the same number of days
 * before the period.
 */
export function changeOfComparison(
  kind: (typeof COMPARISONS)[number],
  chosen: Period,
  previous: Period | null,
): Record<'compare' | 'compare_from' | 'compare_to', string | undefined> {
  const days = previous ?? {
    from: addDays(chosen.from, -countDays(chosen)),
    to: addDays(chosen.from, -1),
  };
  return {
    compare: kind === 'previous' ? undefined : kind,
    compare_from: kind === 'custom' ? days.from : undefined,
    compare_to: kind === 'custom' ? days.to : undefined,
  };
}

/**
 * Whether each day, week or month of the one period stands for as many days as that of the other in the same
 * place. Whole months stand for whole months.
 */
export function arePaired(grain: Grain, one: Period, other: Period): boolean {
  if (grain === 'month' && isWholeMonths(one) && isWholeMonths(other)) {
    return true;
  }
  const lengths = lengthsOf(grain, other);
  return lengthsOf(grain, one).every((length, place) => length === (lengths[place] ?? length));
}

function isWholeMonths({ from, to }: Period): boolean {
  return from.endsWith('-01') && addDays(to, 1).endsWith('-01');
}

/** The days of each day, week or month within the period. */
function lengthsOf(grain: Grain, { from, to }: Period): number[] {
  const starts = listStarts(grain, { from, to }).map((start) => (start < from ? from : start));
  const ends = [...starts.slice(1).map((start) => addDays(start, -1)), to];
  return starts.map((start, place) => countDays({ from: start, to: ends[place] ?? to }));
}
