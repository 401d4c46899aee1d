/** What every page has: its title and slicers at the top, notes and freshness at the foot. */
import { PERIODS } from '../dimension-tables.ts';
import { backButton, resetButton } from './buttons.ts';
import { smallCard } from './cards.ts';
import { at, COLUMNS, FOOTER, HEADER } from './grid.ts';
import { slug } from './page.ts';
import { onlyTrue } from './visual-filters.ts';
import type { Field, Place, Visual } from './visual-json.ts';
import { column, heading, measure, note, slicer } from './visuals.ts';

export const DATE = column('Date', 'Date');
export const DEVICE = column('Device', 'Device');
export const COUNTRY = column('Country', 'Country');
export const CHANNEL = column('Channel', 'Channel');

const SLICER_COLUMNS = 2;
const RESET_COLUMNS = 1;

/** Title, slicers and the button that resets them: those of days, and of the members that the page's facts have. */
export function header(
  page: string,
  title: string,
  options: { members?: readonly Field[]; hasDays?: boolean; isSingle?: boolean } = {},
): Visual[] {
  const { members = [DEVICE, COUNTRY], hasDays = true, isSingle = false } = options;
  const slicers = [
    ...(hasDays ? daySlicers(page) : []),
    ...members.map((field) => (place: Place) => memberSlicer(page, place, field, isSingle)),
  ];
  const end = COLUMNS - RESET_COLUMNS;
  const start = end - slicers.length * SLICER_COLUMNS;
  return [
    heading(`${page}-title`, at([0, start], HEADER), title),
    ...slicers.map((make, index) =>
      make(at([start + index * SLICER_COLUMNS, SLICER_COLUMNS], HEADER)),
    ),
    resetButton(`${page}-reset`, at([end, RESET_COLUMNS], HEADER), page),
  ];
}

/** Title of a page that is reached from data points, and the way back. */
export function drilledHeader(page: string, title: string): Visual[] {
  return [
    backButton(`${page}-back`, at([0, 1], HEADER)),
    heading(`${page}-title`, at([1, COLUMNS - 1], HEADER), title),
  ];
}

/** What to know of the page's numbers, and how fresh they are. */
export function footer(page: string, notes: string): Visual[] {
  return [
    note(`${page}-notes`, at([0, 8], FOOTER), notes),
    smallCard(
      `${page}-last-event`,
      at([8, 2], FOOTER),
      measure('Last Event', 'Last event (UTC)'),
      'Card: time of the latest event of the sessions, in UTC.',
    ),
    smallCard(
      `${page}-last-refreshed`,
      at([10, 2], FOOTER),
      measure('Last Refreshed', 'Last refreshed (UTC)'),
      'Card: when this data was loaded from the lake, in UTC.',
    ),
  ];
}

function daySlicers(page: string): ((place: Place) => Visual)[] {
  return [
    (place) =>
      slicer(`${page}-period-slicer`, place, column('Date', 'Period'), {
        mode: 'Dropdown',
        altText: 'Slicer: the newest days of the data, those before, or earlier ones.',
        selected: PERIODS.current,
      }),
    (place) =>
      slicer(`${page}-date-slicer`, place, DATE, {
        mode: 'Between',
        altText: 'Slicer: first and last day.',
        filters: [onlyTrue(`${page}-days-with-data`, column('Date', 'Has Data'))],
      }),
  ];
}

function memberSlicer(page: string, place: Place, field: Field, isSingle: boolean): Visual {
  const name = field.name.toLowerCase();
  return slicer(`${page}-${slug(name)}-slicer`, place, field, {
    mode: 'Dropdown',
    altText: `Slicer: ${name}.`,
    isSingle,
  });
}
