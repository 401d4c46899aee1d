/**
 * Converts texts of fields to values: instants, prices, quantities (docs/accepted-input.md). ASCII
 * only, so that all engines agree. Each `write…` takes a trimmed text from `start` to `end` and
 * writes its value to `place`; false: the text has no value.
 */
import { byteAt, COLON, isDigit, MINUS, PLUS, POINT, SPACE, ZERO } from './bytes';

function isWhite(byte: i32): bool {
  return byte === SPACE || (byte >= 0x09 && byte <= 0x0d);
}

/** The position after leading white space; `end` if there is nothing else. */
export function trimStart(start: usize, end: usize): usize {
  let at = start;
  while (at < end && isWhite(byteAt(at))) {
    at++;
  }
  return at;
}

/** The position before trailing white space. */
export function trimEnd(start: usize, end: usize): usize {
  let at = end;
  while (at > start && isWhite(byteAt(at - 1))) {
    at--;
  }
  return at;
}

/**
 * Writes microseconds since the epoch (64 bits), from ISO 8601 with seconds, or from an epoch. An
 * epoch beyond the four-digit years becomes an instant outside every accepted range.
 */
export function writeInstant(start: usize, end: usize, place: usize): bool {
  return end - start >= 19 && byteAt(start + 4) === MINUS
    ? writeIsoInstant(start, end, place)
    : writeEpoch(start, end, place);
}

/** Writes hundredths (64 bits), rounded half away from zero. Fails for more than 18 digits. */
export function writePrice(start: usize, end: usize, place: usize): bool {
  if (!readNumber(start, end) || wholeEnd - wholeStart > 16) {
    return false;
  }
  const roundUp: i64 = fractionDigit(2, end) >= 5 ? 1 : 0;
  const hundredths =
    readDigits(wholeStart, wholeEnd) * 100 +
    fractionDigit(0, end) * 10 +
    fractionDigit(1, end) +
    roundUp;
  if (hundredths >= 1_000_000_000_000_000_000) {
    return false;
  }
  store<i64>(place, isNegative ? -hundredths : hundredths);
  return true;
}

/** Writes a whole number (12 or 12.0) of 32 bits. */
export function writeQuantity(start: usize, end: usize, place: usize): bool {
  if (!readNumber(start, end) || wholeEnd - wholeStart > 10) {
    return false;
  }
  for (let at = fractionStart; at < end; at++) {
    if (byteAt(at) !== ZERO) {
      return false;
    }
  }
  const magnitude = readDigits(wholeStart, wholeEnd);
  const value = isNegative ? -magnitude : magnitude;
  if (value > 2_147_483_647 || value < -2_147_483_648) {
    return false;
  }
  store<i32>(place, <i32>value);
  return true;
}

/** The parts of the last number: sign, and digits before the point without leading zeros. */
let isNegative: bool = false;
let wholeStart: usize = 0;
let wholeEnd: usize = 0;
/** The fraction extends to the end of the text. */
let fractionStart: usize = 0;

/** Parses plain decimal digits with an optional sign and point. */
function readNumber(start: usize, end: usize): bool {
  let at = start;
  const sign = at < end ? byteAt(at) : 0;
  if (sign === PLUS || sign === MINUS) {
    at++;
  }
  const digits = at;
  at = endOfDigits(at, end);
  isNegative = sign === MINUS;
  wholeEnd = at;
  fractionStart = end;
  let digitCount = at - digits;
  if (at < end) {
    if (byteAt(at) !== POINT) {
      return false;
    }
    fractionStart = at + 1;
    at = endOfDigits(fractionStart, end);
    if (at < end) {
      return false;
    }
    digitCount += at - fractionStart;
  }
  wholeStart = digits;
  while (wholeStart < wholeEnd && byteAt(wholeStart) === ZERO) {
    wholeStart++;
  }
  return digitCount > 0;
}

function fractionDigit(index: usize, end: usize): i64 {
  return fractionStart + index < end ? byteAt(fractionStart + index) - ZERO : 0;
}

/**
 * Up to this number of digits before the point, an epoch is in seconds, milliseconds or
 * microseconds.
 */
const SECONDS_DIGITS = 11;
const MILLISECONDS_DIGITS = 14;
const MICROSECONDS_DIGITS = 17;
/**
 * The first day of the year 1 and the last of the year 9999: outside the accepted range of events.
 */
const BEFORE_ALL: i64 = -62_135_596_800_000_000;
const BEHIND_ALL: i64 = 253_402_214_400_000_000;

