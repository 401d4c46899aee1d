/**
 * Parses JSON (RFC 8259) in place. Every text ends with an LF that is not part of a value, so at
 * most one vector is read beyond it. A result of 0 rejects the text: it is not JSON, or contains
 * something only the strict reader supports (an escaped surrogate, deep nesting).
 */
import {
  byteAt,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isDigit,
  MINUS,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  POINT,
  QUOTE,
  SPACE,
  ZERO,
} from './bytes';

const BACKSLASH: i32 = 0x5c;
const SLASH: i32 = 0x2f;
const LETTER_U: i32 = 0x75;
const LETTER_E: i32 = 0x65;

const MAX_DEPTH = 50;

export function skipSpace(start: usize): usize {
  let at = start;
  let byte = byteAt(at);
  while (byte === SPACE || byte === 0x09 || byte === 0x0d) {
    byte = byteAt(++at);
  }
  return at;
}

/** The first quote, backslash or control character from `start` on. */
export function endOfPlainText(start: usize): usize {
  let at = start;
  let stops = stopsAt(at);
  while (stops === 0) {
    at += 16;
    stops = stopsAt(at);
  }
  return at + ctz(stops);
}

/** A bit mask over 16 characters: quotes, backslashes and control characters. */
function stopsAt(at: usize): i32 {
  const text = v128.load(at);
  const quotes = i8x16.eq(text, i8x16.splat(0x22));
  const backslashes = i8x16.eq(text, i8x16.splat(0x5c));
  const controls = i8x16.lt_u(text, i8x16.splat(0x20));
  return i8x16.bitmask(v128.or(v128.or(quotes, backslashes), controls));
}

/** From any position inside a string to the position after its closing quote. */
export function endOfString(inside: usize): usize {
  for (let at = inside; ; ) {
    at = endOfPlainText(at);
    const byte = byteAt(at);
    if (byte === QUOTE) {
      return at + 1;
    }
    if (byte !== BACKSLASH) {
      break;
    }
    const kind = byteAt(at + 1);
    if (kind === LETTER_U) {
      const code = codeUnit(at + 2);
      if (code < 0 || (code >= 0xd800 && code <= 0xdfff)) {
        break;
      }
      at += 6;
    } else {
      if (meaningOf(kind) === 0) {
        break;
      }
      at += 2;
    }
  }
  return 0;
}

/**
 * Copies the content of a string and resolves its escapes. Returns the end of the copy, which is
 * never longer.
 */
export function copyUnescaped(start: usize, end: usize, target: usize): usize {
  let to = target;
  for (let at = start; at < end; at++) {
    const byte = byteAt(at);
    if (byte !== BACKSLASH) {
      store<u8>(to++, <u8>byte);
      continue;
    }
    const kind = byteAt(++at);
    if (kind !== LETTER_U) {
      store<u8>(to++, <u8>meaningOf(kind));
      continue;
    }
    const code = codeUnit(at + 1);
    at += 4;
    if (code < 0x80) {
      store<u8>(to++, <u8>code);
    } else {
      if (code < 0x800) {
        store<u8>(to++, <u8>(0xc0 | (code >> 6)));
      } else {
        store<u8>(to++, <u8>(0xe0 | (code >> 12)));
        store<u8>(to++, <u8>(0x80 | ((code >> 6) & 0x3f)));
      }
      store<u8>(to++, <u8>(0x80 | (code & 0x3f)));
    }
  }
  return to;
}

/** Copies the content of a string, keeping only the escapes that JSON.stringify would write. */
export function copyWithFewEscapes(start: usize, end: usize, target: usize): usize {
  let to = target;
  for (let at = start; at < end; at++) {
    const byte = byteAt(at);
    const kind = byte === BACKSLASH ? byteAt(at + 1) : 0;
    if (kind === 0) {
      store<u8>(to++, <u8>byte);
    } else if (kind !== LETTER_U) {
      if (kind !== SLASH) {
        store<u8>(to++, <u8>BACKSLASH);
      }
      store<u8>(to++, <u8>kind);
      at++;
    } else {
      to = writeCharacter(codeUnit(at + 2), at, to);
      at += 5;
    }
  }
  return to;
}

/** Writes the character of the six-character escape at `at`. */
function writeCharacter(code: i32, at: usize, to: usize): usize {
  const short = shortEscape(code);
  if (short !== 0) {
    store<u8>(to, <u8>BACKSLASH);
    store<u8>(to + 1, <u8>short);
    return to + 2;
  }
  if (code >= SPACE) {
    return copyUnescaped(at, at + 6, to);
  }
  memory.copy(to, at, 5);
  const digit = code & 0xf;
  store<u8>(to + 5, <u8>(digit < 10 ? ZERO + digit : 0x57 + digit));
  return to + 6;
}

