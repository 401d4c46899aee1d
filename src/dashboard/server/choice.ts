/** The filters of an address: checked, and completed from what the lake holds. */
import { ClicklakeError } from '../../errors.ts';
import { textLiteral } from '../../pipeline/sql-literal.ts';
import { addDays, countDays, isCalendarDay, isDay } from '../days.ts';
import type { Choice, Period } from '../view.ts';

const DEFAULT_DAYS = 30;

/** Throws `usage` for what is no filter. Days outside the lake's are allowed: they are empty. */
export function readChoice(query: URLSearchParams, days: Period): Choice {
  const device = readName(query, 'device');
  const country = readName(query, 'country');
  return {
    ...readPeriod(query, days),
    ...(device === undefined ? {} : { device }),
    ...(country === undefined ? {} : { country }),
  };
}

/** The last 30 of the days, where the address names none. Throws `usage`. */
export function readPeriod(query: URLSearchParams, days: Period): Period {
  const to = readDay(query, 'to') ?? days.to;
  const from = readDay(query, 'from') ?? addDays(to, 1 - DEFAULT_DAYS);
  if (from > to) {
    throw invalid('from', `${from} is after ${to}`);
  }
  return { from, to };
}

/** As many days, right before. */
export function previousPeriod(period: Period): Period {
  const { from } = period;
  return { from: addDays(from, -countDays(period)), to: addDays(from, -1) };
}

/** The SQL condition of a choice over a table with `session_date`, `device` and `country`. */
export function conditionOf(choice: Choice): string {
  const conditions = [
    `session_date BETWEEN DATE '${choice.from}' AND DATE '${choice.to}'`,
    ...(choice.device === undefined ? [] : [`device = ${textLiteral(choice.device)}`]),
    ...(choice.country === undefined ? [] : [`country = ${textLiteral(choice.country)}`]),
  ];
  return conditions.join(' AND ');
}

/** A filter on a device or country, `''` for none sent; undefined: all of them. Throws `usage`. */
export function readName(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name);
  if (text === null) {
    return undefined;
  }
  if (text.length > 200) {
    throw invalid(name, 'is longer than 200 characters');
  }
  // The engine takes its end for the end of the whole query.
  if (text.includes('\0')) {
    throw invalid(name, 'holds a NUL character');
  }
  return text;
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