function writeEpoch(start: usize, end: usize, place: usize): bool {
  if (!readNumber(start, end)) {
    return false;
  }
  const digitCount = <i32>(wholeEnd - wholeStart);
  if (digitCount > MICROSECONDS_DIGITS) {
    store<i64>(place, isNegative ? BEFORE_ALL : BEHIND_ALL);
    return true;
  }
  let fractionDigits: usize = 0;
  if (digitCount <= SECONDS_DIGITS) {
    fractionDigits = 6;
  } else if (digitCount <= MILLISECONDS_DIGITS) {
    fractionDigits = 3;
  }
  let micros = readDigits(wholeStart, wholeEnd);
  for (let index: usize = 0; index < fractionDigits; index++) {
    micros = micros * 10 + fractionDigit(index, end);
  }
  store<i64>(place, isNegative ? -micros : micros);
  return true;
}

function writeIsoInstant(start: usize, end: usize, place: usize): bool {
  const separator = byteAt(start + 10);
  if (separator !== 0x54 && separator !== SPACE) {
    return false;
  }
  if (byteAt(start + 7) !== MINUS) {
    return false;
  }
  if (byteAt(start + 13) !== COLON || byteAt(start + 16) !== COLON) {
    return false;
  }
  const century = twoDigits(start);
  const yearOfCentury = twoDigits(start + 2);
  if (century < 0 || yearOfCentury < 0) {
    return false;
  }
  const year = century * 100 + yearOfCentury;
  const month = twoDigits(start + 5);
  const day = twoDigits(start + 8);
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) {
    return false;
  }
  const hour = twoDigits(start + 11);
  const minute = twoDigits(start + 14);
  const second = twoDigits(start + 17);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return false;
  }
  let micros: i64 = 0;
  let rest = start + 19;
  if (rest < end && byteAt(rest) === POINT) {
    const fraction = rest + 1;
    rest = endOfDigits(fraction, end);
    if (rest === fraction || rest - fraction > 9) {
      return false;
    }
    for (let at = fraction; at < fraction + 6; at++) {
      micros = micros * 10 + (at < rest ? byteAt(at) - ZERO : 0);
    }
  }
  const offset = readOffset(rest, end);
  if (offset === NO_OFFSET) {
    return false;
  }
  const minuteOfDay = hour * 60 + minute - offset;
  const minutes = <i64>daysFromEpoch(year, month, day) * 1440 + minuteOfDay;
  store<i64>(place, (minutes * 60 + second) * 1_000_000 + micros);
  return true;
}

const NO_OFFSET = i32.MAX_VALUE;

/**
 * The UTC offset in minutes, positive to the east: nothing, `Z`, ` UTC`, `+hh`, `+hhmm` or
 * `+hh:mm`, up to 14 hours.
 */
function readOffset(start: usize, end: usize): i32 {
  const length = end - start;
  if (length === 0) {
    return 0;
  }
  const first = byteAt(start);
  if (length === 1) {
    return first === 0x5a ? 0 : NO_OFFSET;
  }
  // The characters of ` UTC`; the first is the lowest byte.
  if (first === SPACE) {
    return length === 4 && load<u32>(start) === 0x43545520 ? 0 : NO_OFFSET;
  }
  if (first !== PLUS && first !== MINUS) {
    return NO_OFFSET;
  }
  const hours = twoDigits(start + 1);
  let minutes = 0;
  if (length === 5) {
    minutes = twoDigits(start + 3);
  } else if (length === 6 && byteAt(start + 3) === COLON) {
    minutes = twoDigits(start + 4);
  } else if (length !== 3) {
    return NO_OFFSET;
  }
  const offset = hours * 60 + minutes;
  if (hours < 0 || minutes < 0 || minutes > 59 || offset > 14 * 60) {
    return NO_OFFSET;
  }
  return first === MINUS ? -offset : offset;
}

function isLeap(year: i32): bool {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysOf(year: i32, month: i32): i32 {
  if (month === 2) {
    return isLeap(year) ? 29 : 28;
  }
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * Days since the epoch in the Gregorian calendar, extended to the year 0 as in ISO 8601. Years are
 * counted from March, so that the leap day is the last day of its year.
 */
function daysFromEpoch(year: i32, month: i32, day: i32): i32 {
  const march = year + 400 - (month <= 2 ? 1 : 0);
  const monthsFromMarch = month <= 2 ? month + 9 : month - 3;
  const days = march * 365 + march / 4 - march / 100 + march / 400;
  return days + (153 * monthsFromMarch + 2) / 5 + day - 1 - DAYS_TO_EPOCH;
}

/** Days from March 1 of the year -400 to the epoch. */
const DAYS_TO_EPOCH = 719_468 + 146_097;

/** The number of two digits; negative if they are not digits. */
function twoDigits(at: usize): i32 {
  const tens = byteAt(at) - ZERO;
  const ones = byteAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

function endOfDigits(start: usize, end: usize): usize {
  let at = start;
  while (at < end && isDigit(byteAt(at))) {
    at++;
  }
  return at;
}

function readDigits(start: usize, end: usize): i64 {
  let value: i64 = 0;
  for (let at = start; at < end; at++) {
    value = value * 10 + (byteAt(at) - ZERO);
  }
  return value;
}
