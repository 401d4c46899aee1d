/** Amounts in one currency: what an order's amounts are converted with. */
import { fingerprint } from './fingerprint.ts';

export interface MoneyRules {
  /** ISO 4217 code of the currency that reported amounts are in; undefined: they stay as sent. */
  currency: string | undefined;
  /** The currency of events that name none; undefined: unknown. */
  assume: string | undefined;
  rates: readonly ExchangeRate[];
}

/** From this day on, until the currency's next rate. */
export interface ExchangeRate {
  /** YYYY-MM-DD. */
  date: string;
  /** The code of the other currency, in capitals. */
  currency: string;
  /** Units of the reporting currency for one unit of the other: a plain decimal number. */
  rate: string;
}

/** The name under which models read the rates. */
export const EXCHANGE_RATES = 'exchange_rates';

export const AMOUNTS_AS_SENT: MoneyRules = { currency: undefined, assume: undefined, rates: [] };

/** Rates are kept with so many digits after the point, and have at most 8 before it. */
export const RATE_DIGITS = 10;

/** Digits after the point of a currency's amounts, at most the two that columns of Gold hold. */
export function minorDigits(currency: string): number {
  const { maximumFractionDigits } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  return Math.min(maximumFractionDigits ?? 2, 2);
}

/** Whether a text has the form of a currency's code, as Intl takes it. */
export function isCurrencyCode(text: string): boolean {
  return /^[A-Z]{3}$/.test(text);
}

/** Whether there is a currency of this code, in capitals. */
export function isCurrency(code: string): boolean {
  return Intl.supportedValuesOf('currency').includes(code);
}

/** The days on which one rate of a currency holds, both included. */
export interface RatePeriod extends ExchangeRate {
  lastDate: string;
}

const LAST_DATE = '9999-12-31';
const FIRST_DATE = '0001-01-01';

/** In order of currency and time; the reporting currency itself is worth 1 on all days. */
export function ratePeriods({ currency, rates }: MoneyRules): RatePeriod[] {
  if (currency === undefined) {
    return [];
  }
  const others = rates
    .filter((rate) => rate.currency !== currency)
    .toSorted((a, b) => compareText(keyOf(a), keyOf(b)));
  const periods = others.map((rate, index) => {
    const next = others[index + 1];
    const lastDate = next?.currency === rate.currency ? dayBefore(next.date) : LAST_DATE;
    return { ...rate, lastDate };
  });
  return [{ currency, date: FIRST_DATE, lastDate: LAST_DATE, rate: '1' }, ...periods];
}

function keyOf({ currency, date }: ExchangeRate): string {
  return `${currency} ${date}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function dayBefore(date: string): string {
  return new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 'YYYY-MM-DD'.length);
}

/** A short text that is another when a rate up to this day is; undefined: all days. */
export function ratesFingerprint(rates: readonly ExchangeRate[], until?: string): string {
  const known = rates.filter(({ date }) => until === undefined || date <= until);
  return fingerprint(known.map((each) => `${keyOf(each)} ${each.rate}`).toSorted());
}

/** The day of the last rate; undefined: there is none. */
export function lastRateDate(rates: readonly ExchangeRate[]): string | undefined {
  return rates
    .map(({ date }) => date)
    .toSorted()
    .at(-1);
}
