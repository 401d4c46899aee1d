/**
 * Undeclared fields by name, in bounded memory whatever senders call their fields. Exact up to `MAX_NAMES`
 * distinct names; beyond that rare names are dropped, and a name that is dropped and comes again starts anew.
 */

/** Plain data, so that threads can hand it over. */
export interface FieldCounts {
  /** In how many lines each name occurs. */
  lines: Map<string, number>;
  /** Names were dropped: there were more than `MAX_NAMES`. */
  isCut: boolean;
}

/** What a run summary says of them. */
export interface UnknownFields {
  /** The most frequent names first, and in how many lines each occurs. */
  names: Record<string, number>;
  /** How many names there are beside those; 9,900 means at least so many. */
  more: number;
}

/** Names are counted up to here. */
export const MAX_NAMES = 10_000;
/** What is left when there are more: the others have room to become frequent. */
const KEPT_NAMES = 5000;
/** Names that are reported. */
const REPORTED_NAMES = 100;
/** Longer names are cut, in characters. */
export const MAX_NAME_LENGTH = 200;

export function noFields(): FieldCounts {
  return { lines: new Map(), isCut: false };
}

export function addField(counts: FieldCounts, name: string, lineCount: number): void {
  const key = cutName(name);
  counts.lines.set(key, (counts.lines.get(key) ?? 0) + lineCount);
  if (counts.lines.size <= MAX_NAMES) {
    return;
  }
  // Of equally frequent names the last seen stay: a name needs some time to be seen again.
  const newestFirst = [...counts.lines].reverse().sort(([, a], [, b]) => b - a);
  counts.lines = new Map(newestFirst.slice(0, KEPT_NAMES).reverse());
  counts.isCut = true;
}

export function addFields(counts: FieldCounts, added: FieldCounts): void {
  for (const [name, lineCount] of added.lines) {
    addField(counts, name, lineCount);
  }
  counts.isCut ||= added.isCut;
}

export function mostFrequentFields({ lines, isCut }: FieldCounts): UnknownFields {
  const sorted = [...lines].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  const nameCount = isCut ? MAX_NAMES : sorted.length;
  return {
    names: Object.fromEntries(sorted.slice(0, REPORTED_NAMES)),
    more: Math.max(0, nameCount - REPORTED_NAMES),
  };
}

function cutName(name: string): string {
  // Two code units a character at most: a long name is not split up whole.
  const characters =
    name.length <= MAX_NAME_LENGTH ? [] : [...name.slice(0, 2 * MAX_NAME_LENGTH + 2)];
  if (characters.length <= MAX_NAME_LENGTH) {
    return name;
  }
  return `${characters.slice(0, MAX_NAME_LENGTH).join('')}…`;
}
