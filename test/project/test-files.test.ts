import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { LONG_ON_SPARK, ON_BOTH_ENGINES, SLOW } from '../fixtures/test-files.ts';

it('the files that run apart from the others are there, and listed once', () => {
  for (const files of [SLOW, LONG_ON_SPARK, ON_BOTH_ENGINES]) {
    expect(files.filter((path) => !existsSync(path))).toEqual([]);
    expect(files.length).toBe(new Set(files).size);
  }
});
