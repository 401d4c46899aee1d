/** Converts single values of a record to text. */
import type { JsonScalar } from '../bronze/json-line.ts';

/** The values without the texts that stand for a missing value. */
export function dropMissing(
  values: readonly (JsonScalar | undefined)[],
  missing: ReadonlySet<string>,
): readonly (JsonScalar | undefined)[] {
  return missing.size === 0
    ? values
    : values.map((value) =>
        value?.type === 'string' && missing.has(value.text) ? undefined : value,
      );
}

/** The first value that is not missing. */
export function firstValue(
  places: readonly number[],
  values: readonly (JsonScalar | undefined)[],
): JsonScalar | undefined {
  for (const place of places) {
    const value = values[place];
    if (value?.type === 'container' || !isMissing(scalarText(value, false))) {
      return value;
    }
  }
  return undefined;
}

/** Blank texts count as missing. */
export function isMissing(text: string | null | undefined): boolean {
  return text == null || !/[^\t-\r ]/.test(text);
}

/**
 * The text of a scalar; null for null, objects and arrays. `isByValue`: numbers are written without
 * an exponent.
 */
export function scalarText(value: JsonScalar | undefined, isByValue: boolean): string | null {
  if (value === undefined || value.type === 'null' || value.type === 'container') {
    return null;
  }
  return isByValue && value.type === 'number' ? withoutExponent(value.text) : value.text;
}

/**
 * A JSON number in plain decimal digits, without loss. Magnitudes that no field can hold become one
 * that is certainly too large, or zero, so that `1e999999999` costs nothing.
 */
function withoutExponent(number: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number);
  if (parts?.[4] === undefined) {
    return number;
  }
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = parts;
  const exponent = Number(exponentText);
  if (exponent < -400 || /^0*$/.test(whole + fraction)) {
    return `${sign}0`;
  }
  if (exponent > 400) {
    return `${sign}${'9'.repeat(400)}`;
  }
  const point = whole.length + exponent;
  const all = whole + fraction;
  if (point <= 0) {
    return `${sign}0.${'0'.repeat(-point)}${all}`;
  }
  if (point >= all.length) {
    return `${sign}${all}${'0'.repeat(point - all.length)}`;
  }
  return `${sign}${all.slice(0, point)}.${all.slice(point)}`;
}
