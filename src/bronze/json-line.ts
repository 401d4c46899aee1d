/**
 * Reads one line as strict JSON (RFC 8259). Keeps what fast JSON parsers lose: the text of numbers,
 * and which of several equal keys came first. Stricter than the RFC in two points that it leaves
 * open: an escaped surrogate must have its partner, and nesting is limited to `MAX_DEPTH`.
 */
import { isUtf8 } from 'node:buffer';
import type { PathNode, RecordLayout } from '../mapping/record-layout.ts';
import { MAX_NAMES } from './field-counts.ts';

export type JsonScalar =
  /** The unescaped content of a string, or a number as written, or `true` or `false`. */
  | { type: 'string'; text: string }
  | { type: 'number'; text: string }
  | { type: 'boolean'; text: string }
  | { type: 'null' }
  /** An object or array, as written. */
  | { type: 'container'; text: string };

export type JsonRecord =
  | {
      kind: 'object';
      /** Indexed by place of the layout; undefined: not in the record. */
      values: (JsonScalar | undefined)[];
    }
  | { kind: 'not_utf8' }
  | { kind: 'not_json' }
  | { kind: 'not_an_object' };

/** The maximum nesting of objects and arrays. All engines support this depth. */
const MAX_DEPTH = 1000;

/**
 * Reads the values of a layout from a line. Of equal keys in an object the first counts. `onOther`
 * is called with the path of each member that no path of the layout leads to. Members inside such a
 * member are not reported.
 */
export function readJsonRecord(
  line: Buffer,
  { root, places }: Pick<RecordLayout, 'root' | 'places'>,
  onOther: (name: string) => void = () => {},
): JsonRecord {
  if (!isUtf8(line)) {
    return { kind: 'not_utf8' };
  }
  const text = line.toString('utf8');
  if (!isJson(text)) {
    return { kind: 'not_json' };
  }
  const start = skipSpace(text, 0);
  if (text[start] !== '{') {
    return { kind: 'not_an_object' };
  }
  const values: (JsonScalar | undefined)[] = Array(places.length).fill(undefined);
  readWanted({ text, values, onOther }, start, text.length, root, '');
  return { kind: 'object', values };
}

/** The same for text that is known to be JSON, such as an item of a record. */
export function readJsonValue(
  text: string,
  root: PathNode,
  placeCount: number,
): (JsonScalar | undefined)[] {
  const values: (JsonScalar | undefined)[] = Array(placeCount).fill(undefined);
  const start = skipSpace(text, 0);
  readWanted({ text, values, onOther: () => {} }, start, endOfValue(text, start), root, '');
  return values;
}

/** Reads text that is known to be a JSON value without surrounding white space. */
export function readJsonScalar(source: string): JsonScalar {
  switch (source[0]) {
    case '{':
    case '[':
      return { type: 'container', text: source };
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

/** The texts of the elements of an array; undefined: it is not an array. The text must be JSON. */
export function readJsonElements(text: string): string[] | undefined {
  const start = skipSpace(text, 0);
  if (text[start] !== '[') {
    return undefined;
  }
  const elements: string[] = [];
  forEachElement(text, start, (from, to) => {
    elements.push(text.slice(from, to));
    return true;
  });
  return elements;
}

function isJson(text: string): boolean {
  // Check depth first: a parser that fails on depth would depend on the parser, not on the line.
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

/** The deepest nesting. Brackets inside strings do not count. */
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

/** True if an escaped half of a surrogate pair has no other half next to it. */
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

interface Reading {
  text: string;
  values: (JsonScalar | undefined)[];
  onOther(name: string): void;
}

/** Reads the value from `start` to `end` of a text that is known to be JSON. */
function readWanted(
  reading: Reading,
  start: number,
  end: number,
  node: PathNode,
  name: string,
): void {
  const { text, values } = reading;
  if (node.place !== undefined && values[node.place] === undefined) {
    values[node.place] = readJsonScalar(text.slice(start, end));
  }
  if (text[start] === '{' && node.keys.size > 0) {
    readMembers(reading, start, node, name);
  } else if (text[start] === '[' && node.indexes.size + node.matches.length > 0) {
    readElements(reading, start, node, name);
  }
}

function readMembers(reading: Reading, start: number, node: PathNode, name: string): void {
  const { text, onOther } = reading;
  const wanted = new Set<PathNode>();
  const others = new Set<string>();
  forEachMember(text, start, (key, from, to) => {
    const child = node.keys.get(key);
    if (child === undefined) {
      // No more than are counted, because a record may have millions.
      if (others.size <= MAX_NAMES && !others.has(key)) {
        others.add(key);
        onOther(name + key);
      }
    } else if (!wanted.has(child)) {
      wanted.add(child);
      readWanted(reading, from, to, child, `${name}${key}.`);
    }
    return true;
  });
}

function readElements(reading: Reading, start: number, node: PathNode, name: string): void {
  const matched = new Set<PathNode>();
  const quiet = { ...reading, onOther: () => {} };
  let index = 0;
  forEachElement(reading.text, start, (from, to) => {
    const byIndex = node.indexes.get(index);
    if (byIndex !== undefined) {
      readWanted(reading, from, to, byIndex, name);
    }
    // Cached by key, because most matches of a list use the same key.
    const texts = new Map<string, string | undefined>();
    for (const { key, text, node: child } of node.matches) {
      if (!texts.has(key)) {
        texts.set(key, memberText(reading.text, from, key));
      }
      if (texts.get(key) === text && !matched.has(child)) {
        matched.add(child);
        readWanted(quiet, from, to, child, name);
      }
    }
    index += 1;
    return true;
  });
}

/** The text of a scalar member, in the value that begins at `start`. */
function memberText(text: string, start: number, key: string): string | undefined {
  let found: JsonScalar | undefined;
  if (text[start] === '{') {
    forEachMember(text, start, (name, from, to) => {
      found = name === key ? readJsonScalar(text.slice(from, to)) : undefined;
      return name !== key;
    });
  }
  return found === undefined || found.type === 'null' || found.type === 'container'
    ? undefined
    : found.text;
}

/** Calls `visit` with the start and end of each member's value, until it returns false. */
function forEachMember(
  text: string,
  start: number,
  visit: (key: string, from: number, to: number) => boolean,
): void {
  let index = skipSpace(text, start + 1);
  while (text[index] !== '}') {
    const keyEnd = endOfString(text, index);
    const key = JSON.parse(text.slice(index, keyEnd)) as string;
    index = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = endOfValue(text, index);
    if (!visit(key, index, end)) {
      return;
    }
    index = skipSpace(text, end);
    if (text[index] === ',') {
      index = skipSpace(text, index + 1);
    }
  }
}

function forEachElement(
  text: string,
  start: number,
  visit: (from: number, to: number) => boolean,
): void {
  let index = skipSpace(text, start + 1);
  while (text[index] !== ']') {
    const end = endOfValue(text, index);
    if (!visit(index, end)) {
      return;
    }
    index = skipSpace(text, end);
    if (text[index] === ',') {
      index = skipSpace(text, index + 1);
    }
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

/**
 * The position after the string that begins at `start`; the end of the text if the string does not
 * end.
 */
function endOfString(text: string, start: number): number {
  for (
    let quote = text.indexOf('"', start + 1);
    quote !== -1;
    quote = text.indexOf('"', quote + 1)
  ) {
    let slashes = quote;
    while (text[slashes - 1] === '\\') {
      slashes -= 1;
    }
    if ((quote - slashes) % 2 === 0) {
      return quote + 1;
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
