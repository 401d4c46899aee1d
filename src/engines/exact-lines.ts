/**
 * The slow, strict way from a line to the text columns of `bronze_lines`, for the few lines that
 * an engine's JSON functions might read wrongly. Same columns, same meaning as models/bronze/*.sql.
 */
import { MAX_NAMES } from '../bronze/field-counts.ts';
import { type JsonScalar, readJsonLine } from '../bronze/json-line.ts';
import { FIELD_NAMES, NUMERIC_FIELDS } from '../contract/fields.ts';

export interface ExactLine {
  problem: string | null;
  /** Texts of the contract fields, in contract order; null when absent or when there is a problem. */
  fields: (string | null)[];
  /** Declared fields as a JSON object of strings, or null when there is none. */
  declared: string | null;
  /** At most one more than are counted. */
  unknownFields: string[];
}

export function readExactly(
  line: Buffer,
  hasByteOrderMark: boolean,
  declaredFields: ReadonlySet<string>,
): ExactLine {
  const text = hasByteOrderMark ? line.subarray(3) : line;
  let unknownCount = 0;
  const json = readJsonLine(
    text,
    (name) => FIELD_SET.has(name) || declaredFields.has(name) || unknownCount++ <= MAX_NAMES,
  );
  if (json.kind !== 'object') {
    return problemLine(json.kind);
  }
  const unknownFields: string[] = [];
  const declared: Record<string, string> = {};
  for (const [name, value] of json.fields) {
    if (declaredFields.has(name)) {
      const text = scalarText(value, false);
      if (text !== null) {
        declared[name] = text;
      }
    } else if (!FIELD_SET.has(name)) {
      unknownFields.push(name);
    }
  }
  const wrong = FIELD_NAMES.find((name) => json.fields.get(name)?.type === 'container');
  if (wrong !== undefined) {
    return { ...problemLine(`wrong_type:${wrong}`), unknownFields };
  }
  return {
    problem: null,
    fields: FIELD_NAMES.map((name) => scalarText(json.fields.get(name), NUMERIC_FIELDS.has(name))),
    declared: Object.keys(declared).length === 0 ? null : JSON.stringify(declared),
    unknownFields,
  };
}

const FIELD_SET: ReadonlySet<string> = new Set(FIELD_NAMES);

function problemLine(problem: string): ExactLine {
  return { problem, fields: FIELD_NAMES.map(() => null), declared: null, unknownFields: [] };
}

function scalarText(value: JsonScalar | undefined, isByValue: boolean): string | null {
  if (value === undefined || value.type === 'null' || value.type === 'container') {
    return null;
  }
  return isByValue && value.type === 'number' ? withoutExponent(value.text) : value.text;
}

/**
 * A JSON number in plain decimal digits, exactly. Magnitudes that no field can hold are replaced by
 * one that is certainly too large, or by zero, so that `1e999999999` costs nothing.
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
