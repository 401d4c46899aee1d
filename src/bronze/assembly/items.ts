/**
 * Writes the items of a line as one JSON text, like src/engines/exact-items.ts. Items come from an
 * array of objects, or from several arrays of the record, one per field.
 */
import { byteAt, CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE, ZERO } from './bytes';
import { beginText, dropText, endText, extendText, MAX_COLUMNS, nextPlace } from './columns';
import { copyUnescaped, copyWithFewEscapes, endOfValue, skipSpace } from './json';
import { findMembersOfItem } from './members';
import {
  endOf,
  forgetPlacesOf,
  hasEscape,
  isContainer,
  isTextAt,
  readValue,
  startOf,
  writtenStartOf,
} from './places';
import { trimStart } from './values';

const CLOSE_BRACE: i32 = 0x7d;

let itemsColumn: i32 = -1;
/** The text before an item's number: `{"item_number":"`. */
let headStart: usize = 0;
let headEnd: usize = 0;
/** The object in the tree of names that items are read with, and its places. */
let itemObject: i32 = 0;
let firstItemPlace: i32 = 0;
let endOfItemPlaces: i32 = 0;

let listCount: i32 = 0;
const lists: usize = memory.data(MAX_COLUMNS * 4, 16);
/**
 * The fields of an item: the text before the value, such as `,"price":"`, and the field's places.
 * Fields of objects come first, then fields of arrays. Each of the latter has one extra place into
 * which its values are read one by one.
 */
let objectFieldCount: i32 = 0;
let fieldCount: i32 = 0;
const MAX_FIELDS = 32;
const fieldHeads: usize = memory.data(MAX_FIELDS * 8, 16);
const firstPlaces: usize = memory.data((MAX_FIELDS + 1) * 4, 16);
const placeList: usize = memory.data(MAX_COLUMNS * 4, 16);
let placeListLength: i32 = 0;
const valuePlaces: usize = memory.data(MAX_FIELDS * 4, 16);
/**
 * The address of an array's next value (0: none), and whether the field has a single value instead
 * of an array.
 */
const nextValues: usize = memory.data(MAX_FIELDS * 4, 16);
const areSingle: usize = memory.data(MAX_FIELDS, 16);

let itemCount: i32 = 0;
/** Longer texts with escapes are left to the strict reader. */
const MAX_ESCAPED_BYTES: usize = 2000;
const unescaped: usize = memory.data(2000, 16);

const NONE: i32 = -1;
const UNKNOWN: i32 = -2;

/**
 * Defines how items are read: by the object `object` of the tree, whose places are those from `firstPlace`
 * to `endOfPlaces`.
 */
export function placeItems(
  column: i32,
  start: usize,
  end: usize,
  object: i32,
  firstPlace: i32,
  endOfPlaces: i32,
): void {
  itemsColumn = column;
  headStart = start;
  headEnd = end;
  itemObject = object;
  firstItemPlace = firstPlace;
  endOfItemPlaces = endOfPlaces;
}

export function addItemList(place: i32): void {
  store<i32>(lists + (listCount++ << 2), place);
}

/** Defines the next field of objects. Its places are added next. */
export function addItemField(headStart: i32, headEnd: i32): void {
  store<i32>(fieldHeads + (fieldCount << 3), headStart);
  store<i32>(fieldHeads + (fieldCount << 3), headEnd, 4);
  fieldCount++;
  objectFieldCount = fieldCount;
  store<i32>(firstPlaces + (fieldCount << 2), placeListLength);
}

/**
 * Defines the next field of arrays. Its values are read into `valuePlace`. The places of the array
 * are added next.
 */
export function addItemArray(headStart: i32, headEnd: i32, valuePlace: i32): void {
  const before = objectFieldCount;
  addItemField(headStart, headEnd);
  objectFieldCount = before;
  store<i32>(valuePlaces + ((fieldCount - 1) << 2), valuePlace);
}

export function addItemPlace(place: i32): void {
  store<i32>(placeList + (placeListLength << 2), place);
  placeListLength++;
  store<i32>(firstPlaces + (fieldCount << 2), placeListLength);
}

/**
 * Adds the items of the line to its row. False: the line falls back to the strict reader, and
 * nothing is added.
 */
export function addItems(): bool {
  if (itemsColumn < 0) {
    return true;
  }
  itemCount = 0;
  beginText(itemsColumn);
  let isKnown = true;
  for (let index: i32 = 0; index < listCount && itemCount === 0 && isKnown; index++) {
    const place = load<i32>(lists + (index << 2));
    if (isContainer(place)) {
      isKnown = addListed(writtenStartOf(place));
    }
  }
  if (isKnown && itemCount === 0 && fieldCount > objectFieldCount) {
    isKnown = addParallel();
  }
  if (!isKnown || itemCount === 0) {
    dropText(itemsColumn);
    return isKnown;
  }
  addByte(CLOSE_BRACKET);
  endText(itemsColumn);
  return true;
}

/** Adds the items of an array of objects, or of a single object. */
function addListed(start: usize): bool {
  if (byteAt(start) === OPEN_BRACE) {
    return addObjectItem(start) !== 0;
  }
  let at = skipSpace(start + 1);
  while (byteAt(at) !== CLOSE_BRACKET) {
    at = byteAt(at) === OPEN_BRACE ? addObjectItem(at) : endOfValue(at, 0);
    if (at === 0) {
      return false;
    }
    at = skipSpace(at);
    if (byteAt(at) === COMMA) {
      at = skipSpace(at + 1);
    }
  }
  return true;
}

