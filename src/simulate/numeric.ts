/**
 * The few functions of analysis the simulator needs, out of +, -, *, / and square root only.
 *
 * IEEE 754 fixes these to the last bit, which it does not for `Math.exp` and `Math.log`: with them a
 * new version of the runtime could change the simulated bytes.
 */

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** e to the power of x, for |x| below 700, to about 1e-15. */
export function exponential(x: number): number {
  const halvings = Math.round(x / (LN2_HIGH + LN2_LOW));
  const rest = x - halvings * LN2_HIGH - halvings * LN2_LOW;
  let sum = 1;
  for (let n = 18; n >= 1; n--) {
    sum = 1 + (rest / n) * sum;
  }
  return sum * powerOfTwo(halvings);
}

/** The natural logarithm of a positive, normal number, to about 1e-15. */
export function logarithm(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa > 1.5) {
    mantissa /= 2;
    exponent++;
  }
  while (mantissa < 0.75) {
    mantissa *= 2;
    exponent--;
  }
  const t = (mantissa - 1) / (mantissa + 1);
  const square = t * t;
  let sum = 0;
  for (let n = 39; n >= 1; n -= 2) {
    sum = 1 / n + square * sum;
  }
  return 2 * t * sum + exponent * LN2_HIGH + exponent * LN2_LOW;
}

/**
 * The value a standard normal variable stays below with probability `p` (0 < p < 1): P. J. Acklam's
 * rational approximation, relative error below 1.15e-9.
 */
export function normalQuantile(p: number): number {
  if (p > 0.97575) {
    return -normalQuantile(1 - p);
  }
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * logarithm(p));
    return horner(TAIL_NUMERATOR, q) / (horner(TAIL_DENOMINATOR, q) * q + 1);
  }
  const q = p - 0.5;
  const r = q * q;
  return (horner(CENTRE_NUMERATOR, r) * q) / (horner(CENTRE_DENOMINATOR, r) * r + 1);
}

/** Turns 32-bit random numbers into values of a distribution given by its quantile function. */
export interface QuantileTable {
  readonly values: Float64Array;
}

const TABLE_BITS = 12;
const TABLE_SIZE = 1 << TABLE_BITS;
const FRACTION_SPAN = 2 ** (32 - TABLE_BITS);

/** Tabulates a quantile function at 4,097 points; the outermost stand for the ends' middle. */
export function tabulateQuantiles(quantile: (p: number) => number): QuantileTable {
  const values = new Float64Array(TABLE_SIZE + 1);
  for (let i = 0; i <= TABLE_SIZE; i++) {
    values[i] = quantile(Math.min(Math.max(i, 0.125), TABLE_SIZE - 0.125) / TABLE_SIZE);
  }
  return { values };
}

/** The table's value for a random number of 0 to 2^32 - 1, linear between its points. */
export function sampleQuantile(table: QuantileTable, random: number): number {
  const position = random / FRACTION_SPAN;
  const index = Math.floor(position);
  const low = table.values[index]!;
  return low + (table.values[index + 1]! - low) * (position - index);
}

/** A log-normal distribution by its median and sigma, cut off at `maximum`. */
export function logNormalTable(median: number, sigma: number, maximum: number): QuantileTable {
  return tabulateQuantiles((p) =>
    Math.min(median * exponential(sigma * normalQuantile(p)), maximum),
  );
}

/** Walker's alias method: an index drawn by weight in constant time. */
export interface WeightedChoice {
  readonly keepBelow: Uint32Array;
  readonly alias: Int32Array;
}

/** Prepares a choice by weights, which must be finite, not negative and not all zero. */
export function prepareChoice(weights: ArrayLike<number>): WeightedChoice {
  const count = weights.length;
  let total = 0;
  for (let i = 0; i < count; i++) {
    total += weights[i]!;
  }
  const scaled = new Float64Array(count);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < count; i++) {
    scaled[i] = (weights[i]! * count) / total;
    (scaled[i]! < 1 ? small : large).push(i);
  }
  const keepBelow = new Uint32Array(count).fill(0xffffffff);
  const alias = Int32Array.from({ length: count }, (_, i) => i);
  while (small.length > 0 && large.length > 0) {
    const low = small.pop()!;
    const high = large[large.length - 1]!;
    keepBelow[low] = Math.floor(scaled[low]! * 4294967295);
    alias[low] = high;
    scaled[high]! -= 1 - scaled[low]!;
    if (scaled[high]! < 1) {
      large.pop();
      small.push(high);
    }
  }
  return { keepBelow, alias };
}

/** An index drawn by weight out of two random numbers of 0 to 2^32 - 1. */
export function choose(choice: WeightedChoice, random: number, other: number): number {
  const index = Math.floor((random / 4294967296) * choice.alias.length);
  return other < choice.keepBelow[index]! ? index : choice.alias[index]!;
}

function powerOfTwo(exponent: number): number {
  const factor = exponent < 0 ? 0.5 : 2;
  let result = 1;
  for (let n = Math.abs(exponent); n > 0; n--) {
    result *= factor;
  }
  return result;
}

function horner(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) {
    sum = sum * x + coefficient;
  }
  return sum;
}

const CENTRE_NUMERATOR = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
  2.506628277459239,
];
const CENTRE_DENOMINATOR = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572,
];
const TAIL_NUMERATOR = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734,
  4.374664141464968, 2.938163982698783,
];
const TAIL_DENOMINATOR = [
  0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416,
];
