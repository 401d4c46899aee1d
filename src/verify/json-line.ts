/**
 * A strict reader for one line of JSON: exactly RFC 8259, with two restrictions
 * (docs/accepted-input.md): no lone surrogate escapes, and at most 1,000 levels.
 *
 * The run has a strict reader of its own (src/bronze/json-line.ts). They do the same, but share no
 * code: `verify` must find what the run reads incorrectly, and with the same code it would repeat
 * the run's mistakes.
 *
 * `JSON.parse` cannot be used: it loses how a number was written, keeps the last of repeated keys,
 * and accepts lone surrogates. The scanners below work on bytes, because all syntax of JSON is
 * ASCII. They take a position and return the position after what they read, or -1 if the text is
 * not JSON there. They need not check for the end of the line: it is an LF, which is not valid
 * inside a value.
 */

/** The maximum nesting that every engine supports. The outermost container is level 1. */
const MAX_DEPTH = 1000;

/** Receives the members of an object in order, including repeated keys. */
export interface MemberSink {
  /**
   * Positions of key and value in the bytes, quotes included. The first byte of the value gives its
   * kind. The line may still turn out to be invalid.
   */
  member(
    keyStart: number,
    keyEnd: number,
    isKeyEscaped: boolean,
    valueStart: number,
    valueEnd: number,
    isValueEscaped: boolean,
  ): void;
}

export type JsonKind = 'object' | 'not_json' | 'not_an_object';

export const QUOTE = 0x22;
const BACKSLASH = 0x5c;
export const OPEN_BRACE = 0x7b;
export const OPEN_BRACKET = 0x5b;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSE_BRACE = 0x7d;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const LETTER_E = 0x65;
const LETTER_U = 0x75;
const ZERO = 0x30;
const NINE = 0x39;

/** Number of escapes so far. If it has grown, the last string has escapes. */
let escapeCount = 0;

/** Reads the line from `start` to `end`, where an LF must be. The line must be UTF-8. */
export function readJsonLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  sink: MemberSink,
): JsonKind {
  const at = skipWhiteSpace(bytes, start);
  const isObject = bytes[at] === OPEN_BRACE;
  const valueEnd = isObject ? readObject(bytes, at, sink) : scanValue(bytes, at, 0);
  if (valueEnd === -1 || skipWhiteSpace(bytes, valueEnd) !== end) {
    return 'not_json';
  }
  return isObject ? 'object' : 'not_an_object';
}

function readObject(bytes: Uint8Array, start: number, sink: MemberSink): number {
  let at = skipWhiteSpace(bytes, start + 1);
  if (bytes[at] === CLOSE_BRACE) {
    return at + 1;
  }
  for (;;) {
    const escapesBefore = escapeCount;
    const keyStart = at;
    const keyEnd = scanString(bytes, keyStart);
    if (keyEnd === -1) {
      return -1;
    }
    const escapesInKey = escapeCount - escapesBefore;
    at = skipWhiteSpace(bytes, keyEnd);
    if (bytes[at] !== COLON) {
      return -1;
    }
    const valueStart = skipWhiteSpace(bytes, at + 1);
    const valueEnd = scanValue(bytes, valueStart, 1);
    if (valueEnd === -1) {
      return -1;
    }
    const isValueEscaped = escapeCount - escapesBefore > escapesInKey;
    sink.member(keyStart, keyEnd, escapesInKey > 0, valueStart, valueEnd, isValueEscaped);
    at = skipWhiteSpace(bytes, valueEnd);
    if (bytes[at] === CLOSE_BRACE) {
      return at + 1;
    }
    if (bytes[at] !== COMMA) {
      return -1;
    }
    at = skipWhiteSpace(bytes, at + 1);
  }
}

/** Skips JSON's white space, except LF, which only separates lines. */
function skipWhiteSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0d) {
    at += 1;
  }
  return at;
}

