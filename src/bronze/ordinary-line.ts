/**
 * Finds the fields of ordinary lines where they lie, many times quicker than `readJsonLine`.
 *
 * It may give a line up, which then goes to the strict reader; what it does not give up it reads as
 * that one would, RFC 8259 to the letter. So its bounds (depth, number of names) are a matter of speed
 * alone. Given up are lines that are no object or no JSON, keys written with escapes, escaped surrogates,
 * and whatever the caller names in `LineFieldKind`.
 */

/** What a field is read for, which decides what a line is given up for. */
export type LineFieldKind =
  /** Its text as sent; an object or array is not for this reader. */
  | 'text'
  /** The same, and a number with an exponent neither. */
  | 'number'
  /** Its text as sent; an object or array counts as null. */
  | 'any';

export interface LineField {
  name: string;
  kind: LineFieldKind;
}

export interface OrdinaryLineReader {
  /** Where field `i` of the line found last begins, in `bytes`; negative: it has none, or null. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 1: the text holds escapes, which `copyUnescaped` resolves. */
  readonly hasEscapes: Uint8Array;
  /**
   * Reads the line of `bytes` that begins at `start` and ends with an LF, which must be there, and three
   * more bytes behind it. The text must be UTF-8. `view` is of the same bytes. Returns where the LF lies,
   * or -1 when the line is given up; nothing is counted then.
   */
  find(bytes: Uint8Array, view: DataView, start: number): number;
  /** Other fields of the lines found since the last call, and in how many lines each occurs. */
  takeOtherFields(): Map<string, number>;
}

const ABSENT = -1;
const NULL = -2;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const LF = 0x0a;

/** Deeper nesting, more names of fields or longer ones are left to the strict reader. */
const MAX_DEPTH = 50;
const MAX_NAMES = 1000;
const MAX_NAME_BYTES = 200;
const MAX_OTHER_FIELDS_PER_LINE = 100;

export function createOrdinaryLineReader(fields: readonly LineField[]): OrdinaryLineReader {
  const names = createNameTable(fields.map(({ name }) => name));
  const fieldCount = fields.length;
  const starts = new Int32Array(fieldCount);
  const ends = new Int32Array(fieldCount);
  const hasEscapes = new Uint8Array(fieldCount);
  const refusesContainers = Uint8Array.from(fields, ({ kind }) => Number(kind !== 'any'));
  const refusesExponents = Uint8Array.from(fields, ({ kind }) => Number(kind === 'number'));
  /** The name that followed a name in the line before: nearly always the one that follows it again. */
  const following = new Int16Array(MAX_NAMES + 1).fill(-1);
  const beginning = MAX_NAMES;
  const otherCounts = new Float64Array(MAX_NAMES);
  const others = new Int16Array(MAX_OTHER_FIELDS_PER_LINE);

  const find = (bytes: Uint8Array, view: DataView, start: number): number => {
    for (let field = 0; field < fieldCount; field += 1) starts[field] = ABSENT;
    let otherCount = 0;
    let previous = beginning;
    let at = start;
    let byte = bytes[at] as number;
    while (byte <= SPACE && isSpace(byte)) byte = bytes[++at] as number;
    if (byte !== OPEN_BRACE) return -1;
    byte = bytes[++at] as number;
    while (byte <= SPACE && isSpace(byte)) byte = bytes[++at] as number;
    if (byte !== CLOSE_BRACE) {
      for (;;) {
        if (byte !== QUOTE) return -1;
        at += 1;
        let name = following[previous] as number;
        if (name < 0 || !names.isAt(name, view, at)) {
          name = names.read(bytes, view, at);
          if (name < 0) return -1;
          following[previous] = name;
        }
        previous = name;
        at += names.lengthOf(name);
        byte = bytes[at] as number;
        while (byte <= SPACE && isSpace(byte)) byte = bytes[++at] as number;
        if (byte !== COLON) return -1;
        byte = bytes[++at] as number;
        while (byte <= SPACE && isSpace(byte)) byte = bytes[++at] as number;

        const valueStart = at;
        const isField = name < fieldCount;
        let textStart = at;
        let textEnd = NULL;
        let isEscaped = 0;
        if (byte === QUOTE) {
          textStart = ++at;
          let stops = findStops(view.getInt32(at, true));
          while (stops === 0) {
            at += 4;
            stops = findStops(view.getInt32(at, true));
          }
          at += firstByteOf(stops);
          byte = bytes[at] as number;
          if (byte !== QUOTE) {
            at = endOfString(bytes, at) - 1;
            if (at < 0) return -1;
            isEscaped = 1;
          }
          textEnd = at;
          at += 1;
        } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
          if (isField && refusesContainers[name] === 1) return -1;
          at = endOfContainer(bytes, at, 1);
        } else if (byte === MINUS || isDigit(byte)) {
          at = endOfNumber(bytes, at);
          if (isField && refusesExponents[name] === 1 && hasExponent(bytes, valueStart, at))
            return -1;
          textEnd = at;
        } else {
          at = endOfLiteral(bytes, at);
          textEnd = byte === 0x6e ? NULL : at;
        }
        if (at < 0) return -1;

        if (!isField) {
          let index = 0;
          while (index < otherCount && others[index] !== name) index += 1;
          if (index === otherCount) {
            if (otherCount === MAX_OTHER_FIELDS_PER_LINE) return -1;
            others[otherCount++] = name;
          }
        } else if (starts[name] === ABSENT) {
          // Of equal keys the first counts.
          starts[name] = textEnd === NULL ? NULL : textStart;
          ends[name] = textEnd;
          hasEscapes[name] = isEscaped;
        }

        byte = bytes[at] as number;
        while (byte <= SPACE && isSpace(byte)) byte = bytes[++at] as number;
        if (byte !== COMMA) break;
        byte = bytes[++at] as number;
        while (byte <= SPACE && isSpace(byte)) byte = bytes[++at] as number;
      }
      if (byte !== CLOSE_BRACE) return -1;
    }
    byte = bytes[++at] as number;
    while (byte <= SPACE && isSpace(byte)) byte = bytes[++at] as number;
    if (byte !== LF) return -1;
    for (let index = 0; index < otherCount; index += 1) {
      const name = others[index] as number;
      otherCounts[name] = (otherCounts[name] as number) + 1;
    }
    return at;
  };

  return {
    starts,
    ends,
    hasEscapes,
    find,
    takeOtherFields() {
      const counts = new Map<string, number>();
      for (let name = fieldCount; name < names.count(); name += 1) {
        const count = otherCounts[name] as number;
        if (count > 0) counts.set(names.text(name), count);
        otherCounts[name] = 0;
      }
      return counts;
    },
  };
}

