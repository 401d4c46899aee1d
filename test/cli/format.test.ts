import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatQuantity,
  shellWord,
} from '../../src/cli/format.ts';
import { cutText, escapeControls, renderTable } from '../../src/cli/table.ts';

describe('commands for pasting', () => {
  it('have their words quoted where a shell needs it', () => {
    expect(['./a-b/lake', 'my demo/lake', "it's", '$HOME', ''].map(shellWord)).toEqual([
      './a-b/lake',
      `'my demo/lake'`,
      `'it'\\''s'`,
      `'$HOME'`,
      `''`,
    ]);
  });
});

describe('numbers for people', () => {
  it('have thousands separators', () => {
    expect([0, 999, 1_000, 1_234_567, 1e15, 1234.5].map(formatCount)).toEqual([
      '0',
      '999',
      '1,000',
      '1,234,567',
      '1,000,000,000,000,000',
      '1,235',
    ]);
  });

  it('agree with their noun', () => {
    expect(formatQuantity(1, 'file')).toBe('1 file');
    expect(formatQuantity(0, 'file')).toBe('0 files');
    expect(formatQuantity(2_000, 'batch', 'batches')).toBe('2,000 batches');
  });

  it('are sizes with three digits', () => {
    const sizes = [
      0, 1, 999, 1_000, 9_994, 9_995, 99_949, 99_950, 999_499, 999_500, 1.1e9, 5e15, 5e18,
    ];
    expect(sizes.map(formatBytes)).toEqual([
      '0 bytes',
      '1 byte',
      '999 bytes',
      '1.00 kB',
      '9.99 kB',
      '10.0 kB',
      '99.9 kB',
      '100 kB',
      '999 kB',
      '1.00 MB',
      '1.10 GB',
      '5.00 PB',
      '5000 PB',
    ]);
  });

  it('are durations as one would say them', () => {
    const durations = [
      0, 40, 94, 95, 6_800, 9_949, 9_950, 59_499, 59_500, 125_000, 3_599_499, 3_720_000,
    ];
    expect(durations.map(formatDuration)).toEqual([
      '0.00 s',
      '0.04 s',
      '0.09 s',
      '0.1 s',
      '6.8 s',
      '9.9 s',
      '10 s',
      '59 s',
      '1 min 00 s',
      '2 min 05 s',
      '59 min 59 s',
      '1 h 02 min',
    ]);
  });
});

describe('a table', () => {
  it('aligns wide characters by the columns they take', () => {
    expect(
      renderTable(
        [{ title: 'a' }, { title: 'b' }],
        [
          ['東京', 'x'],
          ['é😀', 'y'],
        ],
      ),
    ).toEqual(['a     b', '東京  x', 'é😀   y']);
  });

  it('cuts the widest cells first, and no column below eight characters', () => {
    const rows = [['short', 'x'.repeat(50), 'y'.repeat(30)]];
    const columns = [{ title: 'a' }, { title: 'b' }, { title: 'c' }];
    expect(renderTable(columns, rows, { maxWidth: 40 })[1]).toBe(
      `short  ${'x'.repeat(14)}…  ${'y'.repeat(15)}…`,
    );
    expect(renderTable(columns, rows, { maxWidth: 5 })[1]).toBe('short  xxxxxxx…  yyyyyyy…');
  });

  it('shows control characters and direction marks as escapes', () => {
    expect(escapeControls('a\nb\r\t\u0000\u009b\u202e\u2028 é')).toBe(
      'a\\nb\\r\\t\\u0000\\u009b\\u202e\\u2028 é',
    );
  });

  it('is not padded by one very wide cell, which is cut', () => {
    const wide = 'x'.repeat(10_000_000);
    const [, first, second] = renderTable(
      [{ title: 'a' }, { title: 'b' }],
      [
        [wide, '1'],
        ['y', '2'],
      ],
    );
    expect(first).toBe(`${'x'.repeat(199)}…  1`);
    expect(second).toBe(`y${' '.repeat(199)}  2`);
  });

  it('keeps every cell whole when asked to, and still pads no others to the widest', () => {
    const wide = 'x'.repeat(5_000);
    const rows = [
      [wide, '1'],
      ['y', '2'],
    ];
    const lines = renderTable([{ title: '' }, { title: '' }], rows, { isWhole: true });
    expect(lines).toEqual([`${wide}  1`, `y${' '.repeat(199)}  2`]);
  });

  it('holds very many rows', () => {
    const rows = Array.from({ length: 300_000 }, (_, index) => [String(index)]);
    expect(renderTable([{ title: 'n' }], rows)).toHaveLength(300_001);
  });

  it('never cuts a character in half', () => {
    expect(cutText('東京都庁', 6)).toBe('東京…');
    expect(cutText('a😀b', 3)).toBe('a…');
    expect(cutText('same', 4)).toBe('same');
  });
});
