/**
 * A strict reader for one line of JSON: RFC 8259, no more and no less, with the project's two
 * restrictions (docs/accepted-input.md): no lone surrogate escapes, at most 1,000 levels.
 *
 * `JSON.parse` cannot be used: it forgets how a number was written, keeps the last of repeated keys
 * and takes lone surrogates. The scanners below work on the bytes, since all that matters to JSON is
 * ASCII; they take a position and return the position after what they read, or -1 when the text is not
 * JSON there.
 */
import { isAscii, isUtf8 } from 'node:buffer';

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
const PLUS = 0x2b;
const POINT = 0x2e;
const LETTER_E = 0x65;
const LETTER_U = 0x75;
const ZERO = 0x30;
const NINE = 0x39;

/** A line, with what makes its pieces cheap to get at. */
interface Source {
  bytes: Buffer;
  /** The whole line, if it is ASCII: then its characters are its bytes. */
  ascii: string | undefined;
  hasEscapes: boolean;
}

/** Reads a line, given without its line feed. */
export function readJsonLine(line: Buffer): JsonLine {
  const ascii = isAscii(line) ? line.toString('latin1') : undefined;
  if (ascii === undefined && !isUtf8(line)) return NOT_UTF8;
  const start = skipWhiteSpace(line, 0);
  if (byteAt(line, start) === OPEN_BRACE) {
    return readObject({ bytes: line, ascii, hasEscapes: line.includes(BACKSLASH) }, start);
  }
  const end = scanValue(line, start, 0);
  return end !== -1 && skipWhiteSpace(line, end) === line.length ? NOT_AN_OBJECT : NOT_JSON;
}

function readObject(source: Source, start: number): JsonLine {
  const { bytes } = source;
  const members: JsonMember[] = [];
  let at = skipWhiteSpace(bytes, start + 1);
  if (byteAt(bytes, at) === CLOSE_BRACE) return endObject(bytes, at, members);
  for (;;) {
    let key = usualKeyAt(bytes, at, members.length);
    if (key !== undefined) {
      at += key.length + 2;
    } else {
      const keyEnd = scanString(bytes, at);
      if (keyEnd === -1) return NOT_JSON;
      key = stringContent(source, at, keyEnd);
      rememberKey(source, members.length, key);
      at = keyEnd;
    }
    at = skipWhiteSpace(bytes, at);
    if (byteAt(bytes, at) !== COLON) return NOT_JSON;
    at = skipWhiteSpace(bytes, at + 1);
    const end = scanValue(bytes, at, 1);
    if (end === -1) return NOT_JSON;
    members.push(readMember(key, source, at, end));
    at = skipWhiteSpace(bytes, end);
    const next = byteAt(bytes, at);
    if (next === CLOSE_BRACE) return endObject(bytes, at, members);
    if (next !== COMMA) return NOT_JSON;
    at = skipWhiteSpace(bytes, at + 1);
  }
}

/**
 * Lines of one producer have the same keys in the same places. To recognise a key read before is
 * quicker than to read it. Only ASCII keys without escapes are remembered.
 */
const usualKeys: string[] = [];
const MAX_USUAL_KEYS = 64;

function rememberKey({ ascii, hasEscapes }: Source, index: number, key: string): void {
  if (ascii !== undefined && !hasEscapes && index < MAX_USUAL_KEYS) usualKeys[index] = key;
}

function usualKeyAt(bytes: Buffer, at: number, index: number): string | undefined {
  const key = usualKeys[index];
  if (key === undefined || byteAt(bytes, at) !== QUOTE) return undefined;
  const end = at + 1 + key.length;
  if (byteAt(bytes, end) !== QUOTE) return undefined;
  for (let offset = 0; offset < key.length; offset += 1) {
    if (bytes[at + 1 + offset] !== key.charCodeAt(offset)) return undefined;
  }
  return key;
}

function endObject(bytes: Buffer, closingBrace: number, members: JsonMember[]): JsonLine {
  return skipWhiteSpace(bytes, closingBrace + 1) === bytes.length
    ? { kind: 'object', members }
    : NOT_JSON;
}

function readMember(key: string, source: Source, start: number, end: number): JsonMember {
  switch (source.bytes[start]) {
    case QUOTE:
      return { key, type: 'string', text: stringContent(source, start, end) };
    case OPEN_BRACE:
    case OPEN_BRACKET:
      return { key, type: 'container', text: '' };
    case 0x6e:
      return { key, type: 'null', text: '' };
    case 0x74:
    case 0x66:
      return { key, type: 'word', text: textOf(source, start, end) };
    default:
      return { key, type: 'number', text: textOf(source, start, end) };
  }
}

/** The content of a string that was scanned already, so that its escapes are known to be right. */
function stringContent(source: Source, start: number, end: number): string {
  const content = textOf(source, start + 1, end - 1);
  return source.hasEscapes && content.includes('\\') ? JSON.parse(`"${content}"`) : content;
}

