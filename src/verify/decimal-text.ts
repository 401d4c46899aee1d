/**
 * Parses numbers of `price`, `quantity` and `event_timestamp` digit by digit, because doubles would
 * round.
 */

const PLAIN_NUMBER = /^([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))$/;
const MAX_HUNDREDTHS = 999_999_999_999_999_999n;
const MAX_EXPONENT = 400;

/** The sign of a number, its digits before the point without leading zeros, and those after it. */
interface Digits {
  isNegative: boolean;
  whole: string;
  fraction: string;
}

/**
 * Rounded half away from zero to hundredths. Undefined if the text is not a plain decimal number or
 * does not fit decimal(18,2).
 */
export function parseHundredths(text: string): bigint | undefined {
  const digits = splitDigits(text);
  if (digits === undefined || digits.whole.length > 16) {
    return undefined;
  }
  const { fraction } = digits;
  const cut = digits.whole + `${fraction}00`.slice(0, 2);
  const isRoundedUp = fraction.charCodeAt(2) >= 0x35;
  const hundredths =
    cut.length <= 15
      ? BigInt(Number(cut) + (isRoundedUp ? 1 : 0))
      : BigInt(cut) + (isRoundedUp ? 1n : 0n);
  if (hundredths > MAX_HUNDREDTHS) {
    return undefined;
  }
  return digits.isNegative ? -hundredths : hundredths;
}

/** A whole number of 32 bits (`12` or `12.0`); undefined for anything else. */
export function parseInt32(text: string): number | undefined {
  const digits = splitDigits(text);
  if (digits === undefined || digits.whole.length > 10 || !/^0*$/.test(digits.fraction)) {
    return undefined;
  }
  const magnitude = Number(digits.whole);
  if (magnitude > (digits.isNegative ? 2_147_483_648 : 2_147_483_647)) {
    return undefined;
  }
  return digits.isNegative && magnitude !== 0 ? -magnitude : magnitude;
}

function splitDigits(text: string): Digits | undefined {
  const parts = PLAIN_NUMBER.exec(text);
  if (parts === null) {
    return undefined;
  }
  return {
    isNegative: parts[1] === '-',
    whole: (parts[2] ?? '').replace(/^0+/, ''),
    fraction: parts[3] ?? parts[4] ?? '',
  };
}

/**
 * A JSON number in plain digits, without loss. For exponents beyond 400 the number becomes 0, or
 * 400 nines, which is too large for every field.
 */
export function expandExponent(number: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d+)$/.exec(number);
  if (parts === null) {
    return number;
  }
  const [, sign = '', whole = '', fraction = '', exponentText = ''] = parts;
  const exponent = Number(exponentText);
  if (exponent < -MAX_EXPONENT || /^0*$/.test(whole + fraction)) {
    return `${sign}0`;
  }
  if (exponent > MAX_EXPONENT) {
    return sign + '9'.repeat(MAX_EXPONENT);
  }
  const digits = '0'.repeat(MAX_EXPONENT) + whole + fraction + '0'.repeat(MAX_EXPONENT);
  const point = MAX_EXPONENT + whole.length + exponent;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
