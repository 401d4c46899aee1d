const DIGIT_BITS = 14;
const DIGIT_SPAN = 2 ** DIGIT_BITS;

/**
 * The indexes of `values` in ascending order of the values, equal ones in the order they have. For whole
 * numbers from 0 to 2^28 - 1, such as milliseconds of three days. Sorts by the lower half of the bits, then
 * by the upper half: several times as quick as comparing.
 */
export function orderOf(values: Uint32Array): Uint32Array {
  const byLower = sortByDigit(values, undefined, 0);
  return sortByDigit(values, byLower, DIGIT_BITS);
}

/** `indexes` (undefined: all, ascending) by one digit of their values. */
function sortByDigit(
  values: Uint32Array,
  indexes: Uint32Array | undefined,
  shift: number,
): Uint32Array {
  const places = new Uint32Array(DIGIT_SPAN + 1);
  for (let i = 0; i < values.length; i++) {
    places[((values[i]! >>> shift) % DIGIT_SPAN) + 1]!++;
  }
  for (let digit = 1; digit < DIGIT_SPAN; digit++) {
    places[digit]! += places[digit - 1]!;
  }
  const sorted = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const index = indexes === undefined ? i : indexes[i]!;
    sorted[places[(values[index]! >>> shift) % DIGIT_SPAN]!++] = index;
  }
  return sorted;
}
