/**
 * What the texts of fields stand for, read from their bytes: instants, prices, quantities, and texts
 * trimmed and in one case (docs/accepted-input.md). ASCII only throughout, so that every engine does the
 * same.
 */

/** `true`: there is a value, and it was written. */
type IsValue = boolean;

const SPACE = 0x20;
const ZERO = 0x30;
const POINT = 0x2e;
const PLUS = 0x2b;
const MINUS = 0x2d;
const COLON = 0x3a;
const TWO_32 = 2 ** 32;

/** Where the text begins without the white space before it; `end` when there is nothing else. */
export function trimStart(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isWhite(bytes[at] as number)) at += 1;
  return at;
}

/** Where the text ends without the white space behind it. */
export function trimEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && isWhite(bytes[at - 1] as number)) at -= 1;
  return at;
}

function isWhite(byte: number): boolean {
  return byte <= SPACE && (byte === SPACE || (byte >= 0x09 && byte <= 0x0d));
}

/**
 * Writes an instant as microseconds since the epoch, 64 bits at `at`. The text, trimmed, is ISO 8601 with
 * seconds, or an epoch; see docs/accepted-input.md for both. An epoch too large for microseconds of four
 * digits of years is an instant out of every range.
 */
export function writeInstant(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: DataView,
  at: number,
): IsValue {
  return end - start >= 19 && bytes[start + 4] === MINUS && bytes[start + 7] === MINUS
    ? writeIsoInstant(bytes, start, end, target, at)
    : writeEpoch(bytes, start, end, target, at);
}

/** A price in hundredths, 64 bits: rounded half away from zero; none of more than 18 digits. */
export function writePrice(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: DataView,
  at: number,
): IsValue {
  if (!readNumber(bytes, start, end)) return false;
  const { wholeStart, wholeEnd, fractionStart, isNegative } = number;
  if (wholeEnd - wholeStart > 16) return false;
  const digit = (index: number): number =>
    fractionStart + index < end ? (bytes[fractionStart + index] as number) - ZERO : 0;
  const cents = digit(0) * 10 + digit(1) + (digit(2) >= 5 ? 1 : 0);
  if (wholeEnd - wholeStart <= 13) {
    const value = digitsToNumber(bytes, wholeStart, wholeEnd) * 100 + cents;
    writeInt64(target, at, isNegative ? -value : value);
    return true;
  }
  const value = digitsToBigInt(bytes, wholeStart, wholeEnd) * 100n + BigInt(cents);
  if (value >= 10n ** 18n) return false;
  target.setBigInt64(at, isNegative ? -value : value, true);
  return true;
}

/** A whole number (12 or 12.0) of 32 bits. */
export function writeQuantity(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: DataView,
  at: number,
): IsValue {
  if (!readNumber(bytes, start, end)) return false;
  const { wholeStart, wholeEnd, fractionStart, isNegative } = number;
  for (let index = fractionStart; index < end; index += 1) {
    if (bytes[index] !== ZERO) return false;
  }
  if (wholeEnd - wholeStart > 10) return false;
  const value = digitsToNumber(bytes, wholeStart, wholeEnd) * (isNegative ? -1 : 1);
  if (value > 0x7fffffff || value < -0x80000000) return false;
  target.setInt32(at, value, true);
  return true;
}

/** The parts of the number that was read last. */
const number = {
  isNegative: false,
  /** Without leading zeros: empty for zero. */
  wholeStart: 0,
  wholeEnd: 0,
  /** The fraction goes on to the end of the text. */
  fractionStart: 0,
};

/** Plain decimal digits with an optional sign and point. */
function readNumber(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  const sign = bytes[at];
  if (at < end && (sign === PLUS || sign === MINUS)) at += 1;
  const digits = at;
  while (at < end && isDigit(bytes[at] as number)) at += 1;
  number.isNegative = sign === MINUS;
  number.wholeEnd = at;
  let digitCount = at - digits;
  if (at < end) {
    if (bytes[at] !== POINT) return false;
    at += 1;
    const fraction = at;
    while (at < end && isDigit(bytes[at] as number)) at += 1;
    if (at < end) return false;
    digitCount += at - fraction;
    number.fractionStart = fraction;
  } else number.fractionStart = end;
  let wholeStart = digits;
  while (wholeStart < number.wholeEnd && bytes[wholeStart] === ZERO) wholeStart += 1;
  number.wholeStart = wholeStart;
  return digitCount > 0;
}

/** Digits before the point up to which an epoch counts seconds, milliseconds or microseconds. */
const SECONDS_DIGITS = 11;
const MILLISECONDS_DIGITS = 14;
const MICROSECONDS_DIGITS = 17;
/** Microseconds at the start of the years 1 and 9999 or later: out of the range of every event. */
const BEFORE_ALL = -62_135_596_800_000_000n;
const BEHIND_ALL = 253_402_214_400_000_000n;

