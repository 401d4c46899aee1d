/** Undeclared fields are counted in bounded memory. */
import { describe, expect, it } from 'vitest';
import {
  addField,
  addFields,
  MAX_NAMES,
  mostFrequentFields,
  noFields,
} from '../../src/bronze/field-counts.ts';

describe('counts of undeclared fields', () => {
  it('report the hundred most frequent names, then by name, and how many more there are', () => {
    const counts = noFields();
    for (let index = 0; index < 150; index += 1) {
      addField(counts, `f${index}`, 1);
    }
    addField(counts, 'f149', 1);
    addField(counts, '__proto__', 5);
    const { names, more } = mostFrequentFields(counts);
    expect(Object.entries(names).slice(0, 3)).toEqual([
      ['__proto__', 5],
      ['f149', 2],
      ['f0', 1],
    ]);
    expect(Object.keys(names)).toHaveLength(100);
    expect(more).toBe(51);
  });

  it('keep a frequent name exactly, and bounded memory, among very many rare ones', () => {
    const counts = noFields();
    let most = 0;
    for (let index = 0; index < 50_000; index += 1) {
      addField(counts, `rare-${index}`, 1);
      if (index % 1000 === 999) {
        addField(counts, 'frequent', 3);
      }
      most = Math.max(most, counts.lines.size);
    }
    expect(most).toBe(MAX_NAMES);
    const { names, more } = mostFrequentFields(counts);
    expect(Object.entries(names)[0]).toEqual(['frequent', 150]);
    expect(more).toBe(MAX_NAMES - 100);
  });

  it('stay at least what one part knew when parts are added', () => {
    const cut = noFields();
    for (let index = 0; index <= MAX_NAMES; index += 1) {
      addField(cut, `rare-${index}`, 1);
    }
    const sum = noFields();
    addField(sum, 'a', 1);
    addFields(sum, cut);
    expect(mostFrequentFields(sum).more).toBe(MAX_NAMES - 100);
  });

  it('cut long names between characters, once', () => {
    const counts = noFields();
    const long = '\u{1f6d2}'.repeat(1000);
    addField(counts, long, 1);
    addField(counts, 'x'.repeat(200), 1);
    const sum = noFields();
    addFields(sum, counts);
    expect([...sum.lines.keys()]).toEqual([`${'\u{1f6d2}'.repeat(200)}…`, 'x'.repeat(200)]);
  });
});
