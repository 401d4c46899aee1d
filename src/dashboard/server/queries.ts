/** The numbers of a page, in SQL over what the server keeps of Gold. */
import type { PageEntry } from '../pages.ts';
import type { Choice, Period, Values, View } from '../view.ts';
import { comparedPeriod, conditionOf } from './choice.ts';
import type { Edition } from './editions.ts';
import { describeFigures, queryTotals } from './figure-sets.ts';
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
  const set = page.figures ?? 'sessions';
  const previous = comparedPeriod(choice);
  const totalsOf = (chosen: Choice): Promise<Values> | Values =>
    page.panels.includes('figures') ? queryTotals(rows, set, chosen) : {};
  const before = await knownBefore(rows, choice, previous, days);
  return {
    version,
    choice,
    previous,
    isEmpty: !(await hasSessions(rows, choice)),
    figures: describeFigures(set),
    totals: await totalsOf(choice),
    previousTotals: before === null ? null : await totalsOf(before),
    parts: await queryParts({ rows, page, choice, before, days, rules }),
  };
}

/** The choice of the days compared with; null where the lake does not hold all of them, or no session on them. */
async function knownBefore(
  rows: Rows,
  choice: Choice,
  previous: Period | null,
  days: Period,
): Promise<Choice | null> {
  if (previous === null || previous.from < days.from || previous.to > days.to) {
    return null;
  }
  const before = { ...choice, ...previous };
  return (await hasSessions(rows, before)) ? before : null;
}

async function hasSessions(rows: Rows, choice: Choice): Promise<boolean> {
  const found = await rows(`SELECT 1 FROM page_sessions WHERE ${conditionOf(choice)} LIMIT 1`);
  return found.length > 0;
}
