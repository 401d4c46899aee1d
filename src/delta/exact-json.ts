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
const MARK = '\u0000number:';

/** As JSON.parse, but integers that a number cannot hold become bigint. Throws SyntaxError. */
export function parseExactJson(text: string): JsonValue {
  if (!MAYBE_UNSAFE.test(text)) return JSON.parse(text) as JsonValue;
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
 * Puts marked strings in the place of some numbers, parses, and turns the marked strings into
 * values. A number's place stays a value's place, so invalid JSON stays invalid.
 */
function parseMarked(
  text: string,
  isMarked: (token: string) => boolean,
  toValue: (number: string) => unknown,
): JsonValue {
  const marked = text.replace(TOKEN, (token) => {
    if (token.startsWith('"') || !isMarked(token)) return token;
    // Numbers that JSON forbids (leading zeros) must still fail.
    JSON.parse(token);
    return JSON.stringify(MARK + token);
  });
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? toValue(value.slice(MARK.length)) : value,
  ) as JsonValue;
}
