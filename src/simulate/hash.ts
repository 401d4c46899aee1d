/**
 * Random numbers without state: each is a hash of what it is for.
 *
 * Everything is 32-bit integer arithmetic, so the numbers are the same on any machine, in any order
 * of calls and with any number of threads. The finalizer is MurmurHash3's, a bijection of 32 bits.
 */

const GOLDEN = 0x9e3779b1;

/** A bijection of 32-bit integers in which every input bit changes about half of the output bits. */
export function mix(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A 32-bit signed key out of a key and one more word. */
export function deriveKey(key: number, word: number): number {
  return mix(mix(Math.imul(word, GOLDEN) ^ key) + key);
}

/**
 * The `index`-th random number of the stream that two key words name: an integer from 0 to 2^32 - 1.
 * Two words, because among millions of sessions many share any single 32-bit key.
 */
export function draw(keyA: number, keyB: number, index: number): number {
  return mix(mix(keyA + Math.imul(index, GOLDEN)) ^ keyB) >>> 0;
}

/** The threshold below which `draw` falls with the given probability (0 to 1). */
export function threshold(probability: number): number {
  return Math.round(probability * 4294967296);
}

/** A whole number from 0 to `count - 1` out of a 32-bit random number. */
export function pick(random: number, count: number): number {
  return Math.floor((random / 4294967296) * count);
}

/**
 * Scrambles the 64 bits of `pair[0]` and `pair[1]` in place. A Feistel network, so a bijection:
 * different pairs stay different, which is what makes identifiers unique without remembering them.
 */
export function scramblePair(pair: Int32Array, key: number): void {
  let left = pair[0]!;
  let right = pair[1]!;
  left ^= mix(right + key);
  right ^= mix(left + Math.imul(key, 3));
  left ^= mix(right + Math.imul(key, 5));
  right ^= mix(left + Math.imul(key, 7));
  pair[0] = left;
  pair[1] = right;
}

/** Scrambles a 32-bit number into another, one to one; the result is unsigned. */
export function scrambleWord(word: number, key: number): number {
  return mix(mix(word ^ key) + Math.imul(key, GOLDEN)) >>> 0;
}
