/**
 * The places of a layout, whose values fields have: where their texts lie in the line that is being read.
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

/** Instead of where a text begins. */
const ABSENT: i32 = 0;
const NULL: i32 = 1;
const CONTAINER: i32 = 2;

/** How the value of a place is read: as a number; an object or array counts as null; also as written. */
const BY_VALUE: i32 = 1;
const AS_SENT: i32 = 2;
const AS_WRITTEN: i32 = 4;
const modes: usize = memory.data(MAX_COLUMNS, 16);
let placeCount: i32 = 0;
/** Of the line read last, where the text of each place lies; `ABSENT`, `NULL`, `CONTAINER`. */
const starts: usize = memory.data(MAX_COLUMNS * 4, 16);
const ends: usize = memory.data(MAX_COLUMNS * 4, 16);
const hasEscapes: usize = memory.data(MAX_COLUMNS, 16);
/** Where the value of a place that is read as written begins. */
const writtenStarts: usize = memory.data(MAX_COLUMNS * 4, 16);
/** Of each place whether any line so far has a value there. */
const found: usize = memory.data(MAX_COLUMNS, 16);
/** Texts that count as null. */
let missingCount: i32 = 0;
let longestMissing: usize = 0;
const MAX_MISSING = 64;
const missingTexts: usize = memory.data(MAX_MISSING * 8, 16);
/** An escape is at most six times as long as what it stands for. */
const MAX_ESCAPE_BYTES = 6;
const MAX_MISSING_BYTES = 200;
const unescaped: usize = memory.data(MAX_MISSING_BYTES * MAX_ESCAPE_BYTES, 16);

/** `mode` is a sum of those above. */
export function wantPlace(place: i32, mode: i32): void {
  store<u8>(modes + place, <u8>mode);
  if (place >= placeCount) {
    placeCount = place + 1;
  }
}

/** A byte for each place: 1 when some line has a value there, whatever it is. */
export function foundPlaces(): usize {
  return found;
}

/** Of at most `MAX_MISSING_BYTES`, and at most `MAX_MISSING` of them. */
export function addMissing(start: i32, end: i32): void {
  store<i32>(missingTexts + (missingCount << 3), start);
  store<i32>(missingTexts + (missingCount << 3), end, 4);
  missingCount++;
  if (<usize>(end - start) > longestMissing) {
    longestMissing = <usize>(end - start);
  }
}

/** Before each line. */
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

/** Of a place that has a value which is read as written. */
export function writtenStartOf(place: i32): usize {
  return <usize>load<i32>(writtenStarts + (place << 2));
}

/** Whether there is a value that is not null. */
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
 * A text with escapes is written over without them: the line is not read again. Several places can have it: an
 * element of an array that is wanted by its index and by a text.
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

/** Notes the value at `at` as the place's, if it is the first of the line; returns where it ends. */
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
    // Read by value: the strict reader writes such a number out.
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

/** Another field has the wrong type then, which the strict reader tells. */
export function canBeContainer(place: i32): bool {
  return (modeOf(place) & AS_SENT) !== 0;
}

/** Notes an object or array. */
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
