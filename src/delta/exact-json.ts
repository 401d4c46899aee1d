import { randomUUID } from 'node:crypto';

/** JSON as parsed here: integers beyond 2^53 are bigint, so that no digit is lost. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MAYBE_UNSAFE = /\d{16}/;
/** Prefix of strings that replace numbers while parsing; it cannot occur in a file. */
const MARK = `number ${randomUUID()} `;

/** As JSON.parse, but integers that a number cannot hold become bigint. Throws SyntaxError. */
export function parseExactJson(text: string): JsonValue {
  if (!MAYBE_UNSAFE.test(text)) {
    return JSON.parse(text) as JsonValue;
  }
  return parseMarked(
    text,
    (token) => /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)),
    BigInt,
  );
}

/** A number as it is written in the text. */
export class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** As JSON.parse, but every number is kept as its text. Throws SyntaxError. */
export function parseJsonKeepingNumbers(text: string): unknown {
  return parseMarked(
    text,
    () => true,
    (number) => new NumberText(number),
  );
}

/**
 * Replaces some numbers by marked strings, parses, and converts the marked strings to values.
 */
function parseMarked(
  text: string,
  isMarked: (token: string) => boolean,
  toValue: (number: string) => unknown,
): JsonValue {
  // The token pattern is only correct for valid JSON.
  JSON.parse(text);
  const marked = text.replace(TOKEN, (token) =>
    token.startsWith('"') || !isMarked(token) ? token : `"${MARK}${token}"`,
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? toValue(value.slice(MARK.length)) : value,
  ) as JsonValue;
}
