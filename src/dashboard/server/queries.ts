/** The numbers of a page, in SQL over what the server keeps of Gold. */
import { describeMetric, type Metric } from '../../metrics/metric.ts';
import { METRICS } from '../../metrics/metrics.ts';
import type { LakeReader } from '../../pipeline/reader.ts';
import type { PageEntry } from '../pages.ts';
import {
  type Choice,
  DAY_FIGURES,
  FIGURES,
  type Figure,
  type Period,
  type Totals,
  type View,
} from '../view.ts';
import { comparedPeriod } from './choice.ts';
import type { Rows } from './metric-values.ts';
import { queryParts } from './parts.ts';
import { queryTotals } from './totals.ts';

/** `days` are those that the lake has. Between two statements an aborted signal ends it, with its reason. */
export async function queryView(
  reader: LakeReader,
  asked: { version: string; choice: Choice; page: PageEntry; days: Period; signal: AbortSignal },
): Promise<View> {
  const { version, choice, page, days, signal } = asked;
  const rows: Rows = <Found>(sql: string): Promise<Found[]> => {
    signal.throwIfAborted();
    return reader.rows(sql) as unknown as Promise<Found[]>;
  };
  const previous = comparedPeriod(choice);
  const previousTotals = await queryPrevious(rows, choice, previous, days);
  const before = previous === null || previousTotals === null ? null : { ...choice, ...previous };
  return {
    version,
    choice,
    previous,
    figures: [...FIGURES, ...DAY_FIGURES].map(describeFigure),
    totals: await queryTotals(rows, choice),
    previousTotals,
    parts: await queryParts({ rows, page, choice, before, rules: reader.rules() }),
  };
}

/** Null where the lake does not hold all of those days, or no session on them. */
async function queryPrevious(
  rows: Rows,
  choice: Choice,
  previous: Period | null,
  days: Period,
): Promise<Totals | null> {
  if (previous === null || previous.from < days.from || previous.to > days.to) {
    return null;
  }
  const totals = await queryTotals(rows, { ...choice, ...previous });
  return totals.sessions === 0 ? null : totals;
}

function describeFigure(id: keyof Totals): Figure {
  const metric: Metric = METRICS[id];
  const { name, format, isRiseBad = false } = metric;
  return { id, name, format, meaning: describeMetric(metric), isRiseBad };
}
