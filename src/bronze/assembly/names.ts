/**
 * Names of members by number, each in the object that it belongs to: those that are wanted first, then
 * others as lines bring them.
 */
import { byteAt, QUOTE, SPACE } from './bytes';

/** When there are more, the host takes the counts of those so far, and they are forgotten. */
export const MAX_NAMES = 2000;
/** Longer names are left to the strict reader. */
const MAX_NAME_BYTES: usize = 200;
/** Room for the longest name, its quote, and what is compared with it. */
const PLACE_BYTES = 256;
const SLOT_COUNT = 8192;

/** Every name with its closing quote, each in a place of its own, and how long it is. */
const characters: usize = memory.data(MAX_NAMES * PLACE_BYTES, 16);
const lengths: usize = memory.data(MAX_NAMES * 4, 16);
/** The object of each: 0 is the line itself, n + 1 the value of name n. */
const parents: usize = memory.data(MAX_NAMES * 4, 16);
/** Numbers of names from 1, by the hash of the name; 0: none. */
const slots: usize = memory.data(SLOT_COUNT * 4, 16);

let nameCount: i32 = 0;
let isFull: bool = false;

export function names(): i32 {
  return nameCount;
}

export function placeOfName(name: i32): usize {
  return characters + name * PLACE_BYTES;
}

/** With the closing quote; 0: it is an element of an array. */
export function lengthOfName(name: i32): i32 {
  return load<i32>(lengths + (name << 2));
}

export function parentOfName(name: i32): i32 {
  return load<i32>(parents + (name << 2));
}

/** Whether this name, and its closing quote, lie at `at`. */
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

/** Whether `readName` had no room for a name since names were last forgotten. */
export function hasNoRoom(): bool {
  return isFull;
}

/** Forgets all names but the first `count`, which keep their numbers. */
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

/** A name without characters, which nothing in a text has. */
export function addUnnamed(parent: i32): i32 {
  const name = nameCount++;
  store<i32>(lengths + (name << 2), 0);
  store<i32>(parents + (name << 2), parent);
  return name;
}

/**
 * The name whose characters begin at `at`, in this object; -1: it is written with escapes, is too long, or
 * there is no room.
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
