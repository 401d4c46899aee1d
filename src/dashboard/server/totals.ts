/** The figures of some days, together and one by one. */
import type { Metric } from '../../metrics/metric.ts';
import { METRICS } from '../../metrics/metrics.ts';
import { type Choice, DAY_FIGURES, type Day, FIGURES, type Totals } from '../view.ts';
import { conditionOf } from './choice.ts';
import { columnsOf, type Row, type Rows, valuesOf } from './metric-values.ts';

const TOTAL_METRICS = metricsOf(FIGURES);
const DAY_METRICS = metricsOf(DAY_FIGURES);

function metricsOf<Id extends keyof Totals>(ids: readonly Id[]): Record<Id, Metric> {
  return Object.fromEntries(ids.map((id) => [id, METRICS[id]])) as Record<Id, Metric>;
}

export async function queryTotals(rows: Rows, choice: Choice): Promise<Totals> {
  const [sessions = {}] = await rows(
    `SELECT ${columnsOf(TOTAL_METRICS)} FROM page_sessions WHERE ${conditionOf(choice)}`,
  );
  const [days = {}] = isFiltered(choice)
    ? []
    : await rows(`SELECT ${columnsOf(DAY_METRICS)} FROM page_days WHERE ${conditionOf(choice)}`);
  return { ...valuesOf(TOTAL_METRICS, sessions), ...dayValues(days, choice) };
}

/** Days, weeks or months with a session, or with an order or a refund. */
export async function queryDays(rows: Rows, choice: Choice): Promise<Day[]> {
  const byDate = async (
    metrics: Readonly<Record<string, Metric>>,
    table: string,
  ): Promise<Map<string, Row>> => {
    const found = await rows(
      `SELECT CAST(CAST(date_trunc('${choice.grain}', session_date) AS DATE) AS VARCHAR) AS date,
         ${columnsOf(metrics)} FROM ${table} WHERE ${conditionOf(choice)} GROUP BY 1 ORDER BY 1`,
    );
    return new Map(found.map((row) => [String(row.date), row]));
  };
  const sessions = await byDate(TOTAL_METRICS, 'page_sessions');
  const days: Map<string, Row> = isFiltered(choice)
    ? new Map()
    : await byDate(DAY_METRICS, 'page_days');
  const dates = [...new Set([...sessions.keys(), ...days.keys()])].sort();
  return dates.map((date) => ({
    date,
    ...valuesOf(TOTAL_METRICS, sessions.get(date) ?? {}),
    ...dayValues(days.get(date) ?? {}, choice),
  }));
}

function isFiltered({ filters }: Choice): boolean {
  return filters.length > 0;
}

/** Whole days cannot be told apart by what sessions are filtered by. */
function dayValues(row: Row, choice: Choice): Pick<Totals, (typeof DAY_FIGURES)[number]> {
  return isFiltered(choice) ? { refunded: null, netRevenue: null } : valuesOf(DAY_METRICS, row);
}
