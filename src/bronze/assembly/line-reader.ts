/**
 * Reads ordinary lines of JSON into columns. What it does not give up it reads as the strict reader
 * (src/bronze/json-line.ts) would; given up are lines that are no object or no JSON, and what is rare.
 * Compiled to WebAssembly by `npm run generate`; src/bronze/line-columns.ts is its other half.
 */
import {
  byteAt,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  LF,
  OPEN_BRACE,
  OPEN_BRACKET,
  POINT,
  QUOTE,
  SPACE,
} from './bytes';
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
import { endOfValue, skipSpace } from './json';
import {
  forgetNames,
  hasNoRoom,
  isNameAt,
  lengthOfName,
  MAX_NAMES,
  names,
  readName,
} from './names';
import {
  addWritten,
  canBeContainer,
  endOf,
  forgetPlaces,
  hasEscape,
  isTextAt,
  notePlace,
  readValue,
  removeEscapes,
  startOf,
} from './places';
import { trimEnd, trimStart, writeInstant, writePrice, writeQuantity } from './values';
import {
  ELEMENTS,
  FOUND,
  findText,
  firstElement,
  isFoundText,
  isWantedIndex,
  keyOf,
  MEMBERS,
  NOT_FOUND,
  nextElement,
  partsOf,
  placeOfWanted,
  UNKNOWN,
  wantedCount,
} from './wanted';

export { clearColumns, endRow, placeColumn, rows, usedBytes } from './columns';
export { lengthOfName, names, parentOfName, placeOfName } from './names';
export { addMissing, keepWritten } from './places';
export { addElement, addElementByText, addName, wantMembers, wantValue } from './wanted';

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

const MAX_OTHERS = 100;
/** Deeper objects are left to the strict reader. */
const MAX_WANTED_DEPTH = 40;

let fieldCount: i32 = 0;
const kinds: usize = memory.data(MAX_COLUMNS, 16);
/** Places whose values a field may have, the first that is not missing wins: where they begin in the list. */
const firstPlaces: usize = memory.data((MAX_COLUMNS + 1) * 4, 16);
const placeList: usize = memory.data(MAX_COLUMNS * 4, 16);
let placeListLength: i32 = 0;
/** What a field is when no place has a value: a text of the host's; 0: nothing. */
const constantStarts: usize = memory.data(MAX_COLUMNS * 4, 16);
const constantEnds: usize = memory.data(MAX_COLUMNS * 4, 16);

/** The line in which a name with wanted parts came last: of equal names the first counts. */
const lastLines: usize = memory.data(MAX_NAMES * 4, 16);
let lineNumber: i32 = 0;

/** Fields of ids that belong together: a session's is only unique with its visitor's; -1: it is by itself. */
let sessionField: i32 = -1;
let deviceField: i32 = 0;
let userField: i32 = 0;
/** Without a value this field gets an id made of the whole record; -1: none. */
let contentField: i32 = -1;
let hasContentId: bool = false;
const CONTENT_ID_BYTES = 32;
const contentId: usize = memory.data(CONTENT_ID_BYTES, 16);

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

/** Implemented by the host: writes the id of the record from `start` to `end` to `target`. */
declare function writeContentId(start: usize, end: usize, target: usize): void;

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

export function joinSession(session: i32, device: i32, user: i32): void {
  sessionField = session;
  deviceField = device;
  userField = user;
}

