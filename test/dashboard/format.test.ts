/** What people read on the page. */
import { afterEach, expect, it } from 'vitest';
import { nameOf } from '../../src/dashboard/names.ts';
import { changeOf } from '../../src/dashboard/web/change.ts';
import { arePaired, changeOfComparison } from '../../src/dashboard/web/compared-days.ts';
import {
  formatClock,
  formatCountOf,
  formatInstant,
  formatTick,
  showTimesIn,
} from '../../src/dashboard/web/format.ts';
import { forgetView, keepView, readViews } from '../../src/dashboard/web/kept-views.ts';

afterEach(() => showTimesIn('UTC'));

it('tells times of day and instants by the clocks of one time zone', () => {
  const time = '2026-01-05T20:30:15.250456Z';
  expect(formatClock(time)).toBe('20:30:15.250');
  showTimesIn('Asia/Tokyo');
  expect(formatClock(time)).toBe('05:30:15.250');
  expect(formatInstant(time)).toMatch(/^Jan 6, 2026, 0?5:30 GMT\+9$/);
  showTimesIn('Nowhere/Land');
  expect(formatClock(time)).toBe('20:30:15.250');
});

it.each([
  ['DE', 'country', 'Germany'],
  ['DE', 'channel', 'DE'],
  ['QX', 'country', 'QX'],
  ['Germany', 'country', 'Germany'],
  ['', 'country', 'not sent'],
  ['', 'campaign', 'no campaign'],
  ['', 'landing_page', 'no page'],
])('shows %j as a %s as %j', (name, dimension, shown) => {
  expect(nameOf(name, dimension)).toBe(shown);
});

it.each([
  [1250, undefined, '1.25K'],
  [-102_500, undefined, '-102.5K'],
  [0.25, undefined, '0.25'],
  [0.1 + 0.2, undefined, '0.3'],
  [0, 'rate', '0%'],
  [0.00025, 'rate', '0.025%'],
  [0.125, 'rate', '12.5%'],
] as const)('labels the tick %d (%s) as %s', (value, format, shown) => {
  expect(formatTick(value, format)).toBe(shown);
});

const figure = { format: 'two', isRiseBad: false, isNeutral: false } as const;
it.each([
  [figure, 150, 100, '▲ +50.0%', 'good'],
  [figure, -50, 70, '▼ −171.4%', 'poor'],
  [figure, 70, -50, '▲ from -50.00', 'good'],
  [figure, -70, -50, '▼ from -50.00', 'poor'],
  [{ ...figure, isRiseBad: true }, 70, -50, '▲ from -50.00', 'poor'],
  [{ ...figure, isNeutral: true }, 70, -50, '▲ from -50.00', 'flat'],
  [figure, -50, -50, 'as before', 'flat'],
  [figure, 0, 0, 'as before', 'flat'],
  [figure, 3, 0, '▲ from 0.00', 'good'],
  [figure, 100, 100, '±0.0%', 'flat'],
  [{ ...figure, format: 'rate' }, 0.02, 0, '▲ +2.00 pp', 'good'],
  [{ ...figure, format: 'rate' }, 0, 0, '±0.00 pp', 'flat'],
] as const)('tells the change of %j to %d from %d', (of, value, before, text, kind) => {
  expect(changeOf(of, value, before)).toEqual({ text, kind });
});

it('keeps the saved views of other tabs', () => {
  const stored = new Map<string, string>();
  const storage = () => ({
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  });
  const [one, other] = [
    { name: 'one', query: '?device=mobile' },
    { name: 'other', query: '' },
  ];
  keepView(storage, one);
  // What another tab has written.
  stored.set('clicklake-views', JSON.stringify([...readViews(storage), other]));
  expect(keepView(storage, { ...one, query: '?by=device' })).toEqual([
    other,
    { ...one, query: '?by=device' },
  ]);
  expect(forgetView(storage, 'one')).toEqual([other]);
  expect(readViews(storage)).toEqual([other]);
});

it('begins other days to compare with as those compared with now, or as those before', () => {
  const chosen = { from: '2025-03-01', to: '2025-03-31' };
  expect(changeOfComparison('custom', chosen, null)).toEqual({
    compare: 'custom',
    compare_from: '2025-01-29',
    compare_to: '2025-02-28',
  });
  const previous = { from: '2024-03-01', to: '2024-03-31' };
  expect(changeOfComparison('custom', chosen, previous).compare_from).toBe('2024-03-01');
  expect(changeOfComparison('none', chosen, previous).compare_from).toBeUndefined();
});

it.each([
  // 31 days before March are of January too.
  ['month', '2025-03-01', '2025-03-31', '2025-01-29', '2025-02-28', false],
  ['month', '2025-03-01', '2025-03-31', '2025-02-01', '2025-02-28', true],
  ['month', '2025-02-01', '2025-03-31', '2024-02-01', '2024-03-31', true],
  ['month', '2025-03-10', '2025-04-09', '2025-01-10', '2025-02-09', true],
  ['month', '2025-03-10', '2025-04-09', '2025-02-08', '2025-03-10', false],
  ['week', '2025-03-03', '2025-03-30', '2025-02-03', '2025-03-02', true],
  ['week', '2025-03-05', '2025-03-18', '2025-02-19', '2025-03-04', true],
  ['week', '2025-03-01', '2025-03-30', '2025-01-30', '2025-02-28', false],
  // Fewer, but each like the one beside it.
  ['week', '2025-03-03', '2025-03-30', '2025-02-03', '2025-02-16', true],
  ['week', '2025-03-03', '2025-03-30', '2025-02-03', '2025-02-18', false],
  ['day', '2025-03-01', '2025-03-31', '2025-01-29', '2025-02-10', true],
] as const)('pairs by %s %s to %s with %s to %s: %s', (grain, from, to, first, last, isPaired) => {
  expect(arePaired(grain, { from, to }, { from: first, to: last })).toBe(isPaired);
});

it('counts one of a thing and several', () => {
  const counts = [0, 1, 1200].map((count) => formatCountOf(count, 'file'));
  expect(counts).toEqual(['0 files', '1 file', '1,200 files']);
});
