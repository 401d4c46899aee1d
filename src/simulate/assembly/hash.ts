/**
 * The hashes and identifiers of ../hash.ts and ../identity.ts, in integers of the machine. Of an identifier
 * the words are left in `word0` and after.
 */
const GOLDEN: i32 = 0x9e3779b1;

export let word0: i32 = 0;
export let word1: i32 = 0;
export let word2: i32 = 0;
export let word3: i32 = 0;

export function mix(value: i32): i32 {
  let h = value ^ (value >>> 16);
  h *= 0x85ebca6b;
  h ^= h >>> 13;
  h *= 0xc2b2ae35;
  return h ^ (h >>> 16);
}

export function scrambleWord(word: i32, key: i32): u32 {
  return <u32>mix(mix(word ^ key) + key * GOLDEN);
}

/** Two words, of an identifier that belongs to one visit. */
export function setVisitId(key: i32, visitor: i32, number: i32): void {
  let left = visitor;
  let right = number;
  left ^= mix(right + key);
  right ^= mix(left + key * 3);
  left ^= mix(right + key * 5);
  right ^= mix(left + key * 7);
  word0 = left;
  word1 = right;
}

/** Four words, of an event id. */
export function setEventId(key: i32, visitor: i32, act: i32): void {
  setVisitId(key, visitor, act);
  word3 = word1;
  const first = mix(word0 + key);
  const second = mix(word3 ^ first);
  word1 = (first & ~0xf000) | 0x4000;
  word2 = (second & 0x3fffffff) | 0x80000000;
}
