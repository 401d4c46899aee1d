/**
 * One line as strict JSON (RFC 8259), with what the fast readers forget: the text of numbers, and
 * which of several equal keys came first. Stricter than the RFC in two points that it leaves to
 * implementations: an escaped surrogate needs its partner, and nesting ends at `MAX_DEPTH`.
 */
import { isUtf8 } from 'node:buffer';

export type JsonScalar =
  /** A string's content, unescaped; a number as written; `true` or `false`. */
  | { type: 'string'; text: string }
  | { type: 'number'; text: string }
  | { type: 'boolean'; text: string }
  | { type: 'null' }
  /** An object or array, whatever is in it. */
  | { type: 'container' };

export type JsonLine =
  /** The top-level fields by unescaped key, the first of equal keys counting, in order. */
  | { kind: 'object'; fields: Map<string, JsonScalar> }
  | { kind: 'not_utf8' }
  | { kind: 'not_json' }
  | { kind: 'not_an_object' };

/** Objects and arrays within each other; every engine can follow that far. */
const MAX_DEPTH = 1000;

/** Fields that `isWanted` does not want are left out; it is asked again when such a key is repeated. */
export function readJsonLine(
  line: Buffer,
  isWanted: (key: string) => boolean = () => true,
): JsonLine {
  if (!isUtf8(line)) {
    return { kind: 'not_utf8' };
  }
  const text = line.toString('utf8');
  if (!isJson(text)) {
    return { kind: 'not_json' };
  }
  const start = skipSpace(text, 0);
  return text[start] === '{'
    ? { kind: 'object', fields: readFields(text, start, isWanted) }
    : { kind: 'not_an_object' };
}

function isJson(text: string): boolean {
  // A parser that fails on depth would say something about itself, not about the line.
  if (text.length > MAX_DEPTH && depthOf(text) > MAX_DEPTH) {
    return false;
  }
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  return !hasLoneSurrogate(text);
}

/** Deepest nesting; brackets inside strings do not count. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') {
      index = endOfString(text, index) - 1;
    } else if (character === '{' || character === '[') {
      deepest = Math.max(deepest, ++depth);
    } else if (character === '}' || character === ']') {
      depth -= 1;
    }
  }
  return deepest;
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|[^u])/g;

/** True when an escape is half of a surrogate pair without the other half right behind or before it. */
function hasLoneSurrogate(text: string): boolean {
  if (!/\\u[dD][89a-fA-F]/.test(text)) {
    return false;
  }
  let highEndsAt = -1;
  for (const match of text.matchAll(ESCAPE)) {
    const code = match[1] === undefined ? 0 : Number.parseInt(match[1], 16);
    const isLow = code >= 0xdc00 && code <= 0xdfff;
    const completes = highEndsAt === match.index;
    if (isLow !== (highEndsAt !== -1 && completes)) {
      return true;
    }
    if (highEndsAt !== -1 && !completes) {
      return true;
    }
    highEndsAt = code >= 0xd800 && code <= 0xdbff ? match.index + match[0].length : -1;
  }
  return highEndsAt !== -1;
}

/** The fields of the object that begins at `start`, of a text known to be JSON. */
function readFields(
  text: string,
  start: number,
  isWanted: (key: string) => boolean,
): Map<string, JsonScalar> {
  const fields = new Map<string, JsonScalar>();
  let index = skipSpace(text, start + 1);
  while (text[index] !== '}') {
    const keyEnd = endOfString(text, index);
    const key = JSON.parse(text.slice(index, keyEnd)) as string;
    index = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, index);
    if (!fields.has(key) && isWanted(key)) {
      fields.set(key, toScalar(text.slice(index, end)));
    }
    index = skipSpace(text, end);
    if (text[index] === ',') {
      index = skipSpace(text, index + 1);
    }
  }
  return fields;
}

function toScalar(source: string): JsonScalar {
  switch (source[0]) {
    case '{':
    case '[':
      return { type: 'container' };
    case '"':
      return { type: 'string', text: JSON.parse(source) as string };
    case 'n':
      return { type: 'null' };
    case 't':
    case 'f':
      return { type: 'boolean', text: source };
    default:
      return { type: 'number', text: source };
  }
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') {
    return endOfString(text, start);
  }
  if (first !== '{' && first !== '[') {
    SCALAR.lastIndex = start;
    SCALAR.test(text);
    return SCALAR.lastIndex;
  }
  let depth = 0;
  for (let index = start; ; index += 1) {
    const character = text[index];
    if (character === '"') {
      index = endOfString(text, index) - 1;
    } else if (character === '{' || character === '[') {
      depth += 1;
    } else if ((character === '}' || character === ']') && --depth === 0) {
      return index + 1;
    }
  }
}

const SCALAR = /[^\s,\]}]+/y;

/** Where the string that begins at `start` has ended; the text's end when it does not end. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    if (text[index] === '\\') {
      index += 1;
    } else if (text[index] === '"') {
      return index + 1;
    }
  }
  return text.length;
}

function skipSpace(text: string, start: number): number {
  let index = start;
  while (
    text[index] === ' ' ||
    text[index] === '\t' ||
    text[index] === '\r' ||
    text[index] === '\n'
  ) {
    index += 1;
  }
  return index;
}
