import { describe, expect, it } from 'vitest';
import { at, PAGE_SIZE, pageSize, part } from '../../src/powerbi/report/grid.ts';

describe('the grid of the report', () => {
  it('fills a page of 1280 by 720 pixels to its margins', () => {
    expect(PAGE_SIZE).toEqual({ width: 1280, height: 720 });
    expect(at([0, 12], [0, 28])).toEqual({ x: 16, y: 16, width: 1248, height: 688 });
  });

  it('has the same gap between cells, whatever they span', () => {
    const [left, right] = [at([0, 5], [3, 2]), at([5, 1], [5, 1])];
    expect([right.x - left.x - left.width, right.y - left.y - left.height]).toEqual([12, 12]);
    expect(pageSize(1, 1)).toEqual({ width: 32 + 93, height: 32 + 13 });
  });

  it('shares rows out in equal parts, and refuses parts that are none', () => {
    const parts = [0, 1, 2].map((index) => part([0, 1], index, 3));
    expect(parts.map(({ x }) => x)).toEqual([16, 436, 856]);
    expect(new Set(parts.map(({ width }) => width))).toEqual(new Set([408]));
    expect(() => part([0, 1], 0, 5)).toThrow('12 columns are not 5 equal parts');
  });
});
