/**
 * Numbers the names of members, each within its object. Wanted names come first, then others as
 * they occur in lines.
 */
import { byteAt, QUOTE, SPACE } from './bytes';

/** When there are more, the host collects their counts, and they are cleared. */
export const MAX_NAMES = 2000;
/** Longer names are left to the strict reader. */
const MAX_NAME_BYTES: usize = 200;
/** Space for the longest name, its closing quote, and the bytes compared with it. */
const PLACE_BYTES = 256;
const SLOT_COUNT = 8192;

/** All names with their closing quotes, at fixed distances, and their lengths. */
const characters: usize = memory.data(MAX_NAMES * PLACE_BYTES, 16);
const lengths: usize = memory.data(MAX_NAMES * 4, 16);
/** The parent of each name: 0 is the line itself, n + 1 the value of name n. */
const parents: usize = memory.data(MAX_NAMES * 4, 16);
/** A hash table of name numbers, from 1; 0: empty. */
const slots: usize = memory.data(SLOT_COUNT * 4, 16);

let nameCount: i32 = 0;
let isFull: bool = false;

export function names(): i32 {
  return nameCount;
}

export function placeOfName(name: i32): usize {
  return characters + name * PLACE_BYTES;
}

/** Includes the closing quote. 0: an element of an array. */
export function lengthOfName(name: i32): i32 {
  return load<i32>(lengths + (name << 2));
}

export function parentOfName(name: i32): i32 {
  return load<i32>(parents + (name << 2));
}

/** Whether this name and its closing quote are at `at`. */
export function isNameAt(name: i32, at: usize): bool {
  const length = lengthOfName(name);
  const place = placeOfName(name);
  let index: i32 = 0;
  for (; index + 8 <= length; index += 8) {
    if (load<u64>(at + index) !== load<u64>(place + index)) {
      return false;
    }
  }
  const restBits = (length & 7) << 3;
  const difference = load<u64>(at + index) ^ load<u64>(place + index);
  return restBits === 0 || difference << (<u64>(64 - restBits)) === 0;
}

/** Whether `readName` has failed for lack of space since names were last cleared. */
export function hasNoRoom(): bool {
  return isFull;
}

/** Clears all names except the first `count`, which keep their numbers. */
export function forgetNames(count: i32): void {
  memory.fill(slots, 0, SLOT_COUNT * 4);
  isFull = false;
  nameCount = 0;
  for (let name: i32 = 0; name < count; name++) {
    if (lengthOfName(name) === 0) {
      addUnnamed(parentOfName(name));
    } else {
      readName(placeOfName(name), parentOfName(name));
    }
  }
}

/** Adds a name without characters, which never occurs in a text. */
export function addUnnamed(parent: i32): i32 {
  const name = nameCount++;
  store<i32>(lengths + (name << 2), 0);
  store<i32>(parents + (name << 2), parent);
  return name;
}

/**
 * The number of the name at `at`, in this object. -1: it contains escapes, is too long, or there is
 * no space.
 */
export function readName(at: usize, parent: i32): i32 {
  let hash: i32 = parent;
  let end = at;
  for (let byte = byteAt(end); byte !== QUOTE; byte = byteAt(++end)) {
    if (byte < SPACE || byte === 0x5c) {
      return -1;
    }
    hash = hash * 31 + byte;
  }
  const length = end - at + 1;
  let slot = hash & (SLOT_COUNT - 1);
  let name = load<i32>(slots + (slot << 2)) - 1;
  while (name >= 0) {
    if (parentOfName(name) === parent && lengthOfName(name) === <i32>length && isNameAt(name, at)) {
      return name;
    }
    slot = (slot + 1) & (SLOT_COUNT - 1);
    name = load<i32>(slots + (slot << 2)) - 1;
  }
  if (length > MAX_NAME_BYTES) {
    return -1;
  }
  if (nameCount === MAX_NAMES) {
    isFull = true;
    return -1;
  }
  name = nameCount++;
  memory.copy(placeOfName(name), at, length);
  store<i32>(lengths + (name << 2), <i32>length);
  store<i32>(parents + (name << 2), parent);
  store<i32>(slots + (slot << 2), nameCount);
  return name;
}
