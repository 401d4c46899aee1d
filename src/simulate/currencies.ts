/** What visitors pay in, and what that is worth in the currency of the shop. */
import { minorDigits } from '../contract/money.ts';
import { formatDate } from './day-truth.ts';
import { deriveKey, draw } from './hash.ts';
import { DAY_MS } from './options.ts';
import type { ShopProfile } from './profile.ts';

/** Rates are whole numbers of millionths. */
const RATE_UNIT = 1_000_000;
const WEEK_DAYS = 7;
/** A week's rate differs from the profile's by as much at most. */
const SWING = 0.03;

export interface Currencies {
  /** All that visitors pay in; the shop's own is the first. */
  readonly codes: readonly string[];
  /** By country, the index into `codes`; the unknown country has the shop's own. */
  readonly ofCountry: Uint8Array;
  /** By currency and product, in hundredths, also of currencies that have no smaller unit. */
  readonly priceCents: readonly Int32Array[];
  /** Hundredths that are the smallest amount of the currency: 1 or 100. */
  readonly unitCents: Uint8Array;
  /** Hundredths of the shop's currency, half a unit away from zero. `date`: days since the epoch. */
  convert(currency: number, cents: number, date: number): number;
  /** Millionths of the shop's currency for one unit of the other. */
  rate(currency: number, date: number): number;
}

/** `key`: of the random numbers that rates change by. `priceCents`: by product, in the shop's currency. */
export function openCurrencies(
  profile: ShopProfile,
  key: number,
  priceCents: Int32Array,
): Currencies {
  const { currency: own, countries, rates } = profile;
  const codes = [...new Set([own, ...countries.map(({ currency = own }) => currency)])];
  const unitCents = Uint8Array.from(codes, (code) => (minorDigits(code) === 0 ? 100 : 1));
  const rate = (currency: number, date: number): number => {
    if (currency === 0) {
      return RATE_UNIT;
    }
    const random = draw(deriveKey(key, currency), key, Math.floor(date / WEEK_DAYS));
    const swing = 1 + SWING * ((2 * random) / 4294967296 - 1);
    return Math.max(1, Math.round(rates[codes[currency]!]! * swing * RATE_UNIT));
  };
  return {
    codes,
    ofCountry: Uint8Array.from([
      ...countries.map(({ currency = own }) => codes.indexOf(currency)),
      0,
    ]),
    priceCents: codes.map((code, currency) =>
      currency === 0
        ? priceCents
        : priceCents.map((cents) => {
            const unit = unitCents[currency]!;
            return Math.max(unit, Math.round(cents / rates[code]! / unit) * unit);
          }),
    ),
    unitCents,
    rate,
    convert: (currency, cents, date) =>
      currency === 0
        ? cents
        : Math.floor((cents * rate(currency, date) + RATE_UNIT / 2) / RATE_UNIT),
  };
}

/** The rates of the days, as a CSV file that `money.rates` takes; undefined: all pay in the shop's currency. */
export function renderRates(
  { codes, rate }: Currencies,
  startMs: number,
  endMs: number,
): string | undefined {
  if (codes.length === 1) {
    return undefined;
  }
  // A day more on both sides: in no time zone is an order on any other day.
  const lastDate = endMs / DAY_MS + 1;
  const lines = ['date,currency,rate'];
  for (let date = startMs / DAY_MS - 1; date <= lastDate; date = weekAfter(date)) {
    const day = formatDate(date);
    for (const [currency, code] of codes.entries()) {
      if (currency > 0) {
        lines.push(`${day},${code},${(rate(currency, date) / RATE_UNIT).toFixed(6)}`);
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

function weekAfter(date: number): number {
  return (Math.floor(date / WEEK_DAYS) + 1) * WEEK_DAYS;
}
