import { physicalName } from './column-mapping.ts';
import { type JsonObject, NumberText, parseJsonKeepingNumbers } from './exact-json.ts';
import { type DeltaSchema, decimalOf, type PrimitiveType } from './schema.ts';
import { type ColumnValue, formatMillis, parseTimestamp, parseValue } from './values.ts';

/** DuckDB's statistics of a file it wrote (`COPY … (RETURN_STATS)`), with `TimeZone = 'UTC'`. */
export interface CopyStatistics {
  count: bigint | number;
  /** By column path, each part quoted: `"event_id"`, `"place"."city"`. */
  columns: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Longer strings are truncated to this number of characters, as other Delta writers do. */
const MAX_STRING_LENGTH = 32;
/** Greater than any character; appended to a truncated maximum. */
const AFTER_ALL_CHARACTERS = '\u{10FFFF}';
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * The `stats` text of a data file (PROTOCOL.md, "Per-file Statistics"). Numbers keep all digits.
 * Timestamps are rounded to milliseconds, and long strings truncated, so that minimum and maximum
 * still enclose every value. Bounds that cannot be given exactly are omitted, as are partition
 * columns and nested columns.
 */
export function statisticsText(schema: DeltaSchema, copy: CopyStatistics): string {
  const minValues: string[] = [];
  const maxValues: string[] = [];
  const nullCounts: string[] = [];
  for (const { name, type } of schema.fields) {
    const found = copy.columns.get(`"${name.replaceAll('"', '""')}"`);
    if (found === undefined || typeof type !== 'string') {
      continue;
    }
    const key = JSON.stringify(name);
    const nullCount = found.get('null_count');
    if (nullCount !== undefined) {
      nullCounts.push(`${key}:${nullCount}`);
    }
    if (found.get('has_nan') === 'true') {
      continue;
    }
    const min = boundText(type, found.get('min'), 'min');
    const max = boundText(type, found.get('max'), 'max');
    if (min === undefined || max === undefined) {
      continue;
    }
    minValues.push(`${key}:${min}`);
    maxValues.push(`${key}:${max}`);
  }
  return `{"numRecords":${copy.count},"minValues":{${minValues}},"maxValues":{${maxValues}},"nullCount":{${nullCounts}}}`;
}

export interface ColumnStatistics {
  /** No value of the column is smaller. */
  min: ColumnValue | undefined;
  /** No value of the column is larger. */
  max: ColumnValue | undefined;
  nullCount: number | undefined;
}

export interface FileStatistics {
  rowCount: number | undefined;
  column(name: string): ColumnStatistics;
}

/** Parses the `stats` text of any writer; undefined if there is none, or it cannot be parsed. */
export function parseStatistics(
  stats: string | undefined,
  schema: DeltaSchema,
): FileStatistics | undefined {
  if (stats === undefined) {
    return undefined;
  }
  let root: JsonObject;
  try {
    root = section(parseJsonKeepingNumbers(stats));
  } catch {
    return undefined;
  }
  const [minValues, maxValues] = [section(root.minValues), section(root.maxValues)];
  const nullCounts = section(root.nullCount);
  return {
    rowCount: wholeNumber(root.numRecords),
    column(name) {
      const field = schema.fields.find((each) => each.name === name);
      const type = field?.type;
      const key = field === undefined ? name : physicalName(field);
      const nullCount = wholeNumber(nullCounts[key]);
      if (typeof type !== 'string') {
        return { min: undefined, max: undefined, nullCount };
      }
      return {
        min: readBound(type, minValues[key], 'min'),
        max: readBound(type, maxValues[key], 'max'),
        nullCount,
      };
    },
  };
}

/** A minimum or maximum as JSON; undefined if it must be omitted. */
function boundText(
  type: PrimitiveType,
  value: string | undefined,
  side: 'min' | 'max',
): string | undefined {
  if (value === undefined || type === 'boolean' || type === 'binary') {
    return undefined;
  }
  if (type === 'string') {
    return JSON.stringify(side === 'min' ? cut(value) : cutAbove(value));
  }
  if (type === 'date') {
    return /^\d{4}-\d{2}-\d{2}$/.test(value) ? `"${value}"` : undefined;
  }
  if (type === 'timestamp') {
    return quoted(toMillis(value, /\+00$/, side), 'Z');
  }
  if (type === 'timestamp_ntz') {
    return quoted(toMillis(value, /$/, side), '');
  }
  return JSON_NUMBER.test(value) ? value : undefined;
}

function quoted(text: string | undefined, suffix: string): string | undefined {
  return text === undefined ? undefined : `"${text}${suffix}"`;
}

/** Rounds to milliseconds: down for a minimum, up for a maximum. */
function toMillis(value: string, zone: RegExp, side: 'min' | 'max'): string | undefined {
  if (!zone.test(value)) {
    return undefined;
  }
  const micros = parseTimestamp(value.replace(zone, 'Z'));
  if (micros === undefined) {
    return undefined;
  }
  const remainder = ((micros % 1000n) + 1000n) % 1000n;
  const floor = (micros - remainder) / 1000n;
  return formatMillis(side === 'max' && remainder > 0n ? floor + 1n : floor);
}

function cut(value: string): string {
  if (value.length <= MAX_STRING_LENGTH) {
    return value;
  }
  return [...value].slice(0, MAX_STRING_LENGTH).join('');
}

function cutAbove(value: string): string {
  const start = cut(value);
  return start === value ? value : start + AFTER_ALL_CHARACTERS;
}

function readBound(type: PrimitiveType, value: unknown, side: 'min' | 'max') {
  const text = value instanceof NumberText ? value.text : value;
  if (typeof text !== 'string') {
    return undefined;
  }
  if (type === 'string' && side === 'max') {
    return stringMaximum(text);
  }
  if (!isExactDecimal(type, text)) {
    return undefined;
  }
  const parsed = parseValue(type, text);
  if (side === 'max' && (type === 'timestamp' || type === 'timestamp_ntz')) {
    // Other writers round a maximum down to the millisecond; the largest value may be up to 999 µs
    // higher.
    return typeof parsed === 'bigint' ? parsed + 999n : undefined;
  }
  return parsed;
}

/**
 * An upper bound for the strings of a column. A maximum of full length may be truncated; writers
 * mark this in different ways, but all keep the beginning.
 */
function stringMaximum(text: string): string | undefined {
  if (text.length < MAX_STRING_LENGTH) {
    return text;
  }
  const start = [...text.slice(0, MAX_STRING_LENGTH).replace(/[\uD800-\uDBFF]$/, '')];
  if (start.includes(AFTER_ALL_CHARACTERS) || start.includes('\uFFFD')) {
    return undefined;
  }
  return start.slice(0, -1).join('') + AFTER_ALL_CHARACTERS;
}

/** Some writers convert decimals to double, which is exact only up to 15 digits. */
function isExactDecimal(type: PrimitiveType, text: string): boolean {
  const decimal = decimalOf(type);
  if (decimal === undefined) {
    return true;
  }
  const wholeDigits = text.replace(/^[+-]?0*/, '').replace(/\..*$/, '').length;
  return wholeDigits + decimal.scale <= 15;
}

function wholeNumber(value: unknown): number | undefined {
  const number = value instanceof NumberText ? Number(value.text) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}

function section(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}