/**
 * Copies the text from `start` to `end`, which is the inside of a JSON string without escaped surrogates,
 * to `target` at `to`, without its escapes. Returns where it ends there: never more bytes than were read.
 */
export function copyUnescaped(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  to: number,
): number {
  let out = to;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte !== BACKSLASH) {
      target[out++] = byte;
      continue;
    }
    const kind = bytes[++at] as number;
    if (kind !== 0x75) {
      target[out++] = ESCAPED[kind] as number;
      continue;
    }
    const code = codeUnit(bytes, at + 1);
    at += 4;
    if (code < 0x80) {
      target[out++] = code;
    } else if (code < 0x800) {
      target[out++] = 0xc0 | (code >> 6);
      target[out++] = 0x80 | (code & 0x3f);
    } else {
      target[out++] = 0xe0 | (code >> 12);
      target[out++] = 0x80 | ((code >> 6) & 0x3f);
      target[out++] = 0x80 | (code & 0x3f);
    }
  }
  return out;
}

/** What the character behind a backslash stands for; 0: nothing. */
const ESCAPED = new Uint8Array(256);
for (const [character, meaning] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  ESCAPED[(character as string).charCodeAt(0)] = (meaning as string).charCodeAt(0);
}

/**
 * The lowest bit set in the result lies in the first of four characters that ends a string, begins an
 * escape or is refused, the first character being in the lowest byte; 0: it is none of them. (A
 * subtraction borrows from higher bytes only, so that only bits above the lowest may be wrong.)
 */
function findStops(four: number): number {
  const quotes = four ^ 0x22222222;
  const backslashes = four ^ 0x5c5c5c5c;
  return (
    (((quotes - 0x01010101) & ~quotes) |
      ((backslashes - 0x01010101) & ~backslashes) |
      ((four - 0x20202020) & ~four)) &
    0x80808080
  );
}

/** Which of four bytes, from 0, holds the lowest bit that is set. */
function firstByteOf(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >> 3;
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x09 || byte === 0x0d;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** From anywhere inside a string to behind its closing quote; -1: it is not one that this reader reads. */
function endOfString(bytes: Uint8Array, inside: number): number {
  for (let at = inside; ; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at + 1;
    if (byte < SPACE) return -1;
    if (byte !== BACKSLASH) continue;
    const kind = bytes[++at] as number;
    if (kind === 0x75) {
      const code = codeUnit(bytes, at + 1);
      if (code < 0 || (code >= 0xd800 && code <= 0xdfff)) return -1;
      at += 4;
    } else if (ESCAPED[kind] === 0) {
      return -1;
    }
  }
}

/** Four hexadecimal digits; -1: they are none. */
function codeUnit(bytes: Uint8Array, start: number): number {
  let code = 0;
  for (let at = start; at < start + 4; at += 1) {
    const byte = bytes[at] as number;
    const letter = byte | 0x20;
    if (isDigit(byte)) code = code * 16 + byte - 0x30;
    else if (letter >= 0x61 && letter <= 0x66) code = code * 16 + letter - 0x57;
    else return -1;
  }
  return code;
}

function endOfNumber(bytes: Uint8Array, start: number): number {
  let at = start;
  if (bytes[at] === MINUS) at += 1;
  if (bytes[at] === 0x30) at += 1;
  else {
    const end = endOfDigits(bytes, at);
    if (end === at) return -1;
    at = end;
  }
  if (bytes[at] === 0x2e) {
    const end = endOfDigits(bytes, at + 1);
    if (end === at + 1) return -1;
    at = end;
  }
  if (((bytes[at] as number) | 0x20) === 0x65) {
    const sign = bytes[at + 1];
    const digits = sign === MINUS || sign === 0x2b ? at + 2 : at + 1;
    const end = endOfDigits(bytes, digits);
    if (end === digits) return -1;
    at = end;
  }
  return at;
}

function endOfDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isDigit(bytes[at] as number)) at += 1;
  return at;
}

