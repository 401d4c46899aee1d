/** What people read on the page. */
import { afterEach, expect, it } from 'vitest';
import { formatClock, formatInstant, nameOf, showTimesIn } from '../../src/dashboard/web/format.ts';

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