export function useContentIds(field: i32): void {
  contentField = field;
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
    const hasForgotten = names() === wantedCount;
    const lineEnd = findFields(at);
    if (lineEnd === 0) {
      // A line whose own names have no room is not tried again.
      endedBy = hasNoRoom() && !hasForgotten ? NAMES_FULL : GIVEN_UP;
      break;
    }
    if (contentField >= 0 && !findContentId(at, lineEnd)) {
      endedBy = GIVEN_UP;
      break;
    }
    countOthers();
    // Before the fields, while escapes are as written.
    addWritten();
    for (let field = 0; field < fieldCount; field++) {
      addFound(field);
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

/** False: whether there is an id is left to the strict reader, which needs the line as it is. */
function findContentId(start: usize, lineEnd: usize): bool {
  const last = load<i32>(firstPlaces + ((contentField + 1) << 2));
  for (let index = load<i32>(firstPlaces + (contentField << 2)); index < last; index++) {
    const place = load<i32>(placeList + (index << 2));
    if (isTextAt(place) && hasEscape(place)) {
      return false;
    }
  }
  hasContentId = placeOfField(contentField) < 0;
  if (hasContentId) {
    writeContentId(skipSpace(start), trimEnd(start, lineEnd), contentId);
  }
  return true;
}

/** The first place of the field that has a value that is not blank; -1: none. */
function placeOfField(field: i32): i32 {
  const end = load<i32>(firstPlaces + ((field + 1) << 2));
  for (let index = load<i32>(firstPlaces + (field << 2)); index < end; index++) {
    const place = load<i32>(placeList + (index << 2));
    if (!isTextAt(place)) {
      continue;
    }
    removeEscapes(place);
    const textEnd = endOf(place);
    if (trimStart(startOf(place), textEnd) < textEnd) {
      return place;
    }
  }
  return -1;
}

function addFound(field: i32): void {
  const first = load<i32>(firstPlaces + (field << 2));
  const isOnly = load<i32>(firstPlaces + ((field + 1) << 2)) - first === 1;
  const constant = load<i32>(constantStarts + (field << 2));
  if (field === sessionField && addSession()) {
    return;
  }
  if (field === contentField && hasContentId) {
    addText(field, contentId, contentId + CONTENT_ID_BYTES);
    return;
  }
  let place: i32;
  // Whether the only one is blank is seen when it is added.
  if (isOnly && constant === 0) {
    place = load<i32>(placeList + (first << 2));
    if (!isTextAt(place)) {
      return;
    }
    removeEscapes(place);
  } else {
    place = placeOfField(field);
  }
  if (place >= 0) {
    addText(field, startOf(place), endOf(place));
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
    startOf(visitor),
    endOf(visitor),
    POINT,
    startOf(session),
    endOf(session),
  );
  return true;
}

let otherCount: i32 = 0;
/** Members of the elements around are not counted. */
let isQuiet: bool = false;

/** Finds the values of the line that begins at `start`; returns where its LF lies, 0 when it is given up. */
function findFields(start: usize): usize {
  forgetPlaces();
  otherCount = 0;
  isQuiet = false;
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
  return byteAt(at) === LF ? at : 0;
}

function countOthers(): void {
  for (let index: i32 = 0; index < otherCount; index++) {
    const count = otherCounts + (load<i32>(others + (index << 2)) << 2);
    store<i32>(count, load<i32>(count) + 1);
  }
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
      at = endOfValue(at, 0);
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
  if (isQuiet) {
    return true;
  }
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
  const place = placeOfWanted(name);
  const parts = partsOf(name);
  if (parts === 0) {
    return readValue(place, at, depth);
  }
  const isFirst = load<i32>(lastLines + (name << 2)) !== lineNumber;
  store<i32>(lastLines + (name << 2), lineNumber);
  const byte = byteAt(at);
  const isObject = byte === OPEN_BRACE && (parts & MEMBERS) !== 0;
  const isArray = byte === OPEN_BRACKET && (parts & ELEMENTS) !== 0;
  if (!isFirst || (!isObject && !isArray)) {
    return place >= 0 ? readValue(place, at, depth) : endOfValue(at, 0);
  }
  if (depth >= MAX_WANTED_DEPTH || (place >= 0 && !canBeContainer(place))) {
    return 0;
  }
  const end = isObject ? findMembers(at, name + 1, depth + 1) : readElements(name, at, depth + 1);
  if (end !== 0 && place >= 0) {
    notePlace(place, at, end);
  }
  return end;
}

/** Finds the wanted elements of the array that begins at `start`; returns where it ends, 0: given up. */
function readElements(array: i32, start: usize, depth: i32): usize {
  let at = skipSpace(start + 1);
  if (byteAt(at) === CLOSE_BRACKET) {
    return at + 1;
  }
  for (let index: i32 = 0; ; index++) {
    at = readElement(array, index, at, depth);
    if (at === 0) {
      return 0;
    }
    at = skipSpace(at);
    if (byteAt(at) !== COMMA) {
      break;
    }
    at = skipSpace(at + 1);
  }
  return byteAt(at) === CLOSE_BRACKET ? at + 1 : 0;
}

function readElement(array: i32, index: i32, at: usize, depth: i32): usize {
  let end: usize = 0;
  let searchedKey: i32 = 0;
  let search: i32 = NOT_FOUND;
  for (let element = firstElement(array); element >= 0; element = nextElement(element)) {
    const key = keyOf(element);
    if (key === 0) {
      if (isWantedIndex(element, index)) {
        end = readWanted(element, at, depth);
        if (end === 0) {
          return 0;
        }
      }
      continue;
    }
    if (byteAt(at) !== OPEN_BRACE) {
      continue;
    }
    if (key !== searchedKey) {
      searchedKey = key;
      search = findText(at, element);
      if (search === UNKNOWN) {
        return 0;
      }
    }
    if (search === FOUND && isFoundText(element)) {
      end = readQuietly(element, at, depth);
      if (end === 0) {
        return 0;
      }
    }
  }
  return end === 0 ? endOfValue(at, 0) : end;
}

function readQuietly(element: i32, at: usize, depth: i32): usize {
  const wasQuiet = isQuiet;
  isQuiet = true;
  const end = readWanted(element, at, depth);
  isQuiet = wasQuiet;
  return end;
}