function hasExponent(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    if (((bytes[at] as number) | 0x20) === 0x65) return true;
  }
  return false;
}

const LITERALS = ['true', 'false', 'null'].map((text) => Buffer.from(text));

function endOfLiteral(bytes: Uint8Array, start: number): number {
  for (const literal of LITERALS) {
    let length = 0;
    while (length < literal.length && bytes[start + length] === literal[length]) length += 1;
    if (length === literal.length) return start + length;
  }
  return -1;
}

/** Behind the object or array that begins at `start`; -1: it is not one that this reader reads. */
function endOfContainer(bytes: Uint8Array, start: number, depth: number): number {
  if (depth > MAX_DEPTH) return -1;
  const isObject = bytes[start] === OPEN_BRACE;
  const close = isObject ? CLOSE_BRACE : CLOSE_BRACKET;
  let at = skipSpace(bytes, start + 1);
  if (bytes[at] === close) return at + 1;
  for (;;) {
    if (isObject) {
      if (bytes[at] !== QUOTE) return -1;
      at = endOfString(bytes, at + 1);
      if (at < 0) return -1;
      at = skipSpace(bytes, at);
      if (bytes[at] !== COLON) return -1;
      at = skipSpace(bytes, at + 1);
    }
    at = endOfValue(bytes, at, depth);
    if (at < 0) return -1;
    at = skipSpace(bytes, at);
    if (bytes[at] === close) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at = skipSpace(bytes, at + 1);
  }
}

function endOfValue(bytes: Uint8Array, start: number, depth: number): number {
  const byte = bytes[start] as number;
  if (byte === QUOTE) return endOfString(bytes, start + 1);
  if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return endOfContainer(bytes, start, depth + 1);
  if (byte === MINUS || isDigit(byte)) return endOfNumber(bytes, start);
  return endOfLiteral(bytes, start);
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isSpace(bytes[at] as number)) at += 1;
  return at;
}

/** Names of fields by number: those given first, then others as lines bring them. */
function createNameTable(given: readonly string[]) {
  const texts: Buffer[] = [];
  /** Every name with its closing quote, each in a place of its own of `NAME_PLACE_BYTES`. */
  const characters = new DataView(new ArrayBuffer(MAX_NAMES * NAME_PLACE_BYTES));
  /** With the closing quote. */
  const lengths = new Int32Array(MAX_NAMES);
  const slots = new Int16Array(4 * 1024).fill(-1);
  const slotMask = slots.length - 1;

  const isAt = (name: number, view: DataView, at: number): boolean => {
    const length = lengths[name] as number;
    const place = name * NAME_PLACE_BYTES;
    let index = 0;
    for (; index + 4 <= length; index += 4) {
      if (view.getInt32(at + index, true) !== characters.getInt32(place + index, true))
        return false;
    }
    const difference = view.getInt32(at + index, true) ^ characters.getInt32(place + index, true);
    return (difference & (LAST_BYTES[length & 3] as number)) === 0;
  };
  const add = (slot: number, text: Buffer): number => {
    if (texts.length === MAX_NAMES || text.length > MAX_NAME_BYTES) return -1;
    const name = texts.push(text) - 1;
    for (const [index, byte] of text.entries()) {
      characters.setUint8(name * NAME_PLACE_BYTES + index, byte);
    }
    characters.setUint8(name * NAME_PLACE_BYTES + text.length, QUOTE);
    lengths[name] = text.length + 1;
    slots[slot] = name;
    return name;
  };
  /** The name whose characters begin at `at`; -1: it is written with escapes, or there are too many. */
  const read = (bytes: Uint8Array, view: DataView, at: number): number => {
    let hash = 0;
    let end = at;
    for (let byte = bytes[end] as number; byte !== QUOTE; byte = bytes[++end] as number) {
      if (byte < SPACE || byte === BACKSLASH) return -1;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    for (let slot = hash & slotMask; ; slot = (slot + 1) & slotMask) {
      const name = slots[slot] as number;
      if (name < 0) return add(slot, Buffer.from(bytes.subarray(at, end)));
      if (lengths[name] === end - at + 1 && isAt(name, view, at)) return name;
    }
  };
  for (const name of given) {
    const bytes = Buffer.from(`${name}"    `);
    read(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
  }
  return {
    isAt,
    read,
    count: () => texts.length,
    lengthOf: (name: number): number => lengths[name] as number,
    text: (name: number): string => (texts[name] as Buffer).toString('utf8'),
  };
}

/** Room for the longest name, its quote, and what is compared with it. */
const NAME_PLACE_BYTES = 256;
/** The lower bytes of an integer, by how many. */
const LAST_BYTES = Int32Array.of(0, 0xff, 0xffff, 0xffffff);
