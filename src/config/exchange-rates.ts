/** Reads the file of exchange rates that `money.rates` names. */
import { readFileSync } from 'node:fs';
import { type ExchangeRate, isCurrencyCode, RATE_DIGITS } from '../contract/money.ts';
import { ClicklakeError } from '../errors.ts';
import { systemReason } from './system-reason.ts';

const COLUMNS = ['date', 'currency', 'rate'] as const;
const RATE_FORM = new RegExp(`^\\d{1,8}(\\.\\d{1,${RATE_DIGITS}})?$`);

/**
 * Reads CSV or TSV with a header line: date (YYYY-MM-DD), currency (three-letter code), rate (a
 * plain decimal number). Other columns are ignored. Throws `config_invalid`, naming the file and
 * the line.
 */
export function readExchangeRates(path: string): ExchangeRate[] {
  const [header = '', ...lines] = readText(path)
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  const separator = /[,;\t]/.exec(header)?.[0] ?? ',';
  const names = cellsOf(header, separator).map((name) => name.toLowerCase());
  const missing = COLUMNS.find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw rateError(`${path}:1: there is no column ${missing}`);
  }
  const seen = new Map<string, string>();
  return lines.flatMap((line, index) => {
    if (line.trim() === '') {
      return [];
    }
    const place = `${path}:${index + 2}`;
    const cells = cellsOf(line, separator);
    const [date = '', currency = '', rate = ''] = COLUMNS.map((name) => cells[names.indexOf(name)]);
    const found = checkRate({ date, currency: currency.toUpperCase(), rate }, place);
    const key = `${found.currency} of ${found.date}`;
    if (seen.has(key)) {
      throw rateError(`${place}: a second rate for ${key}; the first is in ${seen.get(key)}`);
    }
    seen.set(key, place);
    return [found];
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const message = `cannot read the exchange rates of money.rates, ${path}: ${systemReason(cause)}`;
    throw new ClicklakeError('config_invalid', message, { hint: HINT, cause });
  }
}

const HINT =
  'money.rates names a CSV file with the columns date, currency and rate, as in 2026-01-31,SEK,0.0895';

function rateError(message: string): ClicklakeError {
  return new ClicklakeError('config_invalid', message, { hint: HINT });
}

/** Splits a line and removes quotes. Values of these columns never contain a separator. */
function cellsOf(line: string, separator: string): string[] {
  return line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
}

function checkRate(rate: ExchangeRate, place: string): ExchangeRate {
  if (!isDate(rate.date)) {
    throw rateError(`${place}: "${rate.date}" is not a date of the form YYYY-MM-DD`);
  }
  if (!isCurrencyCode(rate.currency)) {
    throw rateError(`${place}: "${rate.currency}" is not a currency code`);
  }
  if (!RATE_FORM.test(rate.rate) || Number(rate.rate) === 0) {
    throw rateError(
      `${place}: "${rate.rate}" is not a rate: use a plain number above 0, with at most ${RATE_DIGITS} digits after the point`,
    );
  }
  return rate;
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
