/** The numbers of a page, in SQL over what the server keeps of Gold. */
import type { PageEntry } from '../pages.ts';
import type { Choice, Figure, Period, Values, View } from '../view.ts';
import { comparedPeriod, conditionOf } from './choice.ts';
import type { Edition } from './editions.ts';
import { describeFigures, queryTotals } from './figure-sets.ts';
import { querySteps, stepFormulas } from './funnel.ts';
import type { Rows } from './metric-values.ts';
import { queryParts } from './parts.ts';

/** `days` are those that the lake has. Between two statements an aborted signal ends it, with its reason. */
export async function queryView(
  { reader, rules, options: { version } }: Edition,
  asked: { choice: Choice; page: PageEntry; days: Period; signal: AbortSignal },
): Promise<View> {
  const { choice, page, days, signal } = asked;
  const rows: Rows = <Found>(sql: string): Promise<Found[]> => {
    signal.throwIfAborted();
    return reader.rows(sql) as unknown as Promise<Found[]>;
  };
  const set = page.panels.includes('figures') ? (page.figures ?? 'sessions') : null;
  const steps = page.panels.some((id) => id === 'funnel' || id === 'steps')
    ? await querySteps(rows)
    : [];
  const besides = { ...COUNTED, ...(page.panels.includes('funnel') ? stepFormulas(steps) : {}) };
  const isSummed = set !== null || page.panels.includes('funnel');
  const totalsOf = async (chosen: Choice): Promise<Values> =>
    isSummed
      ? await queryTotals(rows, set, besides, chosen)
      : { rows: await countOne(rows, 'page_sessions', chosen) };
  const isWithoutRows = async (chosen: Choice, { rows: sessions }: Values): Promise<boolean> =>
    sessions === 0 && (await countOne(rows, 'page_money', chosen)) === 0;
  const totals = await totalsOf(choice);
  const previous = comparedPeriod(choice);
  const before = isWithin(previous, days) ? { ...choice, ...previous } : null;
  const previousTotals = before && (await totalsOf(before));
  const isKnown =
    before !== null && previousTotals !== null && !(await isWithoutRows(before, previousTotals));
  const figures = describeFigures(page.figures ?? 'sessions');
  const question = {
    ...{ rows, page, choice, days, rules, steps, totals },
    before: isKnown ? before : null,
    previousTotals: isKnown ? previousTotals : null,
  };
  return {
    ...{ version, choice, previous, figures },
    isEmpty: await isWithoutRows(choice, totals),
    totals: set === null ? {} : figuresOf(totals, figures),
    previousTotals: isKnown ? (set === null ? {} : figuresOf(previousTotals, figures)) : null,
    parts: await queryParts(question),
  };
}

/** Whether there are sessions. */
const COUNTED = { rows: { sql: 'count(*)', format: 'count' } } as const;

/** 1 where the table has a row. */
async function countOne(
  rows: Rows,
  table: 'page_sessions' | 'page_money',
  choice: Choice,
): Promise<number> {
  const found = await rows(`SELECT 1 FROM ${table} WHERE ${conditionOf(choice)} LIMIT 1`);
  return found.length;
}

/** Of days that the lake does not hold nothing is known. */
function isWithin(period: Period | null, days: Period): period is Period {
  return period !== null && period.from >= days.from && period.to <= days.to;
}

function figuresOf(totals: Values, figures: readonly Figure[]): Values {
  return Object.fromEntries(figures.map(({ id }) => [id, totals[id] ?? null]));
}
