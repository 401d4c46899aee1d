/**
 * The places of a layout: the positions at which a record can have wanted values. For the present
 * line, this module stores where their texts are.
 */
import { byteAt, isSameText, LETTER_N, QUOTE } from './bytes';
import { MAX_COLUMNS } from './columns';
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
} from './json';

/** Codes used instead of the start of a text. */
const ABSENT: i32 = 0;
const NULL: i32 = 1;
const CONTAINER: i32 = 2;

/**
 * How the value of a place is read: BY_VALUE as a number; AS_SENT: an object or array counts as
 * null; AS_WRITTEN: its JSON text is needed too.
 */
const BY_VALUE: i32 = 1;
const AS_SENT: i32 = 2;
const AS_WRITTEN: i32 = 4;
const modes: usize = memory.data(MAX_COLUMNS, 16);
let placeCount: i32 = 0;
/** For the last line: the start of each place's text, or `ABSENT`, `NULL` or `CONTAINER`. */
const starts: usize = memory.data(MAX_COLUMNS * 4, 16);
const ends: usize = memory.data(MAX_COLUMNS * 4, 16);
const hasEscapes: usize = memory.data(MAX_COLUMNS, 16);
/** The start of the value as written, for places with AS_WRITTEN. */
const writtenStarts: usize = memory.data(MAX_COLUMNS * 4, 16);
/** For each place, whether any line so far has a value there. */
const found: usize = memory.data(MAX_COLUMNS, 16);
/** Texts that count as null. */
let missingCount: i32 = 0;
let longestMissing: usize = 0;
const MAX_MISSING = 64;
const missingTexts: usize = memory.data(MAX_MISSING * 8, 16);
/** An escape has at most six times the length of its character. */
const MAX_ESCAPE_BYTES = 6;
const MAX_MISSING_BYTES = 200;
const unescaped: usize = memory.data(MAX_MISSING_BYTES * MAX_ESCAPE_BYTES, 16);

/** `mode` is a combination of the modes above. */
export function wantPlace(place: i32, mode: i32): void {
  store<u8>(modes + place, <u8>mode);
  if (place >= placeCount) {
    placeCount = place + 1;
  }
}

/** One byte per place: 1 if any line has a value there. */
export function foundPlaces(): usize {
  return found;
}

/** Adds a text that counts as null: at most `MAX_MISSING` of them, of `MAX_MISSING_BYTES` each. */
export function addMissing(start: i32, end: i32): void {
  store<i32>(missingTexts + (missingCount << 3), start);
  store<i32>(missingTexts + (missingCount << 3), end, 4);
  missingCount++;
  if (<usize>(end - start) > longestMissing) {
    longestMissing = <usize>(end - start);
  }
}

/** Called before each line. */
export function forgetPlaces(): void {
  forgetPlacesOf(0, placeCount);
}

export function forgetPlacesOf(from: i32, to: i32): void {
  for (let place = from; place < to; place++) {
    store<i32>(starts + (place << 2), ABSENT);
  }
}

export function isContainer(place: i32): bool {
  return load<i32>(starts + (place << 2)) === CONTAINER;
}

/** The start of the value as written, for a place that has one. */
export function writtenStartOf(place: i32): usize {
  return <usize>load<i32>(writtenStarts + (place << 2));
}

/** Whether the place has a value that is not null. */
export function isTextAt(place: i32): bool {
  return load<i32>(starts + (place << 2)) > CONTAINER;
}

export function startOf(place: i32): usize {
  return <usize>load<i32>(starts + (place << 2));
}

export function endOf(place: i32): usize {
  return <usize>load<i32>(ends + (place << 2));
}

export function hasEscape(place: i32): bool {
  return load<u8>(hasEscapes + place) !== 0;
}

/**
 * Removes escapes in place, since lines are read only once. Several places can share the text: an
 * array element can be wanted by its index and by a text.
 */
export function removeEscapes(place: i32): void {
  if (load<u8>(hasEscapes + place) === 0) {
    return;
  }
  const start = load<i32>(starts + (place << 2));
  const end = <usize>load<i32>(ends + (place << 2));
  const newEnd = <i32>copyUnescaped(<usize>start, end, <usize>start);
  for (let other = 0; other < placeCount; other++) {
    if (load<i32>(starts + (other << 2)) === start) {
      store<i32>(ends + (other << 2), newEnd);
      store<u8>(hasEscapes + other, 0);
    }
  }
}

/**
 * Stores the value at `at` as that of the place, if it is the first in the line. Returns the
 * position after the value.
 */
export function readValue(place: i32, at: usize, depth: i32): usize {
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
    if (missingCount !== 0 && next !== 0 && isMissing(start, end, isEscaped)) {
      start = NULL;
    }
  } else if (isContainerStart(byte)) {
    if (!canBeContainer(place)) {
      return 0;
    }
    next = endOfContainer(at, depth);
    if (next !== 0) {
      notePlace(place, at);
    }
    return next;
  } else if (isNumberStart(byte)) {
    next = endOfNumber(at);
    end = next;
    // The strict reader writes such numbers without an exponent.
    if ((modeOf(place) & BY_VALUE) !== 0 && hasExponent(start, end)) {
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
    noteWritten(place, at);
    store<u8>(found + place, 1);
    store<i32>(starts + (place << 2), <i32>start);
    store<i32>(ends + (place << 2), <i32>end);
    store<u8>(hasEscapes + place, isEscaped);
  }
  return next;
}

function modeOf(place: i32): i32 {
  return <i32>load<u8>(modes + place);
}

/** False: the field would have the wrong type, which the strict reader reports. */
export function canBeContainer(place: i32): bool {
  return (modeOf(place) & AS_SENT) !== 0;
}

/** Stores an object or array as the value of a place. */
export function notePlace(place: i32, start: usize): void {
  if (load<i32>(starts + (place << 2)) === ABSENT) {
    noteWritten(place, start);
    store<u8>(found + place, 1);
    store<i32>(starts + (place << 2), CONTAINER);
  }
}

function noteWritten(place: i32, start: usize): void {
  if ((modeOf(place) & AS_WRITTEN) !== 0) {
    store<i32>(writtenStarts + (place << 2), <i32>start);
  }
}

/** Whether the text counts as null. */
function isMissing(start: usize, end: usize, isEscaped: u8): bool {
  if (isEscaped === 0) {
    return isMissingText(start, end);
  }
  return (
    end - start <= longestMissing * MAX_ESCAPE_BYTES &&
    isMissingText(unescaped, copyUnescaped(start, end, unescaped))
  );
}

function isMissingText(start: usize, end: usize): bool {
  for (let index: i32 = 0; index < missingCount; index++) {
    if (isSameText(missingTexts + (index << 3), start, end)) {
      return true;
    }
  }
  return false;
}
