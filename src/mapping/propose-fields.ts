/** Which paths of surveyed records hold a field of the contract, by their names and values. */
import { type KnownNames, rankOf } from './propose-names.ts';
import type { PathFacts, Survey } from './propose-survey.ts';

export interface FieldGuess {
  /** The first that is not missing wins. */
  paths: PathFacts[];
  /** A path that has a name of the field, but not its values; an example of them. */
  unlike: { path: string; value: string } | undefined;
}

/** Of the values on a path, so many must look like those of the field. */
const MIN_LIKE = 0.8;
/** A further path is worth naming where it fills so many of the records that the others leave. */
const MIN_GAIN = 0.01;
const MAX_PATHS = 4;

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

/** Paths with a name of the field, the likeliest first. */
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

/** Objects and arrays in the place of a field's value would send their records to quarantine. */
function isValue({ filled, containerCount }: PathFacts): boolean {
  return filled > 0 && containerCount <= filled / 50;
}

/** Whether ids on the path tell records apart; the same record may come again. */
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

/** Paths in order, each with a value in records where those before have none. */
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
