/** Numbers, days and changes as people read them. */
import type { MetricFormat, Period } from '../view.ts';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 15 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
/** Of more digits than a tick has: they are exact, and without what is left over of binary fractions. */
const tick = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 6 });
const tickPercent = new Intl.NumberFormat('en', { style: 'percent', maximumSignificantDigits: 6 });
let money = formatOfMoney({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const finePercent = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const points = new Intl.NumberFormat('en', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const dayOfYear = new Intl.DateTimeFormat('en', {
  ...{ day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' },
});
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', timeZone: 'UTC' });
let instant = instantIn('UTC');
let clock = clockIn('UTC');

const NOTHING = '–';

const NUMBERS: Readonly<Record<MetricFormat, (value: number) => string>> = {
  count: (value) => whole.format(value),
  one: (value) => value.toFixed(1),
  two: (value) => value.toFixed(2),
  money: (value) => money(value),
  seconds: formatSeconds,
  rate: (value) => rateFormat(value).format(value),
};

/** The sign of a currency that is not known, or not one. */
const NO_CURRENCY = 'XXX';

/** From now on amounts have the symbol of this currency; null: that of none. */
export function showMoneyIn(currency: string | null): void {
  const code = currency !== null && /^[A-Z]{3}$/.test(currency) ? currency : NO_CURRENCY;
  money = formatOfMoney({ style: 'currency', currency: code });
}

/** Browsers that know no symbol for no currency write its code, which looks like one of the shop's. */
function formatOfMoney(options: Intl.NumberFormatOptions): (value: number) => string {
  const { format } = new Intl.NumberFormat('en', options);
  return (value) => format(value).replace(/XXX\s?/, '¤');
}

/** From now on instants are shown as clocks of this time zone show them; in UTC where the browser does not know it. */
export function showTimesIn(timeZone: string): void {
  try {
    [instant, clock] = [instantIn(timeZone), clockIn(timeZone)];
  } catch {
    [instant, clock] = [instantIn('UTC'), clockIn('UTC')];
  }
}

function instantIn(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en', {
    ...{ day: 'numeric', month: 'short', year: 'numeric', hour: 'numeric', minute: '2-digit' },
    ...{ hourCycle: 'h23', timeZone, timeZoneName: 'short' },
  });
}

function clockIn(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en', {
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 },
    ...{ hourCycle: 'h23', timeZone },
  });
}

/** The value of a metric. */
export function formatValue(format: MetricFormat, value: number | null): string {
  return value === null ? NOTHING : NUMBERS[format](value);
}

/** A value of a column nothing is known of: its digits, in thousands. Text is not read as a number. */
export function formatNumber(value: string | number | null): string {
  if (value === null) {
    return NOTHING;
  }
  if (typeof value === 'number') {
    return number.format(value);
  }
  const [, sign = '', digits, fraction = ''] = /^(-?)(\d+)(\.\d+)?$/.exec(value) ?? [];
  return digits === undefined ? value : `${sign}${whole.format(BigInt(digits))}${fraction}`;
}

export const formatCount = (value: number): string => whole.format(value);
/** `1 file`, `1,200 files`. */
export const formatCountOf = (value: number, noun: string): string =>
  `${whole.format(value)} ${noun}${value === 1 ? '' : 's'}`;
export const formatShort = (value: number): string => short.format(value);
/** A mark of an axis, exact: `1.25K` lies between `1K` and `1.5K`. */
export const formatTick = (value: number, format?: MetricFormat): string =>
  (format === 'rate' ? tickPercent : tick).format(value);
export const formatDay = (date: string): string => day.format(new Date(date));
export const formatDayOfYear = (date: string): string => dayOfYear.format(new Date(date));

/** `Jan 1 – 7, 2026`. */
export const formatPeriod = ({ from, to }: Period): string =>
  dayOfYear.formatRange(new Date(from), new Date(to));

export function formatRate(value: number | null): string {
  return value === null ? NOTHING : rateFormat(value).format(value);
}

/** Below 10 % a tenth is too coarse: 2.6 % and 2.64 % are a good week apart. */
function rateFormat(value: number): Intl.NumberFormat {
  return value !== 0 && Math.abs(value) < 0.1 ? finePercent : percent;
}

/** How much a figure has grown, without its sign. */
export const formatChange = (change: number): string => percent.format(Math.abs(change));

/** The difference of two rates, without its sign: `0.35 pp`. */
export const formatPoints = (difference: number): string =>
  `${points.format(Math.abs(difference) * 100)} pp`;

export function formatInstant(text: string | null): string {
  return text === null ? NOTHING : instant.format(new Date(text));
}

/** The time of day, to the millisecond. */
export const formatClock = (text: string): string => clock.format(new Date(text));

/** `8 s`, `4 min 05 s`, `1 h 02 min`. */
export function formatSeconds(value: number | null): string {
  if (value === null) {
    return NOTHING;
  }
  const seconds = Math.round(value);
  const two = (number: number): string => String(number).padStart(2, '0');
  if (seconds < 60) {
    return `${seconds} s`;
  }
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  }
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

/** A rate is null when there is nothing to divide by. */
export function rate(part: number, total: number): number | null {
  return total > 0 ? part / total : null;
}
