/**
 * The identifiers in the lines. Each is its number scrambled one to one, so that no two are the same
 * and nothing has to be remembered; the fast and the careful writer of lines share them.
 */
import { deriveKey, mix, scramblePair, scrambleWord } from './hash.ts';

/** Keys that keep the kinds of identifiers apart. */
export interface IdentityKeys {
  readonly event: number;
  readonly user: number;
  readonly session: number;
  readonly order: number;
  readonly account: number;
  readonly device: number;
}

export function createIdentityKeys(seed: number): IdentityKeys {
  const key = deriveKey(seed | 0, 4);
  return {
    event: deriveKey(key, 1),
    user: deriveKey(key, 2),
    session: deriveKey(key, 3),
    order: deriveKey(key, 4),
    account: deriveKey(key, 5),
    device: deriveKey(key, 6),
  };
}

/** Ten digits: user ids are also told as JSON numbers. */
const USER_ID_BASE = 1_000_000_000;

export function userNumber(keys: IdentityKeys, visitor: number): number {
  return USER_ID_BASE + scrambleWord(visitor, keys.user);
}

/**
 * The four words of an event id, which has the form of a random UUID: the outer two say which event
 * it is, the inner two are a hash of these.
 */
export function eventIdWords(
  keys: IdentityKeys,
  visitor: number,
  act: number,
  words: Int32Array,
): void {
  words[0] = visitor;
  words[1] = act;
  scramblePair(words, keys.event);
  words[3] = words[1]!;
  const first = mix(words[0]! + keys.event);
  const second = mix(words[3]! ^ first);
  words[1] = (first & ~0xf000) | 0x4000;
  words[2] = (second & 0x3fffffff) | 0x80000000;
}

/** The two words of an identifier that belongs to one visit. */
export function visitIdWords(
  key: number,
  visitor: number,
  number: number,
  words: Int32Array,
): void {
  words[0] = visitor;
  words[1] = number;
  scramblePair(words, key);
}

export function formatVisitId(key: number, visitor: number, number: number): string {
  const words = new Int32Array(2);
  visitIdWords(key, visitor, number, words);
  return hexWord(words[0]!) + hexWord(words[1]!);
}

/** The visitor's own account, or one that only this visit knows. */
export function formatUserId(
  keys: IdentityKeys,
  visitor: number,
  visitNumber: number,
  isOtherAccount: boolean,
): string {
  return isOtherAccount
    ? `g${formatVisitId(keys.account, visitor, visitNumber)}`
    : String(userNumber(keys, visitor));
}

/** Eight hexadecimal digits. */
function hexWord(word: number): string {
  return hexHalf(word >>> 16) + hexHalf(word);
}

/** The four hexadecimal digits of a word's lower half. */
function hexHalf(word: number): string {
  return HEX_BYTES[(word >>> 8) & 255]! + HEX_BYTES[word & 255]!;
}

const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function formatUuid(words: Int32Array): string {
  const second = words[1]!;
  const third = words[2]!;
  const middle = `${hexHalf(second >>> 16)}-${hexHalf(second)}-${hexHalf(third >>> 16)}`;
  return `${hexWord(words[0]!)}-${middle}-${hexHalf(third)}${hexWord(words[3]!)}`;
}
