/** Conversion of amounts to one currency. */
import { fingerprint } from './fingerprint.ts';

export interface MoneyRules {
  /** ISO 4217 code of the reporting currency; undefined: amounts stay as sent. */
  currency: string | undefined;
  /** The currency of events without one; undefined: unknown. */
  assume: string | undefined;
  rates: readonly ExchangeRate[];
}

/** A rate that is valid from this day until the currency's next rate. */
export interface ExchangeRate {
  /** YYYY-MM-DD. */
  date: string;
  /** The code of the other currency, in upper case. */
  currency: string;
  /**
   * The value of one unit of the other currency in the reporting currency: a plain decimal number.
   */
  rate: string;
}

/** The name under which models read the rates. */
export const EXCHANGE_RATES = 'exchange_rates';

export const AMOUNTS_AS_SENT: MoneyRules = { currency: undefined, assume: undefined, rates: [] };

/** Digits of a rate after the point. Before the point it has at most 8. */
export const RATE_DIGITS = 10;

/** The number of decimals of a currency, at most two, as in the columns of Gold. */
export function minorDigits(currency: string): number {
  const { maximumFractionDigits } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  return Math.min(maximumFractionDigits ?? 2, 2);
}

/** Whether a text has the form of a currency code, according to Intl. */
export function isCurrencyCode(text: string): boolean {
  return /^[A-Z]{3}$/.test(text);
}

/** Whether a currency with this upper-case code exists. */
export function isCurrency(code: string): boolean {
  return Intl.supportedValuesOf('currency').includes(code);
}

/** The days on which a rate is valid, inclusive. */
export interface RatePeriod extends ExchangeRate {
  lastDate: string;
}

const LAST_DATE = '9999-12-31';
const FIRST_DATE = '0001-01-01';

/** Sorted by currency and time. The reporting currency itself has the rate 1 on all days. */
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

/** A short text that changes if a rate up to this day changes; undefined: all days. */
export function ratesFingerprint(rates: readonly ExchangeRate[], until?: string): string {
  const known = rates.filter(({ date }) => until === undefined || date <= until);
  return fingerprint(known.map((each) => `${keyOf(each)} ${each.rate}`).toSorted());
}

/** The date of the last rate; undefined: there are no rates. */
export function lastRateDate(rates: readonly ExchangeRate[]): string | undefined {
  return rates
    .map(({ date }) => date)
    .toSorted()
    .at(-1);
}
