/**
 * Reads ordinary lines of JSON into columns. What it does not give up it reads as the strict reader
 * (src/bronze/json-line.ts) would; given up are lines that are no object or no JSON, and what is rare.
 * Compiled to WebAssembly by `npm run generate`; src/bronze/line-columns.ts is its other half.
 */
import { byteAt, CLOSE_BRACE, COLON, COMMA, OPEN_BRACE, QUOTE, SPACE } from './bytes';
import {
  addCopy,
  addInCase,
  endRow,
  endValue,
  longestColumn,
  MAX_COLUMNS,
  nextPlace,
  rows,
  setFlag,
} from './columns';
import {
  copyUnescaped,
  endOfContainer,
  endOfLiteral,
  endOfNumber,
  endOfPlainText,
  endOfString,
  hasExponent,
  isContainerStart,
  isNumberStart,
  skipSpace,
} from './json';
import { forgetNames, hasNoRoom, isNameAt, lengthOfName, MAX_NAMES, readName } from './names';
import { trimEnd, trimStart, writeInstant, writePrice, writeQuantity } from './values';

export { clearColumns, endRow, placeColumn, rows, usedBytes } from './columns';
export { lengthOfName, names, placeOfName } from './names';

/** How a field's text becomes a value; the numbers are the host's, too. */
const TEXT = 0;
const LOWER = 1;
const UPPER = 2;
const SENT = 3;
const INSTANT = 4;
const QUANTITY = 5;
const PRICE = 6;

/** Why `readLines` has ended. */
const AT_END = 0;
const GIVEN_UP = 1;
const FULL = 2;
const NAMES_FULL = 3;

const LF: i32 = 0x0a;
const LETTER_N: i32 = 0x6e;

const MAX_OTHERS = 100;
const ABSENT: i32 = 0;
const NULL: i32 = 1;

let fieldCount: i32 = 0;
const kinds: usize = memory.data(MAX_COLUMNS, 16);
/** Of the line read last, where the text of each field lies; `ABSENT`, `NULL`. */
const starts: usize = memory.data(MAX_COLUMNS * 4, 16);
const ends: usize = memory.data(MAX_COLUMNS * 4, 16);
const hasEscapes: usize = memory.data(MAX_COLUMNS, 16);
/** The name that followed a name in the line before, from 1: nearly always the one that follows it again. */
const following: usize = memory.data((MAX_NAMES + 1) * 4, 16);
/** Fields without a column: in how many lines each occurs, and those of the line being read. */
const otherCounts: usize = memory.data(MAX_NAMES * 4, 16);
const others: usize = memory.data(MAX_OTHERS * 4, 16);

let endedBy: i32 = AT_END;
let lineCount: i32 = 0;

/** Makes the name at `name`, with its closing quote, the next field. */
export function addFieldName(name: usize, kind: i32): void {
  store<u8>(kinds + readName(name), <u8>kind);
  fieldCount++;
}

/**
 * Why `readLines` has ended: 0 it read all, 1 it gives up the line where it ended, 2 the columns are full,
 * 3 there are too many names: it can go on once they are forgotten.
 */
export function whyEnded(): i32 {
  return endedBy;
}

/** Lines read by the last `readLines`. */
export function linesRead(): i32 {
  return lineCount;
}

export function otherFieldCount(name: i32): i32 {
  return load<i32>(otherCounts + (name << 2));
}

/** Forgets fields without a column, and their counts. */
export function forgetOthers(): void {
  forgetNames(fieldCount);
  memory.fill(following, 0, (MAX_NAMES + 1) * 4);
  memory.fill(otherCounts, 0, MAX_NAMES * 4);
}

/**
 * Adds the lines from `from` up to those that begin at `to` or later, all of which end with an LF; returns
 * where it ended. Each row gets `fileNumber` at `fileNumbers`, and at `lineStarts` where the line begins:
 * `offset` at `from`. A row is not begun when there are `maxRows`, or `maxBytes` in a column.
 */
export function readLines(
  from: usize,
  to: usize,
  offset: i64,
  fileNumber: i32,
  fileNumbers: usize,
  lineStarts: usize,
  maxRows: i32,
  maxBytes: i32,
): usize {
  lineCount = 0;
  endedBy = AT_END;
  let at = from;
  while (at < to) {
    if (rows() >= maxRows || longestColumn() > maxBytes) {
      endedBy = FULL;
      break;
    }
    const lineEnd = findFields(at);
    if (lineEnd === 0) {
      endedBy = hasNoRoom() ? NAMES_FULL : GIVEN_UP;
      break;
    }
    for (let field = 0; field < fieldCount; field++) {
      const start = load<i32>(starts + (field << 2));
      if (start > NULL) {
        addFound(field, <usize>start, <usize>load<i32>(ends + (field << 2)));
      }
    }
    store<i32>(fileNumbers + (rows() << 2), fileNumber);
    store<i64>(lineStarts + (rows() << 3), offset + <i64>(at - from));
    endRow();
    lineCount++;
    at = lineEnd + 1;
  }
  return at;
}

