/**
 * Reads ordinary lines of JSON into columns. What it does not give up it reads as the strict reader
 * (src/bronze/json-line.ts) would; given up are lines that are no object or no JSON, and what is rare.
 * Compiled to WebAssembly by `npm run generate`; src/bronze/line-columns.ts is its other half.
 */
import { byteAt, POINT, SPACE } from './bytes';
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
import { addItems } from './items';
import { skipSpace } from './json';
import { countOthers, findFields } from './members';
import { hasNoRoom, names } from './names';
import { endOf, hasEscape, isContainer, isTextAt, removeEscapes, startOf } from './places';
import { trimEnd, trimStart, writeInstant, writePrice, writeQuantity } from './values';
import { wantedCount } from './wanted';

export { clearColumns, endRow, placeColumn, rows, usedBytes } from './columns';
export { addItemArray, addItemField, addItemList, addItemPlace, placeItems } from './items';
export { forgetOthers, otherFieldCount } from './members';
export { lengthOfName, names, parentOfName, placeOfName } from './names';
export { addMissing, foundPlaces, wantPlace } from './places';
export {
  addElement,
  addElementByText,
  addName,
  addObject,
  wantMembers,
  wantValue,
} from './wanted';

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

let fieldCount: i32 = 0;
const kinds: usize = memory.data(MAX_COLUMNS, 16);
/** Places whose values a field may have, the first that is not missing wins: where they begin in the list. */
const firstPlaces: usize = memory.data((MAX_COLUMNS + 1) * 4, 16);
const placeList: usize = memory.data(MAX_COLUMNS * 4, 16);
let placeListLength: i32 = 0;
/** What a field is when no place has a value: a text of the host's; 0: nothing. */
const constantStarts: usize = memory.data(MAX_COLUMNS * 4, 16);
const constantEnds: usize = memory.data(MAX_COLUMNS * 4, 16);

/** Fields of ids that belong together: a session's is only unique with its visitor's; -1: it is by itself. */
let sessionField: i32 = -1;
let deviceField: i32 = 0;
let userField: i32 = 0;
/** Without a value this field gets an id made of the whole record; -1: none. */
let contentField: i32 = -1;
let hasContentId: bool = false;
const CONTENT_ID_BYTES = 32;
const contentId: usize = memory.data(CONTENT_ID_BYTES, 16);

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
    // Before the fields, while escapes are as written.
    if (!addItems()) {
      endedBy = GIVEN_UP;
      break;
    }
    countOthers();
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
    if (isContainer(place)) {
      break;
    }
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
