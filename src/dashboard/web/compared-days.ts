/** The days that a period is compared with. */
import { addDays, countDays } from '../days.ts';
import type { COMPARISONS, Period } from '../view.ts';

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