function addObjectItem(start: usize): usize {
  forgetPlacesOf(firstItemPlace, endOfItemPlaces);
  const end = findMembersOfItem(start, itemObject);
  return end !== 0 && addItem(0, objectFieldCount) ? end : 0;
}

/** Adds as many items as the longest array has values. A single value counts as an array of one. */
function addParallel(): bool {
  for (let field = objectFieldCount; field < fieldCount; field++) {
    if (!findArray(field)) {
      return false;
    }
  }
  let hasValues = true;
  while (hasValues) {
    hasValues = false;
    for (let field = objectFieldCount; field < fieldCount; field++) {
      const place = load<i32>(valuePlaces + (field << 2));
      forgetPlacesOf(place, place + 1);
      const at = <usize>load<i32>(nextValues + (field << 2));
      if (at === 0) {
        continue;
      }
      hasValues = true;
      const end = readValue(place, at, 1);
      if (end === 0) {
        return false;
      }
      store<i32>(nextValues + (field << 2), <i32>behindValue(field, end));
    }
    if (hasValues && !addItem(objectFieldCount, fieldCount)) {
      return false;
    }
  }
  return true;
}

/**
 * Stores the address of the first value in the field's array. False: falls back to the strict
 * reader.
 */
function findArray(field: i32): bool {
  store<i32>(nextValues + (field << 2), 0);
  const place = findPlace(field);
  if (place < 0) {
    return place === NONE;
  }
  const start = writtenStartOf(place);
  const isArray = byteAt(start) === OPEN_BRACKET;
  store<u8>(areSingle + field, <u8>!isArray);
  if (isArray) {
    const first = skipSpace(start + 1);
    if (byteAt(first) !== CLOSE_BRACKET) {
      store<i32>(nextValues + (field << 2), <i32>first);
    }
  } else if (!isContainer(place)) {
    store<i32>(nextValues + (field << 2), <i32>start);
  }
  return true;
}

function behindValue(field: i32, end: usize): usize {
  const at = skipSpace(end);
  const isLast = load<u8>(areSingle + field) !== 0 || byteAt(at) !== COMMA;
  return isLast ? 0 : skipSpace(at + 1);
}

/**
 * Adds an item with the fields from `from` to `to`, unless none has a value. False: falls back to
 * the strict reader.
 */
function addItem(from: i32, to: i32): bool {
  let isBegun = false;
  for (let field = from; field < to; field++) {
    const place =
      field < objectFieldCount
        ? findPlace(field)
        : checkPlace(load<i32>(valuePlaces + (field << 2)));
    if (place === UNKNOWN) {
      return false;
    }
    if (place === NONE || isContainer(place)) {
      continue;
    }
    if (!isBegun) {
      isBegun = true;
      beginItem();
    }
    addBytes(
      <usize>load<i32>(fieldHeads + (field << 3)),
      <usize>load<i32>(fieldHeads + (field << 3), 4),
    );
    addValue(place);
    addByte(QUOTE);
  }
  if (isBegun) {
    addByte(CLOSE_BRACE);
  }
  return true;
}

function beginItem(): void {
  addByte(itemCount === 0 ? OPEN_BRACKET : COMMA);
  itemCount++;
  addBytes(headStart, headEnd);
  addNumber(itemCount);
  addByte(QUOTE);
}

/** The field's first place that has an object, an array, or a value that is not blank. */
function findPlace(field: i32): i32 {
  const end = load<i32>(firstPlaces + ((field + 1) << 2));
  for (let index = load<i32>(firstPlaces + (field << 2)); index < end; index++) {
    const place = checkPlace(load<i32>(placeList + (index << 2)));
    if (place !== NONE) {
      return place;
    }
  }
  return NONE;
}

/** The place, or a code if it cannot be used. */
function checkPlace(place: i32): i32 {
  if (isContainer(place)) {
    return place;
  }
  if (!isTextAt(place)) {
    return NONE;
  }
  let start = startOf(place);
  let end = endOf(place);
  if (hasEscape(place)) {
    if (end - start > MAX_ESCAPED_BYTES) {
      return UNKNOWN;
    }
    end = copyUnescaped(start, end, unescaped);
    start = unescaped;
  }
  return trimStart(start, end) < end ? place : NONE;
}

function addValue(place: i32): void {
  const start = startOf(place);
  const end = endOf(place);
  if (hasEscape(place)) {
    const target = nextPlace(itemsColumn, <i32>(end - start));
    extendText(itemsColumn, <i32>(copyWithFewEscapes(start, end, target) - target));
  } else {
    addBytes(start, end);
  }
}

function addBytes(start: usize, end: usize): void {
  const sizeBytes = <i32>(end - start);
  const target = nextPlace(itemsColumn, sizeBytes);
  for (let at: i32 = 0; at < sizeBytes; at += 16) {
    v128.store(target + at, v128.load(start + at));
  }
  extendText(itemsColumn, sizeBytes);
}

function addByte(byte: i32): void {
  store<u8>(nextPlace(itemsColumn, 1), <u8>byte);
  extendText(itemsColumn, 1);
}

function addNumber(value: i32): void {
  if (value >= 10) {
    addNumber(value / 10);
  }
  addByte(ZERO + (value % 10));
}
