/** Parses texts of `event_timestamp` to microseconds since the epoch (docs/accepted-input.md). */

/** Outside every accepted range. Used for an epoch with more digits than microseconds need. */
const FAR_FUTURE = 1n << 62n;

const DAY_SECONDS = 86_400;
const DAYS_TO_EPOCH = 719_468;
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const EPOCH = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;

/**
 * The instant of a trimmed text; undefined if it is none. Digits beyond microseconds are dropped.
 * An epoch that is too large gives an instant outside every accepted range.
 */
export function parseInstant(text: string): bigint | undefined {
  return text.charCodeAt(4) === 0x2d && text.length >= 19
    ? parseCalendarInstant(text)
    : parseEpoch(text);
}

/** Parses `YYYY-MM-DD`, `T` or a space, `hh:mm:ss`, a fraction, an offset. */
function parseCalendarInstant(text: string): bigint | undefined {
  const year = digitPair(text, 0) * 100 + digitPair(text, 2);
  const month = digitPair(text, 5);
  const day = digitPair(text, 8);
  const hour = digitPair(text, 11);
  const minute = digitPair(text, 14);
  const second = digitPair(text, 17);
  const hasShape =
    text[7] === '-' &&
    (text[10] === 'T' || text[10] === ' ') &&
    text[13] === ':' &&
    text[16] === ':';
  // A pair that is not two digits is NaN and fails every comparison.
  if (!hasShape || !(year >= 0) || !isDay(year, month, day)) {
    return undefined;
  }
  if (!(hour <= 23 && minute <= 59 && second <= 59)) {
    return undefined;
  }
  const fractionEnd = text[19] === '.' ? endOfDigits(text, 20) : 19;
  if (text[19] === '.' && (fractionEnd < 21 || fractionEnd > 29)) {
    return undefined;
  }
  const offsetMinutes = parseOffset(text, fractionEnd);
  if (offsetMinutes === undefined) {
    return undefined;
  }
  const seconds =
    daysSinceEpoch(year, month, day) * DAY_SECONDS +
    hour * 3600 +
    (minute - offsetMinutes) * 60 +
    second;
  return toMicros(seconds, fractionMicros(text, 20, fractionEnd));
}

/**
 * The UTC offset in minutes, positive to the east; undefined if the rest of the text is not an
 * offset.
 */
function parseOffset(text: string, at: number): number | undefined {
  if (at === text.length) {
    return 0;
  }
  if (text.length === at + 1) {
    return text[at] === 'Z' ? 0 : undefined;
  }
  const rest = text.slice(at);
  if (rest === ' UTC') {
    return 0;
  }
  const parts = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(rest);
  if (parts === null) {
    return undefined;
  }
  const hours = Number(parts[2]);
  const minutes = Number(parts[3] ?? 0);
  const total = hours * 60 + minutes;
  if (minutes > 59 || total > 14 * 60) {
    return undefined;
  }
  return parts[1] === '-' ? -total : total;
}

/** Seconds, milliseconds or microseconds since the epoch, distinguished by size. */
function parseEpoch(text: string): bigint | undefined {
  if (!EPOCH.test(text)) {
    return undefined;
  }
  const isNegative = text.startsWith('-');
  const [wholeText = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const whole = wholeText.replace(/^0+/, '');
  // 11 digits are below 1e11, 14 below 1e14, 17 below 1e17.
  const fractionDigits =
    whole.length <= 11 ? 6 : whole.length <= 14 ? 3 : whole.length <= 17 ? 0 : -1;
  const micros =
    fractionDigits === -1
      ? FAR_FUTURE
      : BigInt(whole + fraction.slice(0, fractionDigits).padEnd(fractionDigits, '0'));
  return isNegative ? -micros : micros;
}

function toMicros(seconds: number, micros: number): bigint {
  const total = seconds * 1_000_000 + micros;
  return Number.isSafeInteger(total)
    ? BigInt(total)
    : BigInt(seconds) * 1_000_000n + BigInt(micros);
}

/** Six digits of a fraction. Missing digits are zeros; further digits are dropped. */
function fractionMicros(text: string, start: number, end: number): number {
  let micros = 0;
  for (let at = start; at < start + 6; at += 1) {
    micros = micros * 10 + (at < end ? text.charCodeAt(at) - 0x30 : 0);
  }
  return micros;
}

/** Two ASCII digits as a number; NaN for anything else. */
function digitPair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const ones = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function endOfDigits(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) {
    at += 1;
  }
  return at;
}

function isDay(year: number, month: number, day: number): boolean {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= DAYS_IN_MONTH[month - 1]!)) {
    return false;
  }
  return month !== 2 || day !== 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

/**
 * Days since 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March, in eras
 * of 400 years.
 */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - DAYS_TO_EPOCH;
}
