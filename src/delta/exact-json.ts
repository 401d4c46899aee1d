import { randomUUID } from 'node:crypto';

/** A parsed JSON value. Integers beyond 2^53 are bigint, so that no digit is lost. */
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
/**
 * Prefix of strings that replace numbers while parsing. It is random, so it cannot occur in a file.
 */
const MARK = `number ${randomUUID()} `;

/** Like JSON.parse, but integers beyond 2^53 become bigint. Throws SyntaxError. */
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

/** A number in its original notation. */
export class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Like JSON.parse, but every number keeps its notation. Throws SyntaxError. */
export function parseJsonKeepingNumbers(text: string): unknown {
  return parseMarked(
    text,
    () => true,
    (number) => new NumberText(number),
  );
}

/** Replaces some numbers by marked strings, parses the text, and converts the strings back. */
function parseMarked(
  text: string,
  isMarked: (token: string) => boolean,
  toValue: (number: string) => unknown,
): JsonValue {
  // Reject invalid JSON first: the token pattern is correct only for valid JSON.
  JSON.parse(text);
  const marked = text.replace(TOKEN, (token) =>
    token.startsWith('"') || !isMarked(token) ? token : `"${MARK}${token}"`,
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? toValue(value.slice(MARK.length)) : value,
  ) as JsonValue;
}
