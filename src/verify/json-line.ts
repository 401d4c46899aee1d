/**
 * A strict reader for one line of JSON: RFC 8259, no more and no less, with the project's two
 * restrictions (docs/accepted-input.md): no lone surrogate escapes, at most 1,000 levels.
 *
 * `JSON.parse` cannot be used: it forgets how a number was written, keeps the last of repeated keys
 * and takes lone surrogates. The scanners below take a position and return the position after what
 * they read, or -1 when the text is not JSON there.
 */
import { isUtf8 } from 'node:buffer';

/** The depth of containers that every engine can follow; the outermost is the first level. */
const MAX_DEPTH = 1000;

export interface JsonMember {
  /** Unescaped. */
  key: string;
  type: 'string' | 'number' | 'word' | 'null' | 'container';
  /**
   * A string's content, unescaped; a number's or word's (`true`, `false`) source text exactly as
   * written; empty for null and for objects and arrays.
   */
  text: string;
}

export type JsonLine =
  | { kind: 'not_utf8' }
  | { kind: 'not_json' }
  | { kind: 'not_an_object' }
  /** Every member of the object in the order written, repeated keys included. */
  | { kind: 'object'; members: JsonMember[] };

const NOT_UTF8: JsonLine = { kind: 'not_utf8' };
const NOT_JSON: JsonLine = { kind: 'not_json' };
const NOT_AN_OBJECT: JsonLine = { kind: 'not_an_object' };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** Reads a line, given without its line feed. */
export function readJsonLine(line: Buffer): JsonLine {
  if (!isUtf8(line)) return NOT_UTF8;
  const text = line.toString('utf8');
  const start = skipWhiteSpace(text, 0);
  if (text.charCodeAt(start) === OPEN_BRACE) return readObject(text, start);
  const end = scanValue(text, start, 0);
  return end !== -1 && skipWhiteSpace(text, end) === text.length ? NOT_AN_OBJECT : NOT_JSON;
}

function readObject(text: string, start: number): JsonLine {
  const hasEscapes = text.includes('\\');
  const members: JsonMember[] = [];
  let at = skipWhiteSpace(text, start + 1);
  if (text.charCodeAt(at) === CLOSE_BRACE) return endObject(text, at, members);
  for (;;) {
    let key = usualKeyAt(text, at, members.length);
    if (key !== undefined) {
      at += key.length + 2;
    } else {
      const keyEnd = scanString(text, at);
      if (keyEnd === -1) return NOT_JSON;
      key = stringContent(text, at, keyEnd, hasEscapes);
      if (!hasEscapes && members.length < MAX_USUAL_KEYS) usualKeys[members.length] = key;
      at = keyEnd;
    }
    at = skipWhiteSpace(text, at);
    if (text.charCodeAt(at) !== COLON) return NOT_JSON;
    at = skipWhiteSpace(text, at + 1);
    const end = scanValue(text, at, 1);
    if (end === -1) return NOT_JSON;
    members.push(readMember(key, text, at, end, hasEscapes));
    at = skipWhiteSpace(text, end);
    const next = text.charCodeAt(at);
    if (next === CLOSE_BRACE) return endObject(text, at, members);
    if (next !== COMMA) return NOT_JSON;
    at = skipWhiteSpace(text, at + 1);
  }
}

/**
 * Lines of one producer have the same keys in the same places. To recognise a key read before is
 * quicker than to read it. Only keys written without escapes are remembered.
 */
const usualKeys: string[] = [];
const MAX_USUAL_KEYS = 64;

function usualKeyAt(text: string, at: number, index: number): string | undefined {
  const key = usualKeys[index];
  if (key === undefined || text.charCodeAt(at) !== QUOTE) return undefined;
  const isHere = text.startsWith(key, at + 1) && text.charCodeAt(at + 1 + key.length) === QUOTE;
  return isHere ? key : undefined;
}

function endObject(text: string, closingBrace: number, members: JsonMember[]): JsonLine {
  return skipWhiteSpace(text, closingBrace + 1) === text.length
    ? { kind: 'object', members }
    : NOT_JSON;
}

function readMember(
  key: string,
  text: string,
  start: number,
  end: number,
  hasEscapes: boolean,
): JsonMember {
  switch (text.charCodeAt(start)) {
    case QUOTE:
      return { key, type: 'string', text: stringContent(text, start, end, hasEscapes) };
    case OPEN_BRACE:
    case OPEN_BRACKET:
      return { key, type: 'container', text: '' };
    case 0x6e:
      return { key, type: 'null', text: '' };
    case 0x74:
    case 0x66:
      return { key, type: 'word', text: text.substring(start, end) };
    default:
      return { key, type: 'number', text: text.substring(start, end) };
  }
}

