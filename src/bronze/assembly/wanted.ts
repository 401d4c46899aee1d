/**
 * The tree of wanted members and elements of a record: names by number, each within its object or
 * array.
 */
import { byteAt, CLOSE_BRACE, COLON, COMMA, isSameText, LETTER_N, QUOTE } from './bytes';
import {
  endOfLiteral,
  endOfNumber,
  endOfPlainText,
  endOfValue,
  isContainerStart,
  isNumberStart,
  skipSpace,
} from './json';
import { addUnnamed, MAX_NAMES, readName } from './names';
import { wantPlace } from './places';

/**
 * For each wanted name: 1 + the place of its value, and which parts of its value are wanted.
 * Elements of arrays are names too, without characters.
 */
export let wantedCount: i32 = 0;
const placesOfNames: usize = memory.data(MAX_NAMES * 4, 16);
const wantedParts: usize = memory.data(MAX_NAMES, 16);
export const MEMBERS: i32 = 1;
export const ELEMENTS: i32 = 2;
/**
 * For each name: 1 + the first wanted element of its value. For each element: 1 + the next one of
 * the same array.
 */
const firstElements: usize = memory.data(MAX_NAMES * 4, 16);
const nextElements: usize = memory.data(MAX_NAMES * 4, 16);
/**
 * For each wanted element: its index, or `BY_TEXT`, for the first object whose member `key` has
 * this text.
 */
const elementIndexes: usize = memory.data(MAX_NAMES * 4, 16);
const BY_TEXT: i32 = -1;
const elementKeys: usize = memory.data(MAX_NAMES * 8, 16);
const elementTexts: usize = memory.data(MAX_NAMES * 8, 16);

/** Makes the name at `name`, with its closing quote, a wanted name of this object. */
export function addName(name: usize, parent: i32): i32 {
  const added = readName(name, parent);
  if (added === wantedCount) {
    wantedCount++;
  }
  return added;
}

/** Assigns the value of the name to a place. `mode` is a combination of the modes in places.ts. */
export function wantValue(name: i32, place: i32, mode: i32): void {
  store<i32>(placesOfNames + (name << 2), place + 1);
  wantPlace(place, mode);
}

/** Adds a separate object, such as an item. Returns its number. */
export function addObject(): i32 {
  const added = addUnnamed(0);
  wantedCount++;
  return added + 1;
}

export function wantMembers(name: i32): void {
  addPart(name, MEMBERS);
}

/** Makes an element of the array in `array` wanted, by its index. Returns its name. */
export function addElement(array: i32, index: i32): i32 {
  const added = addUnnamed(array + 1);
  wantedCount++;
  addPart(array, ELEMENTS);
  store<i32>(elementIndexes + (added << 2), index);
  store<i32>(nextElements + (added << 2), load<i32>(firstElements + (array << 2)));
  store<i32>(firstElements + (array << 2), added + 1);
  return added;
}

/** The same, by the text of a member. Elements of an array with equal keys share one `keyStart`. */
export function addElementByText(
  array: i32,
  keyStart: i32,
  keyEnd: i32,
  textStart: i32,
  textEnd: i32,
): i32 {
  const added = addElement(array, BY_TEXT);
  store<i32>(elementKeys + (added << 3), keyStart);
  store<i32>(elementKeys + (added << 3), keyEnd, 4);
  store<i32>(elementTexts + (added << 3), textStart);
  store<i32>(elementTexts + (added << 3), textEnd, 4);
  return added;
}

/** -1: the value itself is not wanted. */
export function placeOfWanted(name: i32): i32 {
  return load<i32>(placesOfNames + (name << 2)) - 1;
}

/** A combination of `MEMBERS` and `ELEMENTS`. */
export function partsOf(name: i32): i32 {
  return <i32>load<u8>(wantedParts + name);
}

/** The first wanted element of the name's value; -1: none. */
export function firstElement(array: i32): i32 {
  return load<i32>(firstElements + (array << 2)) - 1;
}

export function nextElement(element: i32): i32 {
  return load<i32>(nextElements + (element << 2)) - 1;
}

export function isWantedIndex(element: i32, index: i32): bool {
  return load<i32>(elementIndexes + (element << 2)) === index;
}

/** The start of the key for an element that is selected by text; 0: it is selected by index. */
export function keyOf(element: i32): i32 {
  return load<i32>(elementKeys + (element << 3));
}

/** Whether the text last found by `findText` is that of the element. */
export function isFoundText(element: i32): bool {
  return isSameText(elementTexts + (element << 3), foundStart, foundEnd);
}

function addPart(name: i32, part: i32): void {
  store<u8>(wantedParts + name, <u8>(<i32>load<u8>(wantedParts + name) | part));
}

export const NOT_FOUND: i32 = 0;
export const FOUND: i32 = 1;
/** Left to the strict reader. */
export const UNKNOWN: i32 = 2;
/** The position of the text found by `findText`. */
let foundStart: usize = 0;
let foundEnd: usize = 0;

/**
 * Searches the object that begins at `start` for the element's key, whose value must be a scalar.
 * Stops reading there.
 */
export function findText(start: usize, element: i32): i32 {
  const key = elementKeys + (element << 3);
  let at = skipSpace(start + 1);
  if (byteAt(at) === CLOSE_BRACE) {
    return NOT_FOUND;
  }
  for (;;) {
    if (byteAt(at) !== QUOTE) {
      return UNKNOWN;
    }
    const name = at + 1;
    const nameEnd = endOfPlainText(name);
    at = skipSpace(nameEnd + 1);
    if (byteAt(nameEnd) !== QUOTE || byteAt(at) !== COLON) {
      return UNKNOWN;
    }
    at = skipSpace(at + 1);
    if (isSameText(key, name, nameEnd)) {
      return readText(at);
    }
    at = endOfValue(at, 0);
    if (at === 0) {
      return UNKNOWN;
    }
    at = skipSpace(at);
    if (byteAt(at) !== COMMA) {
      break;
    }
    at = skipSpace(at + 1);
  }
  return NOT_FOUND;
}

function readText(at: usize): i32 {
  const byte = byteAt(at);
  if (isContainerStart(byte) || byte === LETTER_N) {
    return NOT_FOUND;
  }
  foundStart = at;
  if (byte === QUOTE) {
    foundStart = at + 1;
    foundEnd = endOfPlainText(foundStart);
    return byteAt(foundEnd) === QUOTE ? FOUND : UNKNOWN;
  }
  foundEnd = isNumberStart(byte) ? endOfNumber(at) : endOfLiteral(at);
  return foundEnd === 0 ? UNKNOWN : FOUND;
}
