/**
 * The functions that models/bronze/spark.sql is built on: patterns of Java's that tell JSON from what
 * is not, exactly as RFC 8259 has it, for objects and arrays within each other up to `PATTERN_DEPTH`.
 *
 * Every quantifier is possessive, or has nothing to give back: Java then loops instead of calling
 * itself, so that no line can exhaust its stack, and no line takes more than one pass.
 */

import { FIELD_NAMES, NUMERIC_FIELDS } from '../../contract/fields.ts';
import type { DeclaredField } from '../records.ts';
import { identifier, literal } from './sql-text.ts';

/** Objects and arrays within each other, the line's own object being the first. */
const PATTERN_DEPTH = 5;

const SPACE = '[ \\t\\r\\n]*+';
const HEX = '[0-9a-fA-F]';
const ESCAPE = `\\\\(?:["\\\\/bfnrt]|u(?:[0-9abcefABCEF]${HEX}{3}|[dD][0-7]${HEX}{2}|[dD][89abAB]${HEX}{2}\\\\u[dD][c-fC-F]${HEX}{2}))`;
/** Java looks characters that are named one by one up in a table; ranges it compares. */
const UNESCAPED = `[${asciiText()}]+|[^"\\\\\\x00-\\x1f]+`;
const STRING = `"(?:${UNESCAPED}|${ESCAPE})*+"`;
const DECIMAL = '-?+(?:0|[1-9][0-9]*+)(?:\\.[0-9]++)?+';
const NUMBER = `${DECIMAL}(?:[eE][+-]?+[0-9]++)?+`;
const SCALAR = `${STRING}|${NUMBER}|true|false|null`;

/** One by one as well, for the same reason. */
const NAME_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.\\-';

/**
 * Most lines are like this: an object of scalars without escapes, with simple names. In it `":` is
 * always the end of a name, for no string begins with a colon.
 */
const PLAIN_OBJECT = `\\{(?:"[${NAME_CHARACTERS}]++": ?+(?:"(?!:)(?:${UNESCAPED})*+"|${DECIMAL}|true|false|null)(?:, ?+(?!\\})|(?=\\})))*+\\}`;

/** What a string may hold of ASCII as it is, for use in a class of characters. */
function asciiText(): string {
  const codes = Array.from({ length: 0x7f - 0x20 }, (_, index) => 0x20 + index);
  const text = codes.map((code) => String.fromCharCode(code)).filter((one) => !/["\\]/.test(one));
  // An apostrophe would end the text of the pattern in SQL.
  const named = text.map((one) => (one === "'" ? '\\x27' : one.replace(/[[\]^&-]/, '\\$&')));
  return named.join('');
}

function container(depth: number): string {
  const value = depth === 1 ? `(?:${SCALAR})` : `(?:${SCALAR}|${container(depth - 1)})`;
  // A comma that nothing follows is refused by looking ahead, so that a value is written once.
  const items = `(?:${value}${SPACE}(?:,${SPACE}(?!\\])|(?=\\])))*+`;
  const members = `(?:${STRING}${SPACE}:${SPACE}${value}${SPACE}(?:,${SPACE}(?!\\})|(?=\\})))*+`;
  return `\\[${SPACE}${items}\\]|\\{${SPACE}${members}\\}`;
}

/** Of a text known to be JSON: up to the end of the next string. */
const NEXT_STRING = '[^"]*+"(?:[^"\\\\]++|\\\\.)*+"';

/** Up to the value of the next field that `value` fits, from where the last match ended. */
function upToField(value: string): string {
  const colon = `${SPACE}:${SPACE}`;
  return `\\G((?:${NEXT_STRING}(?!${colon}${value}))*+${NEXT_STRING}${colon})`;
}

/** A field's key as it is written; one written with escapes may be any of them. */
function keyOf(names: readonly string[]): string {
  return `(?<=[{, \\t\\r\\n])"(?:(?:${names.join('|')})|(?:[^"\\\\]++|\\\\.)*?\\\\u00(?:[^"\\\\]++|\\\\.)*+)"${SPACE}:${SPACE}`;
}

/** The definitions, one statement each. Field names need no escaping: letters, digits, underscores. */
export function jsonFunctions(declared: readonly DeclaredField[]): string[] {
  const names = declared.map((field) => field.name);
  const json = `\\A${SPACE}(?:${SCALAR}|${container(PATTERN_DEPTH)})${SPACE}\\z`;
  const known = [...FIELD_NAMES, ...names];
  const fields = structOf(known);
  const extra =
    names.length === 0
      ? { type: 'STRING', value: 'CAST(NULL AS STRING)' }
      : {
          type: structOf(names),
          value: `named_struct(${names.map((name) => `${literal(name)}, f.${identifier(name)}`).join(', ')})`,
        };
  const isSent = known.map((name) => `CASE WHEN f.${identifier(name)} IS NULL THEN 0D ELSE 1D END`);
  return [
    define('is_plain_object(v STRING)', 'BOOLEAN', `v RLIKE r'\\A${PLAIN_OBJECT}\\z'`),
    define('is_shallow_json(v STRING)', 'BOOLEAN', `v RLIKE r'${json}'`),
    define(
      'may_be_deep_json(v STRING)',
      'BOOLEAN',
      `char_length(v) - char_length(translate(v, '{[', '')) > ${PATTERN_DEPTH}`,
    ),
    define(
      'mark_containers(v STRING)',
      'STRING',
      `regexp_replace(v, r'${upToField('[{\\[]')}(?:${container(PATTERN_DEPTH - 1)})', '$1\\u0001null')`,
    ),
    define('has_marked_field(v STRING)', 'BOOLEAN', `v RLIKE r'${keyOf(FIELD_NAMES)}\\x01'`),
    define(
      'has_exponent(v STRING)',
      'BOOLEAN',
      `v RLIKE r':${SPACE}-?+[0-9][0-9.]*+[eE]' AND v RLIKE r'${keyOf([...NUMERIC_FIELDS])}-?+[0-9][0-9.]*+[eE]'`,
    ),
    define(
      'quote_numbers(v STRING)',
      'STRING',
      `regexp_replace(v, r'${upToField('-?+[0-9]')}(-?+[0-9][-+.0-9eE]*+)', '$1"$2"')`,
    ),
    define(
      'quote_plain_numbers(v STRING)',
      'STRING',
      `regexp_replace(v, r'":( ?)(-?+[0-9][.0-9]*+)', '":$1"$2"')`,
    ),
    // Of a repeated field the last value: such lines are read exactly.
    define('read_fields(v STRING)', fields, `from_json(v, ${literal(fields)})`),
    // A sum of integers would be checked for an overflow, which takes longer than everything else here.
    define(`count_sent(f ${fields})`, 'DOUBLE', isSent.join(' + ')),
    // Of a plain object, in which these two characters are always the end of a name.
    define(
      'count_names(v STRING)',
      'INT',
      `(octet_length(v) - octet_length(replace(v, '":', ''))) DIV 2`,
    ),
    define(
      'unknown_fields(names ARRAY<STRING>)',
      'ARRAY<STRING>',
      `array_except(names, array(${known.map(literal).join(', ')}))`,
    ),
    define(`read_declared(f ${fields})`, extra.type, extra.value),
  ];
}

function structOf(names: readonly string[]): string {
  return `STRUCT<${names.map((name) => `${identifier(name)}: STRING`).join(', ')}>`;
}

function define(signature: string, type: string, body: string): string {
  return `CREATE OR REPLACE TEMPORARY FUNCTION ${signature} RETURNS ${type} RETURN ${body}`;
}
