/** Chooses the mapping that fits records best, by the outcome of the records with each. */

/** The outcome of the records with a mapping. */
export interface Fit {
  valid: number;
  ignored: number;
  /** Valid events of a known type. */
  known: number;
  /**
   * Number of events that have the ids needed by the visitor, session, product and order tables.
   */
  says: { visitor: number; session: number; product: number; order: number };
}

/** At least this share of the records must fit. */
const MIN_FIT = 0.5;
/**
 * A preset is preferred to a guess, unless it finds less than this share of what the guess finds.
 */
const MIN_OF_GUESS = 0.9;

/**
 * The preset that the records most likely match; undefined: none, so the guess is used. `guess`:
 * the outcome with a mapping field by field.
 */
export function choosePreset<Candidate extends { name: string; fit: Fit }>(
  candidates: readonly Candidate[],
  guess: Fit,
  recordCount: number,
): Candidate | undefined {
  return candidates
    .filter(({ fit }) => fits(fit, recordCount) && losesNothing(fit, guess))
    .toSorted(
      (a, b) =>
        accepted(b.fit) - accepted(a.fit) ||
        sum(b.fit.says) - sum(a.fit.says) ||
        (a.name < b.name ? -1 : 1),
    )[0];
}

function fits(fit: Fit, recordCount: number): boolean {
  return fit.known > 0 && accepted(fit) >= MIN_FIT * recordCount;
}

function losesNothing(fit: Fit, guess: Fit): boolean {
  const isLess = (key: keyof Fit['says']): boolean =>
    fit.says[key] < MIN_OF_GUESS * guess.says[key];
  return (
    accepted(fit) >= MIN_OF_GUESS * accepted(guess) &&
    !isLess('visitor') &&
    !isLess('session') &&
    !isLess('product') &&
    !isLess('order')
  );
}

function accepted({ valid, ignored }: Fit): number {
  return valid + ignored;
}

function sum(says: Fit['says']): number {
  return Object.values(says).reduce((total, count) => total + count, 0);
}
