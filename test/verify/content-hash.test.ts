import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { TableValue } from '../../src/verify/canonical-row.ts';
import { createContentHasher, type HashedColumn } from '../../src/verify/content-hash.ts';

const COLUMNS: HashedColumn[] = [
  { name: 'a', type: 'string' },
  { name: 'b', type: 'double' },
];

function hashOf(rows: readonly TableValue[][], columns = COLUMNS): string {
  const hasher = createContentHasher(columns);
  for (const row of rows) {
    hasher.add(row);
  }
  return hasher.finish().sha256;
}

describe('the hash of a table', () => {
  it('is what its description says', () => {
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    const sum =
      (BigInt(`0x${sha256('2:ü16:3ff8000000000000')}`) + BigInt(`0x${sha256('--')}`)) % 2n ** 256n;
    const expected = sha256(`a string\nb double\n2\n${sum.toString(16).padStart(64, '0')}\n`);
    expect(
      hashOf([
        ['ü', 1.5],
        [null, null],
      ]),
    ).toBe(expected);
  });

  it('does not depend on the order of the rows', () => {
    expect(
      hashOf([
        ['x', 1],
        ['y', 2],
      ]),
    ).toBe(
      hashOf([
        ['y', 2],
        ['x', 1],
      ]),
    );
  });

  it('tells apart what differs', () => {
    const tables: [TableValue[][], HashedColumn[]?][] = [
      [[]],
      [[['x', 1]]],
      [
        [
          ['x', 1],
          ['x', 1],
        ],
      ],
      [
        [
          ['x', 1],
          ['x', 1],
          ['x', 1],
        ],
      ],
      [[['x', null]]],
      [[[null, 1]]],
      [[['', 1]]],
      [[['-', 1]]],
      [[['x', 1 + Number.EPSILON]]],
      [[['x', Number.NaN]]],
      [[['x', 0]]],
      [
        [['x', 1]],
        [
          { name: 'a', type: 'string' },
          { name: 'b', type: 'long' },
        ],
      ],
      [
        [['x', 1]],
        [
          { name: 'b', type: 'string' },
          { name: 'a', type: 'double' },
        ],
      ],
      [[['1:x', 1]]],
    ];
    const hashes = tables.map(([rows, columns]) => hashOf(rows, columns));
    expect(new Set(hashes).size).toBe(tables.length);
  });

  it('takes equal numbers for equal', () => {
    expect(hashOf([['x', -0]])).toBe(hashOf([['x', 0]]));
    const integers: HashedColumn[] = [{ name: 'n', type: 'long' }];
    expect(hashOf([[7]], integers)).toBe(hashOf([[7n]], integers));
  });
});