function writeEpoch(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: DataView,
  at: number,
): IsValue {
  if (!readNumber(bytes, start, end)) return false;
  const { wholeStart, wholeEnd, fractionStart, isNegative } = number;
  const digitCount = wholeEnd - wholeStart;
  if (digitCount > MICROSECONDS_DIGITS) {
    target.setBigInt64(at, isNegative ? BEFORE_ALL : BEHIND_ALL, true);
    return true;
  }
  const fractionDigits =
    digitCount <= SECONDS_DIGITS ? 6 : digitCount <= MILLISECONDS_DIGITS ? 3 : 0;
  let fraction = 0;
  for (let index = 0; index < fractionDigits; index += 1) {
    const place = fractionStart + index;
    fraction = fraction * 10 + (place < end ? (bytes[place] as number) - ZERO : 0);
  }
  const scale = fractionDigits === 6 ? 1_000_000 : fractionDigits === 3 ? 1000 : 1;
  const micros = digitsToNumber(bytes, wholeStart, wholeEnd) * scale + fraction;
  if (micros <= Number.MAX_SAFE_INTEGER) {
    writeInt64(target, at, isNegative ? -micros : micros);
  } else {
    const exact = digitsToBigInt(bytes, wholeStart, wholeEnd) * BigInt(scale) + BigInt(fraction);
    target.setBigInt64(at, isNegative ? -exact : exact, true);
  }
  return true;
}

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_TO_1970 = 719_528;

function writeIsoInstant(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: DataView,
  at: number,
): IsValue {
  const separator = bytes[start + 10];
  if (separator !== 0x54 && separator !== SPACE) return false;
  if (bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return false;
  const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  const hour = twoDigits(bytes, start + 11);
  const minute = twoDigits(bytes, start + 14);
  const second = twoDigits(bytes, start + 17);
  // What is no digit makes NaN, which is in no range.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month)))
    return false;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return false;
  let micros = 0;
  let rest = start + 19;
  if (rest < end && bytes[rest] === POINT) {
    const fraction = rest + 1;
    rest = fraction;
    while (rest < end && isDigit(bytes[rest] as number)) rest += 1;
    if (rest === fraction || rest - fraction > 9) return false;
    for (let index = 0; index < 6; index += 1) {
      const place = fraction + index;
      micros = micros * 10 + (place < rest ? (bytes[place] as number) - ZERO : 0);
    }
  }
  const offsetMinutes = readOffset(bytes, rest, end);
  if (Number.isNaN(offsetMinutes)) return false;
  const seconds =
    (daysFromEpoch(year, month, day) * 24 + hour) * 3600 + (minute - offsetMinutes) * 60 + second;
  if (Math.abs(seconds) < 9_000_000_000) writeInt64(target, at, seconds * 1_000_000 + micros);
  else target.setBigInt64(at, BigInt(seconds) * 1_000_000n + BigInt(micros), true);
  return true;
}

/** Minutes east of Greenwich: nothing, `Z`, ` UTC`, `+hh`, `+hhmm` or `+hh:mm` up to 14 hours; NaN: none of these. */
function readOffset(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return 0;
  const first = bytes[start];
  if (length === 1) return first === 0x5a ? 0 : Number.NaN;
  if (first === SPACE) {
    const isUtc =
      length === 4 &&
      bytes[start + 1] === 0x55 &&
      bytes[start + 2] === 0x54 &&
      bytes[start + 3] === 0x43;
    return isUtc ? 0 : Number.NaN;
  }
  if (first !== PLUS && first !== MINUS) return Number.NaN;
  const hours = twoDigits(bytes, start + 1);
  let minutes = 0;
  if (length === 5) minutes = twoDigits(bytes, start + 3);
  else if (length === 6 && bytes[start + 3] === COLON) minutes = twoDigits(bytes, start + 4);
  else if (length !== 3) return Number.NaN;
  const offset = hours * 60 + minutes;
  if (!(minutes <= 59 && offset <= 14 * 60)) return Number.NaN;
  return first === MINUS ? -offset : offset;
}

/** NaN unless both are digits. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - ZERO;
  const ones = (bytes[at + 1] as number) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysOf(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** By the Gregorian calendar, which ISO 8601 extends to the year 0. */
function daysFromEpoch(year: number, month: number, day: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  // 366 days of the year 0, which `leapDays` counts from the year 1.
  const daysBeforeYear = 366 + before * 365 + leapDays;
  const leapDay = month > 2 && isLeap(year) ? 1 : 0;
  return (
    daysBeforeYear + (DAYS_BEFORE_MONTH[month - 1] as number) + leapDay + day - 1 - DAYS_TO_1970
  );
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}

/** Exact up to 2^53. */
function digitsToNumber(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + (bytes[at] as number) - ZERO;
  return value;
}

function digitsToBigInt(bytes: Uint8Array, start: number, end: number): bigint {
  return start === end ? 0n : BigInt(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
}

/** A whole number up to 2^53 in 64 bits, without a bigint. */
function writeInt64(target: DataView, at: number, value: number): void {
  target.setInt32(at, value | 0, true);
  target.setInt32(at + 4, Math.floor(value / TWO_32), true);
}
