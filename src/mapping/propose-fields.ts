/** Guesses which paths have the contract's fields, from their names and values. */
import { type KnownNames, rankOf } from './propose-names.ts';
import type { PathFacts, Survey } from './propose-survey.ts';

export interface FieldGuess {
  /** The first value that is not missing is used. */
  paths: PathFacts[];
  /** A path whose name matches the field, but whose values do not, with an example value. */
  unlike: { path: string; value: string } | undefined;
}

/** At least this share of a path's values must look like those of the field. */
const MIN_LIKE = 0.8;
/**
 * A further path is added only if it fills at least this share of the records that the others leave
 * empty.
 */
const MIN_GAIN = 0.01;
const MAX_PATHS = 4;

/** Guesses the paths of one field. Candidates have a known name and values that look right. */
export function guessField(survey: Survey, known: KnownNames): FieldGuess {
  const named = namedPaths(survey, known);
  const alike = named.filter((facts) => shareOf(facts, known.looks) >= MIN_LIKE);
  const other = named.find((facts) => !alike.includes(facts));
  const value = other?.values.find((text) => text !== undefined && !known.looks(text));
  return {
    paths: addWhatFills(alike, survey.records.length),
    unlike: other === undefined || value === undefined ? undefined : { path: other.text, value },
  };
}

/** Paths with a name of the field, the most likely first. */
export function namedPaths({ paths }: Survey, { names }: Pick<KnownNames, 'names'>): PathFacts[] {
  return paths
    .map((facts) => ({ facts, rank: rankOf(facts.path, names) }))
    .filter(({ facts, rank }) => rank !== -1 && isValue(facts))
    .toSorted(
      (a, b) =>
        a.rank - b.rank ||
        a.facts.path.length - b.facts.path.length ||
        b.facts.filled - a.facts.filled,
    )
    .map(({ facts }) => facts);
}

/** False if the path often has objects or arrays, because their records would be quarantined. */
function isValue({ filled, containerCount }: PathFacts): boolean {
  return filled > 0 && containerCount <= filled / 50;
}

/** Whether the ids on the path are unique per record. Repeated records are allowed. */
export function isUnique({ values }: PathFacts, { records }: Survey): boolean {
  const ids = new Set<string>();
  const pairs = new Set<string>();
  for (const [index, id] of values.entries()) {
    if (id !== undefined) {
      ids.add(id);
      pairs.add(`${id} ${records[index]}`);
    }
  }
  return ids.size > 0 && pairs.size <= 1.05 * ids.size;
}

/** Keeps, in order, the paths that have values in records where the earlier ones have none. */
export function addWhatFills(candidates: readonly PathFacts[], recordCount: number): PathFacts[] {
  const chosen: PathFacts[] = [];
  for (const facts of candidates) {
    const isOpen = (index: number): boolean =>
      chosen.every(({ values }) => values[index] === undefined);
    const gain = facts.values.filter((text, index) => text !== undefined && isOpen(index)).length;
    if (gain > 0 && (chosen.length === 0 || gain >= MIN_GAIN * recordCount)) {
      chosen.push(facts);
    }
  }
  return chosen.slice(0, MAX_PATHS);
}

function shareOf({ values, filled }: PathFacts, looks: (text: string) => boolean): number {
  return values.filter((text) => text !== undefined && looks(text)).length / filled;
}
