/** Whether visitors come back, by the week of their first session. */
import { addDays, countDays, listStarts } from '../days.ts';
import type { CohortCell, Cohorts } from '../view.ts';
import { filterCondition } from './choice.ts';
import type { Question } from './parts.ts';

/** Fewer weeks say little of who comes back, whatever the period. */
const LEAST_DAYS = 12 * 7;
const MOST_WEEKS = 60;

/** Filters choose the sessions that are counted, in all weeks of a cohort. */
export async function queryCohorts({ rows, choice, days }: Question): Promise<Cohorts> {
  const to = choice.to < days.to ? choice.to : days.to;
  const wanted = Math.max(LEAST_DAYS, countDays(choice));
  const first = addDays(to, 1 - wanted);
  const from = first > days.from ? first : days.from;
  const until = days.to;
  const starts = from > to ? [] : listStarts('week', { from, to }).slice(-MOST_WEEKS);
  const [start = to] = starts;
  const conditions = [
    `cohort BETWEEN '${start}' AND '${to}'`,
    ...choice.filters.map((filter) => filterCondition(filter, filter.dimension)),
  ];
  const found = await rows(
    `SELECT cohort, CAST(date_diff('day', CAST(cohort AS DATE), day) // 7 AS INTEGER) AS week,
       CAST(count(DISTINCT visitor_id) AS DOUBLE) AS visitors,
       CAST(count(DISTINCT CASE WHEN order_count > 0 THEN visitor_id END) AS DOUBLE) AS buyers,
       CAST(COALESCE(sum(revenue), 0) AS DOUBLE) AS revenue
     FROM page_sessions WHERE ${conditions.join(' AND ')} GROUP BY 1, 2`,
  );
  const cells = new Map(found.map((row) => [`${row.cohort} ${row.week}`, cellOf(row)]));
  return {
    until,
    weeks: starts.map((cohort) => ({
      start: cohort,
      cells: starts.map((_, week) =>
        // Weeks that have not begun are unknown, which is not nobody.
        addDays(cohort, 7 * week) > until ? null : (cells.get(`${cohort} ${week}`) ?? NOBODY),
      ),
    })),
  };
}

const NOBODY: CohortCell = { visitors: 0, buyers: 0, revenue: 0 };

function cellOf(row: Record<string, unknown>): CohortCell {
  return {
    visitors: Number(row.visitors),
    buyers: Number(row.buyers),
    revenue: Number(row.revenue),
  };
}
