/** How long sessions are, when they are, and whose. */
import { figures } from '../figures.ts';
import { DATE, footer, header } from '../frame.ts';
import { at, FIGURES, part } from '../grid.ts';
import type { Page } from '../page.ts';
import { chart, column, heatMap, measure } from '../visuals.ts';
import { DAY_TOOLTIP } from './tooltips.ts';

const BANDS = [8, 8] as const;
const TIMES = [16, 9] as const;

export function sessionsPage(notes: string): Page {
  const name = 'sessions';
  return {
    name,
    title: 'Sessions',
    visuals: [
      ...header(name, 'Sessions'),
      ...figures(name, FIGURES, [
        measure('Average Session Duration'),
        measure('Median Session Duration'),
        measure('Events per Session'),
        measure('Sessions per Visitor'),
        measure('Bounce Rate'),
        measure('Average Daily Visitors'),
      ]),
      chart('clusteredColumnChart', 'duration-distribution', part(BANDS, 0, 2), {
        title: 'Sessions by duration',
        altText: 'Column chart: number of sessions in each band of duration.',
        category: column('Sessions', 'Duration Band', 'Duration'),
        values: [measure('Sessions')],
        sort: { field: column('Sessions', 'Duration Band'), direction: 'Ascending' },
      }),
      chart('clusteredColumnChart', 'event-distribution', part(BANDS, 1, 2), {
        title: 'Sessions by number of events',
        altText: 'Column chart: number of sessions in each band of events.',
        category: column('Sessions', 'Event Band', 'Events'),
        values: [measure('Sessions')],
        sort: { field: column('Sessions', 'Event Band'), direction: 'Ascending' },
      }),
      heatMap('hours-by-weekday', at([0, 8], TIMES), {
        title: 'Sessions by weekday and hour of their start',
        altText: 'Heat map: sessions by weekday in rows and hour in columns; darker is more.',
        rows: column('Date', 'Weekday'),
        columns: column('Sessions', 'Start Hour', 'Hour'),
        value: measure('Sessions'),
      }),
      chart('lineChart', 'new-and-returning', at([8, 4], TIMES), {
        title: 'New and returning visitors a day',
        altText: 'Line chart: new visitors and returning visitors by day.',
        tooltipPage: DAY_TOOLTIP,
        category: DATE,
        values: [measure('New Visitors'), measure('Returning Visitors')],
      }),
      ...footer(name, notes),
    ],
  };
}
