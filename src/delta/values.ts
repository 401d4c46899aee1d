import { decimalOf, type PrimitiveType } from './schema.ts';

/**
 * A column value without loss: integers as bigint, `double` and `float` as number, timestamps as
 * bigint microseconds since the epoch, all other types as text (dates `yyyy-MM-dd`, decimals in
 * plain digits, booleans `true` and `false`).
 */
export type ColumnValue = bigint | number | string;

const MICROS_PER_DAY = 86_400_000_000n;
const TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?$/;

/**
 * Negative, zero or positive if `left` is less than, equal to or greater than `right`. Text is
 * compared by bytes.
 */
export function compareValues(type: PrimitiveType, left: ColumnValue, right: ColumnValue): number {
  const decimal = decimalOf(type);
  if (decimal) {
    return order(scaled(String(left), decimal.scale), scaled(String(right), decimal.scale));
  }
  if (typeof left === 'string' && typeof right === 'string') {
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  }
  return order(left, right);
}

/** Parses a value of statistics or partition values in the log; undefined if it is invalid. */
export function parseValue(type: PrimitiveType, text: string): ColumnValue | undefined {
  switch (type) {
    case 'long':
    case 'integer':
    case 'short':
    case 'byte':
      return /^[+-]?\d+$/.test(text) ? BigInt(text) : undefined;
    case 'double':
      return parseNumber(text);
    case 'float': {
      const number = parseNumber(text);
      return number === undefined ? undefined : Math.fround(number);
    }
    case 'timestamp':
    case 'timestamp_ntz':
      return parseTimestamp(text);
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : undefined;
    case 'string':
    case 'boolean':
    case 'binary':
      return text;
    default:
      return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? text : undefined;
  }
}

/** Microseconds since the epoch. A text without offset is UTC. */
export function parseTimestamp(text: string): bigint | undefined {
  const match = TIMESTAMP.exec(text);
  if (!match) {
    return undefined;
  }
  const [, year, month, day, hour, minute, second, fraction = '', offset = 'Z'] = match;
  const midnight = new Date(0);
  midnight.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const days = BigInt(Math.round(midnight.getTime() / 86_400_000));
  const seconds =
    Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offsetSeconds(offset);
  const micros = BigInt(fraction.slice(0, 6).padEnd(6, '0'));
  return days * MICROS_PER_DAY + BigInt(seconds) * 1_000_000n + micros;
}

/** `yyyy-MM-ddTHH:mm:ss.SSS`, without an offset; undefined outside the years 0 to 9999. */
export function formatMillis(epochMillis: bigint): string | undefined {
  const date = new Date(Number(epochMillis));
  if (Number.isNaN(date.getTime())) {
    return undefined;
  }
  const text = date.toISOString();
  return text.length === 24 ? text.slice(0, 23) : undefined;
}

function offsetSeconds(offset: string): number {
  if (offset === 'Z') {
    return 0;
  }
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2)) * 60;
  return offset.startsWith('-') ? -seconds : seconds;
}

function parseNumber(text: string): number | undefined {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(number) ? undefined : number;
}

/** A decimal as an integer in units of its last digit. */
function scaled(text: string, scale: number): bigint {
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const digits = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0') || '0');
  return text.startsWith('-') ? -digits : digits;
}

function order(left: bigint | number | string, right: bigint | number | string): number {
  if (left < right) {
    return -1;
  }
  return left > right ? 1 : 0;
}
