/** Which of several mappings fits records best, by what becomes of the records with each. */

/** What became of the records. */
export interface Fit {
  valid: number;
  ignored: number;
  /** Valid events whose type is one of the known ones. */
  known: number;
  /** Events by what they need for one of the tables: how many say it. */
  says: { visitor: number; session: number; product: number; order: number };
}

/** Of the records, so many must fit. */
const MIN_FIT = 0.5;
/** A preset is better known than a guess, unless the guess finds clearly more. */
const MIN_OF_GUESS = 0.9;

/**
 * The preset that the records were most likely written for; undefined: none, they are mapped field by
 * field. `guess` is what became of them so.
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
