/**
 * Reads ordinary lines of JSON into columns, with the same result as the strict reader
 * (src/bronze/json-line.ts). Lines that are not JSON objects, and rare forms, are rejected: they
 * fall back to the strict reader. Compiled to WebAssembly by `npm run generate`; the host side is
 * src/bronze/line-columns.ts.
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

/** How a field's text is converted to a value. The host uses the same codes. */
const TEXT = 0;
const LOWER = 1;
const UPPER = 2;
const SENT = 3;
const INSTANT = 4;
const QUANTITY = 5;
const PRICE = 6;

/** Why `readLines` ended. */
const AT_END = 0;
const GIVEN_UP = 1;
const FULL = 2;
const NAMES_FULL = 3;

let fieldCount: i32 = 0;
const kinds: usize = memory.data(MAX_COLUMNS, 16);
/**
 * The places of each field, in order: the first value that is not missing is used. Here: where each
 * field's places begin in the list.
 */
const firstPlaces: usize = memory.data((MAX_COLUMNS + 1) * 4, 16);
const placeList: usize = memory.data(MAX_COLUMNS * 4, 16);
let placeListLength: i32 = 0;
/** The value of a field if no place has one: a text stored by the host; 0: none. */
const constantStarts: usize = memory.data(MAX_COLUMNS * 4, 16);
const constantEnds: usize = memory.data(MAX_COLUMNS * 4, 16);

/**
 * Fields of ids that are combined: a session id is unique only together with its visitor's id. -1:
 * not combined.
 */
let sessionField: i32 = -1;
let deviceField: i32 = 0;
let userField: i32 = 0;
/** The field that gets an id made from the whole record if it has no value; -1: none. */
let contentField: i32 = -1;
let hasContentId: bool = false;
const CONTENT_ID_BYTES = 32;
const contentId: usize = memory.data(CONTENT_ID_BYTES, 16);

let endedBy: i32 = AT_END;
let lineCount: i32 = 0;

/** Implemented by the host: writes the id of the record from `start` to `end` to `target`. */
declare function writeContentId(start: usize, end: usize, target: usize): void;

/** Defines the next field. Its places are added next. */
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
 * Why `readLines` ended. 0: everything is read. 1: the line at the returned position is rejected.
 * 2: the columns are full. 3: the names are full; it can continue once they are cleared.
 */
export function whyEnded(): i32 {
  return endedBy;
}

/** Number of lines read by the last `readLines`. */
export function linesRead(): i32 {
  return lineCount;
}

/**
 * Adds the lines from `from` up to those that begin at `to` or later. All of them must end with an
 * LF. Returns the position where it stopped. Each row gets `fileNumber` in `fileNumbers` and the
 * line's offset in `lineStarts`; `offset` is the offset at `from`. No row is begun once there are
 * `maxRows` rows, or `maxBytes` in a column.
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
      // If the names of this line alone do not fit, a retry would not help.
      endedBy = hasNoRoom() && !hasForgotten ? NAMES_FULL : GIVEN_UP;
      break;
    }
    if (contentField >= 0 && !findContentId(at, lineEnd)) {
      endedBy = GIVEN_UP;
      break;
    }
    // Items first, because reading the fields removes escapes in place.
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

/** Adds a text without escapes as the value of a field in the present row. */
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

/**
 * False: falls back to the strict reader, which decides whether there is an id and needs the
 * unmodified line.
 */
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

/** The field's first place with a value that is not blank; -1: none. */
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
  // With a single place, a blank value is handled when it is added.
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

/** Adds the visitor's id, a point and the session's id. False: one of them is missing. */
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
