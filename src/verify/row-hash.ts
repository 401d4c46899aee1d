/**
 * A quick 64-bit hash of a row, fed value by value. Two lanes of 32 bits; each value is mixed in with
 * its length or kind, so ('ab', 'c') and ('a', 'bc'), or null and '', differ. Not cryptographic: it
 * finds mistakes, not forgeries. It may change between releases; it is never stored.
 */
export type RowHash = Int32Array;

const SEED_A = 0x9e3779b9 | 0;
const SEED_B = 0x7f4a7c15 | 0;
const PRIME_A = 0x85ebca6b | 0;
const PRIME_B = 0xc2b2ae35 | 0;
const NULL_MARK = -1;

export function newRowHash(): RowHash {
  return Int32Array.of(SEED_A, SEED_B);
}

export function resetRowHash(hash: RowHash): void {
  hash[0] = SEED_A;
  hash[1] = SEED_B;
}

function hashNull(hash: RowHash): void {
  mix(hash, NULL_MARK);
}

export function hashText(hash: RowHash, text: string | null): void {
  if (text === null) {
    hashNull(hash);
    return;
  }
  mix(hash, text.length);
  let a = hash[0]!;
  let b = hash[1]!;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, PRIME_A);
    b = Math.imul(((b << 13) | (b >>> 19)) ^ code, PRIME_B);
  }
  hash[0] = a;
  hash[1] = b;
}

/** Integers of any size; a number and a bigint of the same value hash alike. */
export function hashInteger(hash: RowHash, value: number | bigint | null): void {
  if (value === null) {
    hashNull(hash);
    return;
  }
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    hashText(hash, String(value));
    return;
  }
  mix(hash, number | 0);
  mix(hash, Math.floor(number / 0x1_0000_0000));
}

/** The first 32 bits, every bit of which depends on all that was fed. */
export function finishLow(hash: RowHash): number {
  return avalanche(hash[0]! ^ Math.imul(hash[1]!, PRIME_A));
}

/** The other 32 bits. */
export function finishHigh(hash: RowHash): number {
  return avalanche(hash[1]! ^ Math.imul(hash[0]!, PRIME_B));
}

/** 32 bits for choosing a partition. */
export function hashKey(text: string): number {
  let hash = SEED_A;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME_A);
  return avalanche(hash);
}

function mix(hash: RowHash, value: number): void {
  const b = hash[1]!;
  hash[0] = Math.imul(hash[0]! ^ value, PRIME_A);
  hash[1] = Math.imul(((b << 13) | (b >>> 19)) ^ value, PRIME_B);
}

function avalanche(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x7feb352d);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x846ca68b | 0);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