/** The content of a string that was scanned already, so that its escapes are known to be right. */
function stringContent(text: string, start: number, end: number, hasEscapes: boolean): string {
  const content = text.substring(start + 1, end - 1);
  return hasEscapes && content.includes('\\') ? JSON.parse(text.substring(start, end)) : content;
}

function skipWhiteSpace(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x09 && code !== 0x0d && code !== 0x0a) return at;
    at += 1;
  }
}

function scanValue(text: string, at: number, depth: number): number {
  switch (text.charCodeAt(at)) {
    case QUOTE:
      return scanString(text, at);
    case OPEN_BRACE:
    case OPEN_BRACKET:
      return scanContainer(text, at, depth);
    case 0x74:
      return text.startsWith('true', at) ? at + 4 : -1;
    case 0x66:
      return text.startsWith('false', at) ? at + 5 : -1;
    case 0x6e:
      return text.startsWith('null', at) ? at + 4 : -1;
    default:
      return scanNumber(text, at);
  }
}

/** An object or array of any depth that is left, without recursion. */
function scanContainer(text: string, start: number, depth: number): number {
  /** The closing brackets awaited, innermost last. */
  const closing: number[] = [];
  let at = start;
  for (;;) {
    // Here a value begins.
    const code = text.charCodeAt(at);
    let isOpened = false;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (depth + closing.length === MAX_DEPTH) return -1;
      // In ASCII a closing bracket stands two after the opening one.
      closing.push(code + 2);
      at = skipWhiteSpace(text, at + 1);
      isOpened = text.charCodeAt(at) !== code + 2;
    } else {
      at = scanValue(text, at, MAX_DEPTH);
      if (at === -1) return -1;
      at = skipWhiteSpace(text, at);
    }
    if (!isOpened) {
      // A value ended: close what closes here.
      while (text.charCodeAt(at) === closing.at(-1)) {
        closing.pop();
        at += 1;
        if (closing.length === 0) return at;
        at = skipWhiteSpace(text, at);
      }
      if (text.charCodeAt(at) !== COMMA) return -1;
      at = skipWhiteSpace(text, at + 1);
    }
    if (closing.at(-1) === CLOSE_BRACE) {
      at = scanKeyAndColon(text, at);
      if (at === -1) return -1;
    }
  }
}

function scanKeyAndColon(text: string, start: number): number {
  const keyEnd = scanString(text, start);
  if (keyEnd === -1) return -1;
  const at = skipWhiteSpace(text, keyEnd);
  return text.charCodeAt(at) === COLON ? skipWhiteSpace(text, at + 1) : -1;
}

function scanString(text: string, start: number): number {
  if (text.charCodeAt(start) !== QUOTE) return -1;
  let at = start + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) {
      at = scanEscape(text, at + 1);
      if (at === -1) return -1;
    } else if (code >= 0x20) {
      at += 1;
    } else {
      // A control character, or the end of the text, where the code is NaN.
      return -1;
    }
  }
}

/** What follows a backslash; a high surrogate takes its partner along. */
function scanEscape(text: string, at: number): number {
  switch (text[at]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return at + 1;
    case 'u': {
      const unit = hexUnit(text, at + 1);
      if (unit === -1 || (unit >= 0xdc00 && unit <= 0xdfff)) return -1;
      if (unit < 0xd800 || unit > 0xdbff) return at + 5;
      if (!text.startsWith('\\u', at + 5)) return -1;
      const partner = hexUnit(text, at + 7);
      return partner >= 0xdc00 && partner <= 0xdfff ? at + 11 : -1;
    }
    default:
      return -1;
  }
}

function hexUnit(text: string, at: number): number {
  const digits = text.substring(at, at + 4);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
}

function scanNumber(text: string, start: number): number {
  let at = text.charCodeAt(start) === MINUS ? start + 1 : start;
  at = text.charCodeAt(at) === ZERO ? at + 1 : scanDigits(text, at);
  if (at === -1) return -1;
  if (text[at] === '.') {
    at = scanDigits(text, at + 1);
    if (at === -1) return -1;
  }
  if (text[at] === 'e' || text[at] === 'E') {
    at += text[at + 1] === '+' || text[at + 1] === '-' ? 2 : 1;
    at = scanDigits(text, at);
  }
  return at;
}

/** One digit or more. */
function scanDigits(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if (!(code >= ZERO && code <= NINE)) return at === start ? -1 : at;
    at += 1;
  }
}
