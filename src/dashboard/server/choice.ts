/** The filters of a URL, validated and completed with defaults from the lake. */
import { ClicklakeError } from '../../errors.ts';
import { textLiteral } from '../../pipeline/sql-literal.ts';
import { addDays, countDays, isCalendarDay, isDay, periodOfYearBefore } from '../days.ts';
import { BREAKDOWNS, type Filter, readFilters } from '../dimensions.ts';
import { valuesContaining } from '../names.ts';
import { findPage, PAGES, type PageEntry } from '../pages.ts';
import {
  type Choice,
  COMPARISONS,
  type Comparison,
  GRAINS,
  type Grain,
  type Period,
} from '../view.ts';

const DEFAULT_DAYS = 30;
/** Whole weeks where there is no room for 30 days twice. */
const COMPARABLE_DAYS = [DEFAULT_DAYS, 28, 21, 14, 7];

/** Throws `usage` for invalid filters. Days outside the lake's data are allowed; they are empty. */
export function readChoice(query: URLSearchParams, days: Period): Choice {
  const period = readPeriod(query, days, comparableDays(countDays(days)));
  return {
    ...period,
    filters: readFilters(query, checkName),
    grain: readGrain(query, period),
    compare: readComparison(query),
    by: readBreakdown(query),
  };
}

/** The page in the URL, by default the overview. Throws `usage` for an unknown page. */
export function readPage(query: URLSearchParams): PageEntry {
  const id = query.get('page');
  const page = findPage(id);
  if (page === undefined) {
    throw noSuch(
      PAGES.map((each) => each.id),
      'page',
      id ?? '',
    );
  }
  return page;
}

/** The last of the days, where the address names none. Throws `usage`. */
export function readPeriod(
  query: URLSearchParams,
  days: Period,
  defaultDays = DEFAULT_DAYS,
): Period {
  const to = readDay(query, 'to') ?? days.to;
  const from = readDay(query, 'from') ?? addDays(to, 1 - defaultDays);
  if (from > to) {
    throw invalid('from', `${from} is after ${to}`);
  }
  return { from, to };
}

/** Half of the days at most: as many lie before them. */
function comparableDays(dayCount: number): number {
  const half = Math.max(1, Math.floor(dayCount / 2));
  return COMPARABLE_DAYS.find((count) => count <= half) ?? half;
}

/** The same in SQL, of a number of days. */
export function comparableDaysSql(dayCount: string): string {
  const half = `greatest(1, (${dayCount}) // 2)`;
  const cases = COMPARABLE_DAYS.map((count) => `WHEN ${half} >= ${count} THEN ${count}`);
  return `CASE ${cases.join(' ')} ELSE ${half} END`;
}

/** As many days, right before. */
export function previousPeriod(period: Period): Period {
  const { from } = period;
  return { from: addDays(from, -countDays(period)), to: addDays(from, -1) };
}

/** The days that the choice is compared with; null: none. */
export function comparedPeriod({ compare, ...choice }: Choice): Period | null {
  switch (compare.kind) {
    case 'none':
      return null;
    case 'custom':
      return compare.period;
    case 'year':
      return periodOfYearBefore(choice);
    case 'previous':
      return previousPeriod(choice);
  }
}

/** Points of a line that can be told apart. */
const MAX_POINTS = 120;

function readGrain(query: URLSearchParams, period: Period): Grain {
  const text = query.get('grain');
  if (text === null || text === '') {
    const days = countDays(period);
    return days <= MAX_POINTS ? 'day' : days <= MAX_POINTS * 7 ? 'week' : 'month';
  }
  return oneOf(GRAINS, 'grain', text);
}

function readBreakdown(query: URLSearchParams): Choice['by'] {
  const text = query.get('by');
  const ids = BREAKDOWNS.map(({ id }) => id);
  return text === null || text === '' ? null : oneOf(ids, 'by', text);
}

function readComparison(query: URLSearchParams): Comparison {
  const kind = oneOf(COMPARISONS, 'compare', query.get('compare') || 'previous');
  if (kind !== 'custom') {
    return { kind };
  }
  const from = readDay(query, 'compare_from');
  const to = readDay(query, 'compare_to');
  if (from === undefined || to === undefined) {
    throw invalid('compare', 'custom needs compare_from and compare_to');
  }
  if (from > to) {
    throw invalid('compare_from', `${from} is after ${to}`);
  }
  return { kind, period: { from, to } };
}

function oneOf<Name extends string>(names: readonly Name[], field: string, text: string): Name {
  const found = names.find((name) => name === text);
  if (found === undefined) {
    throw noSuch(names, field, text);
  }
  return found;
}

function noSuch(names: readonly string[], field: string, text: string): ClicklakeError {
  return new ClicklakeError('usage', `${field}: there is no ${JSON.stringify(text)}`, {
    hint: `${field} is one of: ${names.join(', ')}`,
  });
}

/** The SQL condition of a choice over a table with `day` and the columns of its filters. */
export function conditionOf({ from, to, filters }: Period & Pick<Choice, 'filters'>): string {
  return [
    `day BETWEEN DATE '${from}' AND DATE '${to}'`,
    ...filters.map((filter) => filterCondition(filter, filter.dimension)),
  ].join(' AND ');
}

/** `column`: SQL of a text that is never null. */
export function filterCondition({ dimension, operator, values }: Filter, column: string): string {
  const texts = values.map(textLiteral);
  if (operator === 'contains') {
    const named = values.flatMap((value) => valuesContaining(value, dimension)).map(textLiteral);
    return `(${[
      ...texts.map((text) => `contains(lower(${column}), lower(${text}))`),
      ...(named.length === 0 ? [] : [`CAST(${column} AS VARCHAR) IN (${named.join(', ')})`]),
    ].join(' OR ')})`;
  }
  // DuckDB compares a typed text with one other text by numbers, but looks for it among several as texts.
  const isOne = texts.map((text) => `${column} = ${text}`).join(' OR ');
  return operator === 'isNot' ? `NOT (${isOne})` : `(${isOne})`;
}

/** Landing pages and campaigns are long; the address of a page must hold several of them. */
const MAX_NAME_LENGTH = 2000;

/** Validates a filter value. Throws `usage`. */
export function checkName(name: string, text: string): void {
  checkText(name, text, MAX_NAME_LENGTH);
}

/** Throws `usage` for a text that is too long, or not one for the engine. */
export function checkText(name: string, text: string, maxLength: number): void {
  if (text.length > maxLength) {
    throw new ClicklakeError('usage', `${name}: is longer than ${maxLength} characters`);
  }
  // The engine takes its end for the end of the whole query.
  if (text.includes('\0')) {
    throw new ClicklakeError('usage', `${name}: holds a NUL character`);
  }
}

function readDay(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name);
  if (text === null || text === '') {
    return undefined;
  }
  if (!isCalendarDay(text)) {
    throw invalid(name, `${JSON.stringify(text)} is no day`);
  }
  if (!isDay(text)) {
    throw invalid(name, `${text} is not in the years 2000 to 2099`);
  }
  return text;
}

function invalid(name: string, problem: string): ClicklakeError {
  return new ClicklakeError('usage', `${name}: ${problem}`, {
    hint: 'days are written YYYY-MM-DD, for example from=2026-01-01&to=2026-01-31',
  });
}