function scanValue(bytes: Uint8Array, at: number, depth: number): number {
  switch (bytes[at]) {
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

function scanWord(bytes: Uint8Array, start: number, word: string): number {
  for (let index = 0; index < word.length; index += 1) {
    if (bytes[start + index] !== word.charCodeAt(index)) {
      return -1;
    }
  }
  return start + word.length;
}

/** Scans an object or array within the allowed depth, without recursion. */
function scanContainer(bytes: Uint8Array, start: number, depth: number): number {
  /** The closing brackets that are expected, innermost last. */
  const closing: number[] = [];
  let at = start;
  for (;;) {
    // At the beginning of a value.
    const byte = bytes[at];
    let isOpened = false;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth + closing.length === MAX_DEPTH) {
        return -1;
      }
      // In ASCII, a closing bracket is two after its opening one.
      closing.push(byte + 2);
      at = skipWhiteSpace(bytes, at + 1);
      isOpened = bytes[at] !== byte + 2;
    } else {
      at = scanValue(bytes, at, MAX_DEPTH);
      if (at === -1) {
        return -1;
      }
      at = skipWhiteSpace(bytes, at);
    }
    if (!isOpened) {
      // At the end of a value: close the containers that end here.
      while (bytes[at] === closing.at(-1)) {
        closing.pop();
        at += 1;
        if (closing.length === 0) {
          return at;
        }
        at = skipWhiteSpace(bytes, at);
      }
      if (bytes[at] !== COMMA) {
        return -1;
      }
      at = skipWhiteSpace(bytes, at + 1);
    }
    if (closing.at(-1) === CLOSE_BRACE) {
      at = scanKeyAndColon(bytes, at);
      if (at === -1) {
        return -1;
      }
    }
  }
}

function scanKeyAndColon(bytes: Uint8Array, start: number): number {
  const keyEnd = scanString(bytes, start);
  if (keyEnd === -1) {
    return -1;
  }
  const at = skipWhiteSpace(bytes, keyEnd);
  return bytes[at] === COLON ? skipWhiteSpace(bytes, at + 1) : -1;
}

function scanString(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== QUOTE) {
    return -1;
  }
  let at = start + 1;
  for (;;) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      return at + 1;
    }
    if (byte === BACKSLASH) {
      escapeCount += 1;
      at = scanEscape(bytes, at + 1);
      if (at === -1) {
        return -1;
      }
    } else if (byte !== undefined && byte >= 0x20) {
      at += 1;
    } else {
      return -1;
    }
  }
}

/** Scans what follows a backslash. A high surrogate includes its partner. */
function scanEscape(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
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
      if (unit === -1 || (unit >= 0xdc00 && unit <= 0xdfff)) {
        return -1;
      }
      if (unit < 0xd800 || unit > 0xdbff) {
        return at + 5;
      }
      if (bytes[at + 5] !== BACKSLASH || bytes[at + 6] !== LETTER_U) {
        return -1;
      }
      const partner = hexUnit(bytes, at + 7);
      return partner >= 0xdc00 && partner <= 0xdfff ? at + 11 : -1;
    }
    default:
      return -1;
  }
}

function hexUnit(bytes: Uint8Array, at: number): number {
  const digits = String.fromCharCode(...bytes.subarray(at, at + 4));
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
}

function scanNumber(bytes: Uint8Array, start: number): number {
  let at = bytes[start] === MINUS ? start + 1 : start;
  at = bytes[at] === ZERO ? at + 1 : scanDigits(bytes, at);
  if (at === -1) {
    return -1;
  }
  if (bytes[at] === POINT) {
    at = scanDigits(bytes, at + 1);
    if (at === -1) {
      return -1;
    }
  }
  if (bytes[at] === LETTER_E || bytes[at] === LETTER_E - 0x20) {
    const sign = bytes[at + 1];
    at = scanDigits(bytes, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
  }
  return at;
}

/** Scans one or more digits. */
function scanDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let byte = bytes[at]; byte !== undefined && byte >= ZERO && byte <= NINE; byte = bytes[at]) {
    at += 1;
  }
  return at === start ? -1 : at;
}
