/**
 * Finds the wanted values of a line by following its members and array elements along the tree of
 * names.
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
  QUOTE,
} from './bytes';
import { endOfValue, skipSpace } from './json';
import { forgetNames, isNameAt, lengthOfName, MAX_NAMES, readName } from './names';
import { canBeContainer, forgetPlaces, notePlace, readValue } from './places';
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

const MAX_OTHERS = 100;
/** Objects nested deeper are left to the strict reader. */
const MAX_WANTED_DEPTH = 40;

/** The last line in which a name with wanted parts occurred. Of equal names the first counts. */
const lastLines: usize = memory.data(MAX_NAMES * 4, 16);
let lineNumber: i32 = 0;
/**
 * The name that followed each name in the previous line, from 1; it usually follows again. The
 * entries after the names hold the first name of each object.
 */
const following: usize = memory.data((2 * MAX_NAMES + 1) * 4, 16);
/**
 * For fields without a column: the number of lines in which each occurs, and the fields of the
 * present line.
 */
const otherCounts: usize = memory.data(MAX_NAMES * 4, 16);
const others: usize = memory.data(MAX_OTHERS * 4, 16);

export function otherFieldCount(name: i32): i32 {
  return load<i32>(otherCounts + (name << 2));
}

/** Clears the fields without a column and their counts. */
export function forgetOthers(): void {
  forgetNames(wantedCount);
  memory.fill(following, 0, (2 * MAX_NAMES + 1) * 4);
  memory.fill(otherCounts, 0, MAX_NAMES * 4);
}

let otherCount: i32 = 0;
/** True while members are not counted as unknown fields, as within items. */
let isQuiet: bool = false;

/**
 * Finds the values of the line that begins at `start`. Returns the position of its LF; 0: the line
 * is rejected.
 */
export function findFields(start: usize): usize {
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

export function countOthers(): void {
  for (let index: i32 = 0; index < otherCount; index++) {
    const count = otherCounts + (load<i32>(others + (index << 2)) << 2);
    store<i32>(count, load<i32>(count) + 1);
  }
}

/**
 * Finds the wanted members of an item, which is an object of its own. Returns its end; 0: rejected.
 */
export function findMembersOfItem(start: usize, object: i32): usize {
  isQuiet = true;
  lineNumber++;
  return findMembers(start, object, 1);
}

/** Finds the wanted members of the object that begins at `start`. Returns its end; 0: rejected. */
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

/** Counts an unknown field. False: there are too many. */
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
    notePlace(place, at);
  }
  return end;
}

/** Finds the wanted elements of the array that begins at `start`. Returns its end; 0: rejected. */
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
