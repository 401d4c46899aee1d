/**
 * Reads ordinary lines of JSON into columns. What it does not give up it reads as the strict reader
 * (src/bronze/json-line.ts) would; given up are lines that are no object or no JSON, and what is rare.
 * Compiled to WebAssembly by `npm run generate`; src/bronze/line-columns.ts is its other half.
 */
import { byteAt, CLOSE_BRACE, COLON, COMMA, OPEN_BRACE, POINT, QUOTE, SPACE } from './bytes';
import {
  addCopy,
  addInCase,
  addJoined,
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
export { lengthOfName, names, parentOfName, placeOfName } from './names';

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
/** Deeper objects are left to the strict reader. */
const MAX_WANTED_DEPTH = 40;
const ABSENT: i32 = 0;
const NULL: i32 = 1;

let fieldCount: i32 = 0;
const kinds: usize = memory.data(MAX_COLUMNS, 16);
/** Places whose values a field may have, the first that is not missing wins: where they begin in the list. */
const firstPlaces: usize = memory.data((MAX_COLUMNS + 1) * 4, 16);
const placeList: usize = memory.data(MAX_COLUMNS * 4, 16);
let placeListLength: i32 = 0;
/** What a field is when no place has a value: a text of the host's; 0: nothing. */
const constantStarts: usize = memory.data(MAX_COLUMNS * 4, 16);
const constantEnds: usize = memory.data(MAX_COLUMNS * 4, 16);

/** Of a wanted name: 1 + the place that its value belongs to, and whether members of its value are wanted. */
let wantedCount: i32 = 0;
const placesOfNames: usize = memory.data(MAX_NAMES * 4, 16);
const hasWantedMembers: usize = memory.data(MAX_NAMES, 16);
/** The line in which a name with wanted members came last: of equal names the first counts. */
const lastLines: usize = memory.data(MAX_NAMES * 4, 16);
let lineNumber: i32 = 0;

/** How the value of a place is read. */
const BY_VALUE: i32 = 1;
const AS_SENT: i32 = 2;
const AS_WRITTEN: i32 = 4;
const modes: usize = memory.data(MAX_COLUMNS, 16);
let placeCount: i32 = 0;
/** Of the line read last, where the text of each place lies; `ABSENT`, `NULL`. */
const starts: usize = memory.data(MAX_COLUMNS * 4, 16);
const ends: usize = memory.data(MAX_COLUMNS * 4, 16);
const hasEscapes: usize = memory.data(MAX_COLUMNS, 16);
/** The place that is kept as it is written, in a column of its own; -1: none. */
let writtenPlace: i32 = -1;
let writtenColumn: i32 = 0;
/** Fields of ids that belong together: a session's is only unique with its visitor's; -1: it is by itself. */
let sessionField: i32 = -1;
let deviceField: i32 = 0;
let userField: i32 = 0;
/** A line without a value of this field is given up; -1: none. */
let neededField: i32 = -1;

/**
 * The name that followed a name in the line before, from 1: nearly always the one that follows it again.
 * Behind the names the first of each object.
 */
const following: usize = memory.data((2 * MAX_NAMES + 1) * 4, 16);
/** Fields without a column: in how many lines each occurs, and those of the line being read. */
const otherCounts: usize = memory.data(MAX_NAMES * 4, 16);
const others: usize = memory.data(MAX_OTHERS * 4, 16);

let endedBy: i32 = AT_END;
let lineCount: i32 = 0;

/** Makes the name at `name`, with its closing quote, a wanted one of this object. */
export function addName(name: usize, parent: i32): i32 {
  const added = readName(name, parent);
  if (added === wantedCount) {
    wantedCount++;
  }
  return added;
}

/** The value of the name belongs to this place; `mode` is a sum of those above. */
export function wantValue(name: i32, place: i32, mode: i32): void {
  store<i32>(placesOfNames + (name << 2), place + 1);
  store<u8>(modes + place, <u8>mode);
  if (place >= placeCount) {
    placeCount = place + 1;
  }
}

export function wantMembers(name: i32): void {
  store<u8>(hasWantedMembers + name, 1);
}

/** Makes the next field; its places follow. */
export function addField(kind: i32, constantStart: usize, constantEnd: usize): void {
  store<u8>(kinds + fieldCount, <u8>kind);
  store<i32>(constantStarts + (fieldCount << 2), <i32>constantStart);
  store<i32>(constantEnds + (fieldCount << 2), <i32>constantEnd);
  fieldCount++;
  store<i32>(firstPlaces + (fieldCount << 2), placeListLength);
}

export function addPlace(place: i32): void {
  store<i32>(placeList + (placeListLength << 2), place);
  placeListLength++;
  store<i32>(firstPlaces + (fieldCount << 2), placeListLength);
}

export function keepWritten(place: i32, column: i32): void {
  writtenPlace = place;
  writtenColumn = column;
}

export function joinSession(session: i32, device: i32, user: i32): void {
  sessionField = session;
  deviceField = device;
  userField = user;
}

export function needField(field: i32): void {
  neededField = field;
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
  forgetNames(wantedCount);
  memory.fill(following, 0, (2 * MAX_NAMES + 1) * 4);
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
    if (neededField >= 0 && placeOfField(neededField) < 0) {
      endedBy = GIVEN_UP;
      break;
    }
    for (let field = 0; field < fieldCount; field++) {
      addFound(field);
    }
    if (writtenPlace >= 0) {
      const start = load<i32>(starts + (writtenPlace << 2));
      if (start > NULL) {
        addCopy(writtenColumn, <usize>start, <usize>load<i32>(ends + (writtenPlace << 2)));
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

/** The first place of the field that has a value that is not blank; -1: none. */
function placeOfField(field: i32): i32 {
  const end = load<i32>(firstPlaces + ((field + 1) << 2));
  for (let index = load<i32>(firstPlaces + (field << 2)); index < end; index++) {
    const place = load<i32>(placeList + (index << 2));
    const start = load<i32>(starts + (place << 2));
    if (start <= NULL) {
      continue;
    }
    removeEscapes(place);
    const textEnd = <usize>load<i32>(ends + (place << 2));
    if (trimStart(<usize>start, textEnd) < textEnd) {
      return place;
    }
  }
  return -1;
}

/** A text with escapes is written over without them: the line is not read again. */
function removeEscapes(place: i32): void {
  if (load<u8>(hasEscapes + place) === 0) {
    return;
  }
  const start = <usize>load<i32>(starts + (place << 2));
  const end = copyUnescaped(start, <usize>load<i32>(ends + (place << 2)), start);
  store<i32>(ends + (place << 2), <i32>end);
  store<u8>(hasEscapes + place, 0);
}

function addFound(field: i32): void {
  const first = load<i32>(firstPlaces + (field << 2));
  const isOnly = load<i32>(firstPlaces + ((field + 1) << 2)) - first === 1;
  const constant = load<i32>(constantStarts + (field << 2));
  if (field === sessionField && addSession()) {
    return;
  }
  let place: i32;
  // Whether the only one is blank is seen when it is added.
  if (isOnly && constant === 0) {
    place = load<i32>(placeList + (first << 2));
    if (load<i32>(starts + (place << 2)) <= NULL) {
      return;
    }
    removeEscapes(place);
  } else {
    place = placeOfField(field);
  }
  if (place >= 0) {
    const start = <usize>load<i32>(starts + (place << 2));
    addText(field, start, <usize>load<i32>(ends + (place << 2)));
  } else if (constant !== 0) {
    addText(field, <usize>constant, <usize>load<i32>(constantEnds + (field << 2)));
  }
}

/** The session's id behind its visitor's and a point; false: one of them is missing. */
function addSession(): bool {
  const session = placeOfField(sessionField);
  let visitor = placeOfField(deviceField);
  if (visitor < 0) {
    visitor = placeOfField(userField);
  }
  if (session < 0 || visitor < 0) {
    return false;
  }
  addJoined(
    sessionField,
    <usize>load<i32>(starts + (visitor << 2)),
    <usize>load<i32>(ends + (visitor << 2)),
    POINT,
    <usize>load<i32>(starts + (session << 2)),
    <usize>load<i32>(ends + (session << 2)),
  );
  return true;
}

let otherCount: i32 = 0;

/** Finds the values of the line that begins at `start`; returns where its LF lies, 0 when it is given up. */
function findFields(start: usize): usize {
  for (let place = 0; place < placeCount; place++) {
    store<i32>(starts + (place << 2), ABSENT);
  }
  otherCount = 0;
  lineNumber++;
  let at = skipSpace(start);
  if (byteAt(at) !== OPEN_BRACE) {
    return 0;
  }
  at = findMembers(at, 0, 1);
  if (at === 0) {
    return 0;
  }
  at = skipSpace(at);
  if (byteAt(at) !== LF) {
    return 0;
  }
  for (let index: i32 = 0; index < otherCount; index++) {
    const count = otherCounts + (load<i32>(others + (index << 2)) << 2);
    store<i32>(count, load<i32>(count) + 1);
  }
  return at;
}

/** Finds the wanted members of the object that begins at `start`; returns where it ends, 0: given up. */
function findMembers(start: usize, object: i32, depth: i32): usize {
  let at = skipSpace(start + 1);
  if (byteAt(at) === CLOSE_BRACE) {
    return at + 1;
  }
  let previous = MAX_NAMES + object;
  for (;;) {
    if (byteAt(at) !== QUOTE) {
      return 0;
    }
    at++;
    let name = load<i32>(following + (previous << 2)) - 1;
    if (name < 0 || !isNameAt(name, at)) {
      name = readName(at, object);
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
    if (name < wantedCount) {
      at = readWanted(name, at, depth);
    } else {
      at = endOfOther(at, depth);
      if (at !== 0 && !noteOther(name)) {
        return 0;
      }
    }
    if (at === 0) {
      return 0;
    }
    at = skipSpace(at);
    if (byteAt(at) !== COMMA) {
      break;
    }
    at = skipSpace(at + 1);
  }
  return byteAt(at) === CLOSE_BRACE ? at + 1 : 0;
}

/** False: there are too many of them. */
function noteOther(name: i32): bool {
  let index: i32 = 0;
  while (index < otherCount && load<i32>(others + (index << 2)) !== name) {
    index++;
  }
  if (index < otherCount) {
    return true;
  }
  if (otherCount === MAX_OTHERS) {
    return false;
  }
  store<i32>(others + (otherCount++ << 2), name);
  return true;
}

function readWanted(name: i32, at: usize, depth: i32): usize {
  const place = load<i32>(placesOfNames + (name << 2)) - 1;
  if (load<u8>(hasWantedMembers + name) === 0) {
    return readValue(place, at, depth);
  }
  const isFirst = load<i32>(lastLines + (name << 2)) !== lineNumber;
  store<i32>(lastLines + (name << 2), lineNumber);
  if (byteAt(at) !== OPEN_BRACE || !isFirst) {
    // What is wanted itself must be no container, which the strict reader tells.
    if (place >= 0) {
      return readValue(place, at, depth);
    }
    return endOfOther(at, depth);
  }
  if (place >= 0 || depth >= MAX_WANTED_DEPTH) {
    return 0;
  }
  return findMembers(at, name + 1, depth + 1);
}

function endOfOther(at: usize, _depth: i32): usize {
  const byte = byteAt(at);
  if (byte === QUOTE) {
    return endOfString(at + 1);
  }
  if (isContainerStart(byte)) {
    return endOfContainer(at, 1);
  }
  return isNumberStart(byte) ? endOfNumber(at) : endOfLiteral(at);
}

/** Notes the value at `at` as the place's, if it is the first of the line; returns where it ends. */
function readValue(place: i32, at: usize, depth: i32): usize {
  const byte = byteAt(at);
  const mode = <i32>load<u8>(modes + place);
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
    if ((mode & (AS_SENT | AS_WRITTEN)) === 0) {
      return 0;
    }
    next = endOfContainer(at, depth);
    end = next;
    if ((mode & AS_WRITTEN) === 0) {
      start = NULL;
    }
  } else if (isNumberStart(byte)) {
    next = endOfNumber(at);
    end = next;
    // Read by value: the strict reader writes such a number out.
    if ((mode & BY_VALUE) !== 0 && hasExponent(start, end)) {
      return 0;
    }
  } else {
    next = endOfLiteral(at);
    end = next;
    if (byte === LETTER_N) {
      start = NULL;
    }
  }
  if (next !== 0 && load<i32>(starts + (place << 2)) === ABSENT) {
    // Only containers are kept as they are written.
    if ((mode & AS_WRITTEN) !== 0 && !isContainerStart(byte)) {
      start = NULL;
    }
    store<i32>(starts + (place << 2), <i32>start);
    store<i32>(ends + (place << 2), <i32>end);
    store<u8>(hasEscapes + place, isEscaped);
  }
  return next;
}
