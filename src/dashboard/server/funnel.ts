/** How far sessions come in the funnel. */
import { funnelSteps, METRICS } from '../../metrics/metrics.ts';
import type { DimensionId } from '../dimensions.ts';
import type { Choice, Parts, StepGroup } from '../view.ts';
import { conditionOf } from './choice.ts';
import type { Row, Rows } from './metric-values.ts';
import type { Question } from './parts.ts';

const GROUP_COUNT = 50;

export async function queryFunnel({ rows, choice, before }: Question): Promise<Parts['funnel']> {
  const steps = await stepsOf(rows);
  const counts = await countSteps(rows, steps, choice);
  const earlier = before === null ? undefined : await countSteps(rows, steps, before);
  return steps.map(({ label }, index) => ({
    label,
    sessions: counts[index] ?? 0,
    before: earlier?.[index] ?? null,
  }));
}

export async function querySteps({ rows, page, choice }: Question): Promise<Parts['steps']> {
  const steps = await stepsOf(rows);
  const groups: Parts['steps']['groups'] = {};
  for (const dimension of page.groups ?? []) {
    groups[dimension] = await groupSteps(rows, steps, dimension, choice);
  }
  return { labels: steps.map(({ label }) => label), groups };
}

type Steps = ReturnType<typeof funnelSteps>;

async function stepsOf(rows: Rows): Promise<Steps> {
  const [{ has_checkout: hasCheckout } = {}] = await rows('SELECT has_checkout FROM page_funnel');
  return funnelSteps(hasCheckout === false);
}

async function countSteps(rows: Rows, steps: Steps, choice: Choice): Promise<number[]> {
  const [row = {}] = await rows(
    `SELECT ${columnsOf(steps)} FROM page_sessions WHERE ${conditionOf(choice)}`,
  );
  return countsOf(steps, row);
}

/** All of the dimension, whatever is chosen of it. */
async function groupSteps(
  rows: Rows,
  steps: Steps,
  column: DimensionId,
  choice: Choice,
): Promise<StepGroup[]> {
  const filters = choice.filters.filter(({ dimension }) => dimension !== column);
  const found = await rows(
    `SELECT CAST(${column} AS VARCHAR) AS name, ${columnsOf(steps)} FROM page_sessions
     WHERE ${conditionOf({ ...choice, filters })}
     GROUP BY ${column} ORDER BY ${METRICS.sessions.sql} DESC, name LIMIT ${GROUP_COUNT}`,
  );
  return found.map((row) => ({ name: String(row.name), sessions: countsOf(steps, row) }));
}

function columnsOf(steps: Steps): string {
  return steps
    .map(
      ({ step }) =>
        `CAST(count(CASE WHEN funnel_step >= ${step} THEN 1 END) AS DOUBLE) AS step${step}`,
    )
    .join(', ');
}

function countsOf(steps: Steps, row: Row): number[] {
  return steps.map(({ step }) => Number(row[`step${step}`] ?? 0));
}
