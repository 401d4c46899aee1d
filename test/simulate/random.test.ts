import { describe, expect, it } from 'vitest';
import {
  deriveKey,
  draw,
  mix,
  pick,
  scramblePair,
  scrambleWord,
  threshold,
} from '../../src/simulate/hash.ts';
import {
  choose,
  exponential,
  logarithm,
  logNormalTable,
  normalQuantile,
  prepareChoice,
  sampleQuantile,
} from '../../src/simulate/numeric.ts';
import { drawBinomial } from '../../src/simulate/visits.ts';

const SPAN = 4294967296;

/** Sum of squared deviations from what is expected, each relative to it. */
function chiSquare(observed: ArrayLike<number>, expected: (index: number) => number): number {
  return Array.from(observed).reduce(
    (sum, count, index) => sum + (count - expected(index)) ** 2 / expected(index),
    0,
  );
}

/** What chi-square stays below in 999,999 of a million cases, about (Wilson and Hilferty). */
function chiSquareLimit(degrees: number): number {
  const a = 2 / (9 * degrees);
  return degrees * (1 - a + 4.75 * Math.sqrt(a)) ** 3;
}

describe('the random numbers', () => {
  it.each([
    ['steps of one visit', (i: number) => draw(7, 11, i)],
    ['visitors in turn', (i: number) => draw(deriveKey(1, i), deriveKey(2, i), 0)],
    ['seeds in turn', (i: number) => draw(deriveKey(i, 1), deriveKey(i, 2), 5)],
    ['keys that differ by little', (i: number) => draw(i, i + 1, 3)],
  ])('are even over %s', (_, random) => {
    const counts = new Float64Array(256);
    const pairs = new Float64Array(256);
    const draws = 200_000;
    let before = random(draws);
    for (let i = 0; i < draws; i++) {
      const value = random(i);
      counts[value >>> 24]!++;
      pairs[((value >>> 28) << 4) | (before >>> 28)]!++;
      before = value;
    }
    expect(chiSquare(counts, () => draws / 256)).toBeLessThan(chiSquareLimit(255));
    expect(chiSquare(pairs, () => draws / 256)).toBeLessThan(chiSquareLimit(255));
  });

  it('change about half of their bits with any bit of what they are for', () => {
    for (let bit = 0; bit < 32; bit++) {
      let changed = 0;
      for (let i = 0; i < 2_000; i++) {
        const word = mix(i * 7919);
        changed += countBits(draw(word, 5, 1) ^ draw(word ^ (1 << bit), 5, 1));
        changed += countBits(draw(5, word, 1) ^ draw(5, word ^ (1 << bit), 1));
        changed += countBits(draw(3, 5, word) ^ draw(3, 5, word ^ (1 << bit)));
      }
      // 192,000 fair coins: sigma is 219.
      expect(Math.abs(changed - 96_000)).toBeLessThan(1_100);
    }
  });

  it('make identifiers that differ where their numbers do', () => {
    const pairs = new Set<string>();
    const words = new Set<number>();
    const pair = new Int32Array(2);
    for (let i = 0; i < 50_000; i++) {
      pair[0] = i % 250;
      pair[1] = Math.floor(i / 250) << 10;
      scramblePair(pair, 99);
      pairs.add(`${pair[0]} ${pair[1]}`);
      words.add(scrambleWord(i, 99));
    }
    expect(pairs.size).toBe(50_000);
    expect(words.size).toBe(50_000);
  });

  it('pick every index and no other', () => {
    expect([0, SPAN / 2, SPAN - 1].map((random) => pick(random, 3))).toEqual([0, 1, 2]);
    expect(threshold(1)).toBe(SPAN);
  });
});

function countBits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) {
    count++;
  }
  return count;
}

describe('the functions of analysis', () => {
  it('agree with the language where that is exact enough', () => {
    for (let x = -30; x <= 30; x += 0.37) {
      expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(1e-14);
      const y = Math.exp(x);
      expect(Math.abs(logarithm(y) - Math.log(y))).toBeLessThan(1e-13);
    }
  });

  it('know the normal distribution', () => {
    const known: [number, number][] = [
      [0.5, 0],
      [0.8413447460685429, 1],
      [0.9772498680518208, 2],
      [0.0013498980316301, -3],
      [0.999968328758167, 4],
    ];
    for (const [p, z] of known) {
      expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-7);
    }
  });

  it('draw log-normal values as configured', () => {
    const table = logNormalTable(20, 1.1, 1_000_000);
    const draws = 100_000;
    const logs = Array.from({ length: draws }, (_, i) =>
      Math.log(sampleQuantile(table, draw(1, 2, i))),
    );
    const mean = logs.reduce((sum, log) => sum + log, 0) / draws;
    const sigma = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / draws);
    expect(Math.abs(mean - Math.log(20))).toBeLessThan(0.015);
    expect(Math.abs(sigma - 1.1)).toBeLessThan(0.015);
    // Kolmogorov and Smirnov: the largest distance from the distribution itself.
    const ordered = Float64Array.from(logs).sort();
    const distance = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99].map((p) => {
      const value = Math.log(20) + 1.1 * normalQuantile(p);
      return Math.abs(ordered.filter((log) => log <= value).length / draws - p);
    });
    expect(Math.max(...distance)).toBeLessThan(2.2 / Math.sqrt(draws));
  });

  it('choose by weight', () => {
    const weights = [5, 0, 1, 14, 80];
    const choice = prepareChoice(weights);
    const counts = new Float64Array(weights.length);
    for (let i = 0; i < 100_000; i++) {
      counts[choose(choice, draw(3, 4, 2 * i), draw(3, 4, 2 * i + 1))]!++;
    }
    expect(counts[1]).toBe(0);
    const drawn = counts.filter((_, index) => weights[index]! > 0);
    const expected = weights.filter((weight) => weight > 0).map((weight) => weight * 1_000);
    expect(chiSquare(drawn, (index) => expected[index]!)).toBeLessThan(chiSquareLimit(3));
  });

  it('draw how many of several happen', () => {
    const counts = new Float64Array(4);
    for (let i = 0; i < 100_000; i++) {
      counts[drawBinomial(3, 0.3, draw(5, 6, i))]!++;
    }
    const expected = [0.343, 0.441, 0.189, 0.027].map((p) => p * 100_000);
    expect(chiSquare(counts, (index) => expected[index]!)).toBeLessThan(chiSquareLimit(3));
    expect(drawBinomial(7, 1, 123)).toBe(7);
    expect(drawBinomial(7, 0, 123)).toBe(0);
  });
});
