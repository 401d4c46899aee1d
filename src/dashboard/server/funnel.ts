/** How far sessions come in the funnel. */
import { funnelSteps } from '../../metrics/metrics.ts';
import type { Parts } from '../view.ts';
import type { Formula, Row, Rows } from './metric-values.ts';
import type { Question } from './parts.ts';

export type Steps = ReturnType<typeof funnelSteps>;

/** Those of the shop. */
export async function querySteps(rows: Rows): Promise<Steps> {
  const [{ has_checkout: hasCheckout } = {}] = await rows('SELECT has_checkout FROM page_funnel');
  return funnelSteps(hasCheckout === false);
}

/** For each step the number of sessions that reached it, over page_sessions. */
export function stepFormulas(steps: Steps): Readonly<Record<string, Formula>> {
  return Object.fromEntries(
    steps.map(({ step }) => [
      `step${step}`,
      { sql: `count(CASE WHEN funnel_step >= ${step} THEN 1 END)`, format: 'count' },
    ]),
  );
}

export function countsOf(steps: Steps, row: Row): number[] {
  return steps.map(({ step }) => Number(row[`step${step}`] ?? 0));
}

export function funnelOf({ steps, totals, previousTotals }: Question): Parts['funnel'] {
  const counts = countsOf(steps, totals);
  const earlier = previousTotals === null ? undefined : countsOf(steps, previousTotals);
  return steps.map(({ label }, index) => ({
    label,
    sessions: counts[index] ?? 0,
    before: earlier?.[index] ?? null,
  }));
}