function textOf({ bytes, ascii }: Source, start: number, end: number): string {
  return ascii === undefined ? bytes.toString('utf8', start, end) : ascii.substring(start, end);
}

/** -1 behind the end, where reading would be slow. */
function byteAt(bytes: Buffer, at: number): number {
  return at < bytes.length ? bytes[at]! : -1;
}

function skipWhiteSpace(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a) return at;
    at += 1;
  }
  return at;
}

function scanValue(bytes: Buffer, at: number, depth: number): number {
  switch (byteAt(bytes, at)) {
    case QUOTE:
      return scanString(bytes, at);
    case OPEN_BRACE:
    case OPEN_BRACKET:
      return scanContainer(bytes, at, depth);
    case 0x74:
      return scanWord(bytes, at, 'true');
    case 0x66:
      return scanWord(bytes, at, 'false');
    case 0x6e:
      return scanWord(bytes, at, 'null');
    default:
      return scanNumber(bytes, at);
  }
}

function scanWord(bytes: Buffer, start: number, word: string): number {
  const end = start + word.length;
  return bytes.toString('latin1', start, end) === word ? end : -1;
}

/** An object or array of any depth that is left, without recursion. */
function scanContainer(bytes: Buffer, start: number, depth: number): number {
  /** The closing brackets awaited, innermost last. */
  const closing: number[] = [];
  let at = start;
  for (;;) {
    // Here a value begins.
    const byte = byteAt(bytes, at);
    let isOpened = false;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth + closing.length === MAX_DEPTH) return -1;
      // In ASCII a closing bracket stands two after the opening one.
      closing.push(byte + 2);
      at = skipWhiteSpace(bytes, at + 1);
      isOpened = byteAt(bytes, at) !== byte + 2;
    } else {
      at = scanValue(bytes, at, MAX_DEPTH);
      if (at === -1) return -1;
      at = skipWhiteSpace(bytes, at);
    }
    if (!isOpened) {
      // A value ended: close what closes here.
      while (byteAt(bytes, at) === closing.at(-1)) {
        closing.pop();
        at += 1;
        if (closing.length === 0) return at;
        at = skipWhiteSpace(bytes, at);
      }
      if (byteAt(bytes, at) !== COMMA) return -1;
      at = skipWhiteSpace(bytes, at + 1);
    }
    if (closing.at(-1) === CLOSE_BRACE) {
      at = scanKeyAndColon(bytes, at);
      if (at === -1) return -1;
    }
  }
}

function scanKeyAndColon(bytes: Buffer, start: number): number {
  const keyEnd = scanString(bytes, start);
  if (keyEnd === -1) return -1;
  const at = skipWhiteSpace(bytes, keyEnd);
  return byteAt(bytes, at) === COLON ? skipWhiteSpace(bytes, at + 1) : -1;
}

function scanString(bytes: Buffer, start: number): number {
  if (byteAt(bytes, start) !== QUOTE) return -1;
  let at = start + 1;
  while (at < bytes.length) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20) return -1;
    at = byte === BACKSLASH ? scanEscape(bytes, at + 1) : at + 1;
    if (at === -1) return -1;
  }
  return -1;
}

/** What follows a backslash; a high surrogate takes its partner along. */
function scanEscape(bytes: Buffer, at: number): number {
  switch (byteAt(bytes, at)) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // slash
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1;
    case LETTER_U: {
      const unit = hexUnit(bytes, at + 1);
      if (unit === -1 || (unit >= 0xdc00 && unit <= 0xdfff)) return -1;
      if (unit < 0xd800 || unit > 0xdbff) return at + 5;
      if (byteAt(bytes, at + 5) !== BACKSLASH || byteAt(bytes, at + 6) !== LETTER_U) return -1;
      const partner = hexUnit(bytes, at + 7);
      return partner >= 0xdc00 && partner <= 0xdfff ? at + 11 : -1;
    }
    default:
      return -1;
  }
}

function hexUnit(bytes: Buffer, at: number): number {
  const digits = bytes.toString('latin1', at, at + 4);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
}

function scanNumber(bytes: Buffer, start: number): number {
  let at = byteAt(bytes, start) === MINUS ? start + 1 : start;
  at = byteAt(bytes, at) === ZERO ? at + 1 : scanDigits(bytes, at);
  if (at === -1) return -1;
  if (byteAt(bytes, at) === POINT) {
    at = scanDigits(bytes, at + 1);
    if (at === -1) return -1;
  }
  // 0x20 makes a letter of ASCII lower case.
  if ((byteAt(bytes, at) | 0x20) === LETTER_E) {
    const sign = byteAt(bytes, at + 1);
    at = scanDigits(bytes, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
  }
  return at;
}

/** One digit or more. */
function scanDigits(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at]! >= ZERO && bytes[at]! <= NINE) at += 1;
  return at === start ? -1 : at;
}
