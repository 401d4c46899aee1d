/**
 * Writing text into memory. Each function writes from `at` on and returns the position after what it wrote;
 * behind that, up to 16 bytes may be changed.
 */
const ZERO: u32 = 0x30;
const DASH: u32 = 0x2d;
const DOT: u32 = 0x2e;
const COLON: u32 = 0x3a;
const LETTER_T: u32 = 0x54;
const LETTER_Z: u32 = 0x5a;

const DAY_US: f64 = 86_400_000_000;
const DAYS_PER_400_YEARS: i32 = 146_097;
/** From the first of March of the year 2000 to the epoch. */
const EPOCH_DAYS: i32 = 11_017;

/** A text that lies at an address behind four bytes of its length. */
export function putText(at: usize, text: usize): usize {
  const length = <usize>load<u32>(text);
  for (let i: usize = 0; i < length; i += 16) v128.store(at + i, v128.load(text + i, 4));
  return at + length;
}

export function putByte(at: usize, byte: u32): usize {
  store<u8>(at, <u8>byte);
  return at + 1;
}

/** The sixteen hexadecimal digits of two words. */
export function putHexPair(at: usize, first: i32, second: i32): usize {
  v128.store(at, hexPair(first, second));
  return at + 16;
}

/** Four words in the form of a UUID. */
export function putUuid(at: usize, word0: i32, word1: i32, word2: i32, word3: i32): usize {
  const first = hexPair(word0, word1);
  const second = hexPair(word2, word3);
  // Each store writes over what the one before it put behind its dash.
  v128.store(at, first);
  v128.store(
    at + 9,
    v128.shuffle<u8>(first, first, 8, 9, 10, 11, 0, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0),
  );
  v128.store(
    at + 19,
    v128.shuffle<u8>(second, second, 0, 1, 2, 3, 0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14),
  );
  store<u8>(at + 35, <u8>i8x16.extract_lane_u(second, 15));
  store<u8>(at + 8, <u8>DASH);
  store<u8>(at + 13, <u8>DASH);
  store<u8>(at + 18, <u8>DASH);
  store<u8>(at + 23, <u8>DASH);
  return at + 36;
}

/** The sixteen digits of two words, the highest first. */
function hexPair(first: i32, second: i32): v128 {
  const bytes = i64x2.splat(((<i64>bswap<u32>(<u32>second)) << 32) | <i64>bswap<u32>(<u32>first));
  const high = v128.and(v128.shr<u8>(bytes, 4), i8x16.splat(15));
  const low = v128.and(bytes, i8x16.splat(15));
  const digits = v128.shuffle<u8>(
    high,
    low,
    0,
    16,
    1,
    17,
    2,
    18,
    3,
    19,
    4,
    20,
    5,
    21,
    6,
    22,
    7,
    23,
  );
  return v128.swizzle(
    i8x16(
      0x30,
      0x31,
      0x32,
      0x33,
      0x34,
      0x35,
      0x36,
      0x37,
      0x38,
      0x39,
      0x61,
      0x62,
      0x63,
      0x64,
      0x65,
      0x66,
    ),
    digits,
  );
}

/** A whole number below 10^10, as ten digits. */
export function putTenDigits(at: usize, value: u64): usize {
  const high = <u32>(value / 100_000);
  putFiveDigits(at, high);
  return putFiveDigits(at + 5, <u32>(value - <u64>high * 100_000));
}

function putFiveDigits(at: usize, value: u32): usize {
  return putThreeDigits(putTwoDigits(at, value / 1_000), value % 1_000);
}

function putThreeDigits(at: usize, value: u32): usize {
  return putTwoDigits(putByte(at, ZERO + value / 100), value % 100);
}

function putTwoDigits(at: usize, value: u32): usize {
  const tens = value / 10;
  store<u16>(at, <u16>(((value - tens * 10 + ZERO) << 8) | (tens + ZERO)));
  return at + 2;
}

/** The date last written, as text, and its number of days since the epoch. */
const dateText: usize = memory.data(16, 16);
let dateNumber: i32 = i32.MIN_VALUE;

/**
 * An instant in microseconds since the epoch: `2026-01-05T12:34:56.789Z`, or with three more digits. Lines
 * come mostly in the order of time, so the date is remembered.
 */
export function putInstant(at: usize, instantUs: f64, isMicroseconds: bool): usize {
  const days = Math.floor(instantUs / DAY_US);
  if (<i32>days !== dateNumber) {
    dateNumber = <i32>days;
    putDate(dateText, dateNumber);
  }
  v128.store(at, v128.load(dateText));
  const usOfDay = instantUs - days * DAY_US;
  const msOfDay = <u32>(usOfDay / 1_000);
  const secondOfDay = msOfDay / 1_000;
  const minuteOfDay = secondOfDay / 60;
  const hour = minuteOfDay / 60;
  let end = putByte(at + 10, LETTER_T);
  end = putByte(putTwoDigits(end, hour), COLON);
  end = putByte(putTwoDigits(end, minuteOfDay - hour * 60), COLON);
  end = putByte(putTwoDigits(end, secondOfDay - minuteOfDay * 60), DOT);
  end = putThreeDigits(end, msOfDay - secondOfDay * 1_000);
  if (isMicroseconds) end = putThreeDigits(end, <u32>(usOfDay - <f64>msOfDay * 1_000));
  return putByte(end, LETTER_Z);
}

/**
 * A date by its number of days since the epoch, from March 1600 to 9999. Years are counted from March, so
 * that the day that some have more is their last.
 */
function putDate(at: usize, days: i32): void {
  const day = days - EPOCH_DAYS + DAYS_PER_400_YEARS;
  const ofPeriod = day % DAYS_PER_400_YEARS;
  // A century has 36,524 days and four years 1,461, but for the last of each, which has one more.
  const century = min(ofPeriod / 36_524, 3);
  const ofCentury = ofPeriod - century * 36_524;
  const four = ofCentury / 1_461;
  const ofFour = ofCentury - four * 1_461;
  const yearOfFour = min(ofFour / 365, 3);
  const dayOfYear = ofFour - yearOfFour * 365;
  // From March on months have 31, 30, 31, 30, 31 days, again and again: 153 in five.
  const month = (5 * dayOfYear + 2) / 153;
  const dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1;
  const marchYear =
    1_600 + 400 * (day / DAYS_PER_400_YEARS) + 100 * century + 4 * four + yearOfFour;
  const year = month < 10 ? marchYear : marchYear + 1;
  let end = putTwoDigits(at, year / 100);
  end = putByte(putTwoDigits(end, year % 100), DASH);
  end = putByte(putTwoDigits(end, month < 10 ? month + 3 : month - 9), DASH);
  putTwoDigits(end, dayOfMonth);
}