/** Adds to the row being made the value of a field whose text, without escapes, lies there. */
export function addText(field: i32, start: usize, end: usize): void {
  const kind = <i32>load<u8>(kinds + field);
  if (kind === TEXT) {
    if (start < end && (byteAt(start) > SPACE || trimStart(start, end) < end)) {
      addCopy(field, start, end);
    }
    return;
  }
  if (kind === SENT) {
    addCopy(field, start, end);
    return;
  }
  const first = trimStart(start, end);
  const last = trimEnd(first, end);
  if (first === last) {
    return;
  }
  if (kind === LOWER) {
    addInCase(field, first, last, 0x41, 0x20);
  } else if (kind === UPPER) {
    addInCase(field, first, last, 0x61, -0x20);
  } else if (kind === INSTANT) {
    setFlag(field);
    if (writeInstant(first, last, nextPlace(field, 8))) {
      endValue(field, 8);
    }
  } else if (kind === PRICE) {
    if (writePrice(first, last, nextPlace(field, 8))) {
      endValue(field, 8);
    } else {
      setFlag(field);
    }
  } else if (kind === QUANTITY) {
    if (writeQuantity(first, last, nextPlace(field, 4))) {
      endValue(field, 4);
    } else {
      setFlag(field);
    }
  }
}

/** A text with escapes is written over without them: the line is not read again. */
function addFound(field: i32, start: usize, end: usize): void {
  const isEscaped = load<u8>(hasEscapes + field) === 1;
  addText(field, start, isEscaped ? copyUnescaped(start, end, start) : end);
}

/** Finds the fields of the line that begins at `start`; returns where its LF lies, 0 when it is given up. */
function findFields(start: usize): usize {
  for (let field = 0; field < fieldCount; field++) {
    store<i32>(starts + (field << 2), ABSENT);
  }
  let otherCount: i32 = 0;
  let at = skipSpace(start);
  if (byteAt(at) !== OPEN_BRACE) {
    return 0;
  }
  at = skipSpace(at + 1);
  if (byteAt(at) !== CLOSE_BRACE) {
    let previous = MAX_NAMES;
    for (;;) {
      if (byteAt(at) !== QUOTE) {
        return 0;
      }
      at++;
      let name = load<i32>(following + (previous << 2)) - 1;
      if (name < 0 || !isNameAt(name, at)) {
        name = readName(at);
        if (name < 0) {
          return 0;
        }
        store<i32>(following + (previous << 2), name + 1);
      }
      previous = name;
      at = skipSpace(at + lengthOfName(name));
      if (byteAt(at) !== COLON) {
        return 0;
      }
      at = skipSpace(at + 1);
      at = name < fieldCount ? readField(name, at) : endOfOther(at);
      if (at === 0) {
        return 0;
      }
      if (name >= fieldCount) {
        let index: i32 = 0;
        while (index < otherCount && load<i32>(others + (index << 2)) !== name) {
          index++;
        }
        if (index === otherCount) {
          if (otherCount === MAX_OTHERS) {
            return 0;
          }
          store<i32>(others + (otherCount++ << 2), name);
        }
      }
      at = skipSpace(at);
      if (byteAt(at) !== COMMA) {
        break;
      }
      at = skipSpace(at + 1);
    }
    if (byteAt(at) !== CLOSE_BRACE) {
      return 0;
    }
  }
  at = skipSpace(at + 1);
  if (byteAt(at) !== LF) {
    return 0;
  }
  for (let index: i32 = 0; index < otherCount; index++) {
    const count = otherCounts + (load<i32>(others + (index << 2)) << 2);
    store<i32>(count, load<i32>(count) + 1);
  }
  return at;
}

function endOfOther(at: usize): usize {
  const byte = byteAt(at);
  if (byte === QUOTE) {
    return endOfString(at + 1);
  }
  if (isContainerStart(byte)) {
    return endOfContainer(at, 1);
  }
  return isNumberStart(byte) ? endOfNumber(at) : endOfLiteral(at);
}

/** Notes the value at `at` as the field's, if it is the first of the line; returns where it ends. */
function readField(field: i32, at: usize): usize {
  const byte = byteAt(at);
  let start = at;
  let end: usize = 0;
  let next: usize = 0;
  let isEscaped: u8 = 0;
  if (byte === QUOTE) {
    start = at + 1;
    end = endOfPlainText(start);
    next = end + 1;
    if (byteAt(end) !== QUOTE) {
      next = endOfString(end);
      end = next - 1;
      isEscaped = 1;
    }
  } else if (isContainerStart(byte)) {
    // Of a declared field it counts as null; another has the wrong type, which the strict reader tells.
    if (<i32>load<u8>(kinds + field) !== SENT) {
      return 0;
    }
    next = endOfContainer(at, 1);
    start = NULL;
  } else if (isNumberStart(byte)) {
    next = endOfNumber(at);
    end = next;
    // Fields that are read by value: the strict reader writes such a number out.
    if (<i32>load<u8>(kinds + field) >= INSTANT && hasExponent(start, end)) {
      return 0;
    }
  } else {
    next = endOfLiteral(at);
    end = next;
    if (byte === LETTER_N) {
      start = NULL;
    }
  }
  if (next !== 0 && load<i32>(starts + (field << 2)) === ABSENT) {
    store<i32>(starts + (field << 2), <i32>start);
    store<i32>(ends + (field << 2), <i32>end);
    store<u8>(hasEscapes + field, isEscaped);
  }
  return next;
}
