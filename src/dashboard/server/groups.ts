/** Sessions by the members of dimensions. */
import { METRICS } from '../../metrics/metrics.ts';
import type { DimensionId } from '../dimensions.ts';
import type { Choice, Group, Parts, StepGroup } from '../view.ts';
import { conditionOf } from './choice.ts';
import { countsOf, stepFormulas } from './funnel.ts';
import { columnsOf, type Formula, type Row, valuesOf } from './metric-values.ts';
import type { Question } from './parts.ts';

const GROUP_COUNT = 200;
const STEP_GROUP_COUNT = 50;

const SESSIONS_OF_GROUP = {
  sessions: METRICS.sessions,
  sessionsWithPurchase: METRICS.sessionsWithPurchase,
  conversionRate: METRICS.conversionRate,
};
/** By the date of the order, as the page's figures. */
const MONEY_OF_GROUP = { revenue: METRICS.grossRevenue };
const BEFORE_OF_GROUP = { sessionsBefore: METRICS.sessions };
const GROUP_METRICS = { ...SESSIONS_OF_GROUP, ...MONEY_OF_GROUP };

export function queryGroups(question: Question): Promise<Parts['groups']> {
  // Orders of the first minutes of a period may be of sessions that began before it.
  const groupsOf = ({ dimensions, condition, before }: Pass): string =>
    `SELECT dimension, name, COALESCE(sessions, 0) AS sessions, "sessionsWithPurchase", "conversionRate", revenue,
       ${before === null ? 'NULL' : 'COALESCE("sessionsBefore", 0)'} AS "sessionsBefore"
     FROM (${grouped('page_sessions', SESSIONS_OF_GROUP, dimensions, condition)})
     FULL JOIN (${grouped('page_money', MONEY_OF_GROUP, dimensions, condition)} HAVING sum(revenue) <> 0) USING (dimension, name)
     ${before === null ? '' : `LEFT JOIN (${grouped('page_sessions', BEFORE_OF_GROUP, dimensions, before)}) USING (dimension, name)`}`;
  const toGroup = (row: Row): Group => ({
    name: String(row.name),
    ...valuesOf(GROUP_METRICS, row),
    sessionsBefore: row.sessionsBefore == null ? null : Number(row.sessionsBefore),
  });
  return queryLargest(question, groupsOf, toGroup, GROUP_COUNT);
}

export async function queryStepsOfGroups(question: Question): Promise<Parts['steps']> {
  const { steps } = question;
  const metrics = { sessions: METRICS.sessions, ...stepFormulas(steps) };
  const toGroup = (row: Row): StepGroup => ({
    name: String(row.name),
    sessions: countsOf(steps, row),
  });
  const groupsOf = ({ dimensions, condition }: Pass): string =>
    grouped('page_sessions', metrics, dimensions, condition);
  return {
    labels: steps.map(({ label }) => label),
    groups: await queryLargest(question, groupsOf, toGroup, STEP_GROUP_COUNT),
  };
}

/** Dimensions that are counted in one pass over a table. */
interface Pass {
  dimensions: readonly DimensionId[];
  condition: string;
  /** The condition of the days compared with; null: none are. */
  before: string | null;
}

/** For each of the page's dimensions the groups with the most sessions. */
async function queryLargest<Of>(
  { rows, page, choice, before }: Question,
  groupsOf: (pass: Pass) => string,
  toGroup: (row: Row) => Of,
  count: number,
): Promise<Partial<Record<DimensionId, Of[]>>> {
  const groups: Partial<Record<DimensionId, Of[]>> = {};
  for (const pass of passesOf(page.groups ?? [], choice, before)) {
    const found = await rows(
      `SELECT * FROM (${groupsOf(pass)})
       QUALIFY row_number() OVER (PARTITION BY dimension ORDER BY sessions DESC, name) <= ${count}
       ORDER BY dimension, sessions DESC, name`,
    );
    for (const id of pass.dimensions) {
      groups[id] = found.filter(({ dimension }) => dimension === id).map(toGroup);
    }
  }
  return groups;
}

/** All devices, for example, whatever is chosen of them: the others stay in sight. */
function passesOf(
  dimensions: readonly DimensionId[],
  choice: Choice,
  before: Choice | null,
): Pass[] {
  const isFiltered = (id: DimensionId): boolean =>
    choice.filters.some(({ dimension }) => dimension === id);
  const others = dimensions.filter((id) => !isFiltered(id));
  const passOf = (of: readonly DimensionId[], filters: Choice['filters']): Pass => ({
    dimensions: of,
    condition: conditionOf({ ...choice, filters }),
    before: before && conditionOf({ ...before, filters }),
  });
  return [
    ...(others.length === 0 ? [] : [passOf(others, choice.filters)]),
    ...dimensions.filter(isFiltered).map((id) =>
      passOf(
        [id],
        choice.filters.filter(({ dimension }) => dimension !== id),
      ),
    ),
  ];
}

/** Kept texts are never null: of the columns of a row all but that of its dimension are. */
function grouped(
  table: string,
  metrics: Readonly<Record<string, Formula>>,
  dimensions: readonly DimensionId[],
  condition: string,
): string {
  const dimension = dimensions.map((id) => `WHEN grouping(${id}) = 0 THEN '${id}'`).join(' ');
  const name = dimensions.map((id) => `CAST(${id} AS VARCHAR)`).join(', ');
  return `SELECT CASE ${dimension} END AS dimension, COALESCE(${name}) AS name, ${columnsOf(metrics)}
     FROM ${table} WHERE ${condition} GROUP BY GROUPING SETS (${dimensions.map((id) => `(${id})`).join(', ')})`;
}
