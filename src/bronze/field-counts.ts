/**
 * Counts undeclared fields by name, in bounded memory for any input. Exact up to `MAX_NAMES`
 * distinct names. Above that, rare names are dropped, and a dropped name that occurs again is
 * counted from zero.
 */

/** Plain data, so that threads can exchange it. */
export interface FieldCounts {
  /** By name: the number of lines with this field. */
  lines: Map<string, number>;
  /** True if names were dropped, because there were more than `MAX_NAMES`. */
  isCut: boolean;
}

/** The unknown fields in a run summary. */
export interface UnknownFields {
  /** The most frequent names, with the number of lines that have each. */
  names: Record<string, number>;
  /** The number of other names; 9,900 means at least that many. */
  more: number;
}

/** The maximum number of names that are counted. */
export const MAX_NAMES = 10_000;
/**
 * The number of names that are kept when there are more. The free space lets new names become
 * frequent.
 */
const KEPT_NAMES = 5000;
/** The number of names that are reported. */
const REPORTED_NAMES = 100;
/** Longer names are truncated to this number of characters. */
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
  // Of equally frequent names keep the newest, so that a name has some time to occur again.
  const newestFirst = [...counts.lines].reverse().sort(([, a], [, b]) => b - a);
  counts.lines = new Map(newestFirst.slice(0, KEPT_NAMES).reverse());
  counts.isCut = true;
}

/** Adds the counts of `added` to `counts`. */
export function addFields(counts: FieldCounts, added: FieldCounts): void {
  for (const [name, lineCount] of added.lines) {
    addField(counts, name, lineCount);
  }
  counts.isCut ||= added.isCut;
}

/** The most frequent names and the number of others, for the run summary. */
export function mostFrequentFields({ lines, isCut }: FieldCounts): UnknownFields {
  const sorted = [...lines].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  const nameCount = isCut ? MAX_NAMES : sorted.length;
  return {
    names: Object.fromEntries(sorted.slice(0, REPORTED_NAMES)),
    more: Math.max(0, nameCount - REPORTED_NAMES),
  };
}

function cutName(name: string): string {
  // A character has at most two code units, so only the beginning of a long name is split.
  const characters =
    name.length <= MAX_NAME_LENGTH ? [] : [...name.slice(0, 2 * MAX_NAME_LENGTH + 2)];
  if (characters.length <= MAX_NAME_LENGTH) {
    return name;
  }
  return `${characters.slice(0, MAX_NAME_LENGTH).join('')}…`;
}