/** The letter of a character's short escape; 0: it has none. */
function shortEscape(code: i32): i32 {
  switch (code) {
    case QUOTE:
    case BACKSLASH:
      return code;
    case 0x08:
      return 0x62;
    case 0x09:
      return 0x74;
    case 0x0a:
      return 0x6e;
    case 0x0c:
      return 0x66;
    case 0x0d:
      return 0x72;
    default:
      return 0;
  }
}

/** The character that an escape's letter stands for; 0: none. */
function meaningOf(character: i32): i32 {
  switch (character) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
      return character;
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return 0;
  }
}

/** The value of four hexadecimal digits; -1 if they are not. */
function codeUnit(start: usize): i32 {
  let code = 0;
  for (let at = start; at < start + 4; at++) {
    const byte = byteAt(at);
    const letter = byte | 0x20;
    if (isDigit(byte)) {
      code = code * 16 + byte - 0x30;
    } else if (letter >= 0x61 && letter <= 0x66) {
      code = code * 16 + letter - 0x57;
    } else {
      return -1;
    }
  }
  return code;
}

export function isNumberStart(byte: i32): bool {
  return byte === MINUS || isDigit(byte);
}

export function endOfNumber(start: usize): usize {
  let at = start;
  if (byteAt(at) === MINUS) {
    at++;
  }
  if (byteAt(at) === ZERO) {
    at++;
  } else {
    const end = endOfDigits(at);
    if (end === at) {
      return 0;
    }
    at = end;
  }
  if (byteAt(at) === POINT) {
    const end = endOfDigits(at + 1);
    if (end === at + 1) {
      return 0;
    }
    at = end;
  }
  if ((byteAt(at) | 0x20) === LETTER_E) {
    const sign = byteAt(at + 1);
    const digits = sign === MINUS || sign === PLUS ? at + 2 : at + 1;
    const end = endOfDigits(digits);
    if (end === digits) {
      return 0;
    }
    at = end;
  }
  return at;
}

export function hasExponent(start: usize, end: usize): bool {
  for (let at = start; at < end; at++) {
    if ((byteAt(at) | 0x20) === LETTER_E) {
      return true;
    }
  }
  return false;
}

/** The position after `true`, `false` or `null`. */
export function endOfLiteral(start: usize): usize {
  // Loads four characters at once; the first is the lowest byte.
  const four = load<u32>(start);
  if (four === 0x65757274 || four === 0x6c6c756e) {
    return start + 4;
  }
  return four === 0x736c6166 && byteAt(start + 4) === LETTER_E ? start + 5 : 0;
}

export function isContainerStart(byte: i32): bool {
  return byte === OPEN_BRACE || byte === OPEN_BRACKET;
}

/** The position after the object or array that begins at `start`. */
export function endOfContainer(start: usize, depth: i32): usize {
  if (depth > MAX_DEPTH) {
    return 0;
  }
  const isObject = byteAt(start) === OPEN_BRACE;
  const close = isObject ? CLOSE_BRACE : CLOSE_BRACKET;
  let at = skipSpace(start + 1);
  if (byteAt(at) === close) {
    return at + 1;
  }
  for (;;) {
    if (isObject) {
      if (byteAt(at) !== QUOTE) {
        break;
      }
      at = endOfString(at + 1);
      if (at === 0) {
        break;
      }
      at = skipSpace(at);
      if (byteAt(at) !== COLON) {
        break;
      }
      at = skipSpace(at + 1);
    }
    at = endOfValue(at, depth);
    if (at === 0) {
      break;
    }
    at = skipSpace(at);
    if (byteAt(at) === close) {
      return at + 1;
    }
    if (byteAt(at) !== COMMA) {
      break;
    }
    at = skipSpace(at + 1);
  }
  return 0;
}

/** The position after the value that begins at `start`, at this nesting depth. */
export function endOfValue(start: usize, depth: i32): usize {
  const byte = byteAt(start);
  if (byte === QUOTE) {
    return endOfString(start + 1);
  }
  if (isContainerStart(byte)) {
    return endOfContainer(start, depth + 1);
  }
  return isNumberStart(byte) ? endOfNumber(start) : endOfLiteral(start);
}

function endOfDigits(start: usize): usize {
  let at = start;
  while (isDigit(byteAt(at))) {
    at++;
  }
  return at;
}
