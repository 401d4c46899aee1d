/** How long sessions are, when they are, and whose. */
import { figures } from '../figures.ts';
import { DATE, footer, header } from '../frame.ts';
import { at, FIGURES, part } from '../grid.ts';
import type { Page } from '../page.ts';
import { chart, column, heatMap, measure } from '../visuals.ts';
import { DAY_TOOLTIP } from './tooltips.ts';

const BANDS = [8, 8] as const;
const TIMES = [16, 9] as const;

export function sessionsPage(notes: string, hasBands: boolean): Page {
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
      ...(hasBands ? bandCharts() : columnCharts()),
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

function bandCharts() {
  return [
    distribution('duration-distribution', 0, column('Sessions', 'Duration Band', 'Duration'), {
      title: 'Sessions by duration',
      altText: 'Column chart: number of sessions in each band of duration.',
    }),
    distribution('event-distribution', 1, column('Sessions', 'Event Band', 'Events'), {
      title: 'Sessions by number of events',
      altText: 'Column chart: number of sessions in each band of events.',
    }),
  ];
}

/** By columns that Gold has. */
function columnCharts() {
  return [
    distribution('hour-distribution', 0, column('Sessions', 'Start Hour', 'Hour'), {
      title: 'Sessions by hour of their start',
      altText: 'Column chart: number of sessions by the hour in which they began.',
    }),
    distribution('number-distribution', 1, column('Sessions', 'Session Number', 'Session number'), {
      title: "Sessions by number within the visitor's sessions",
      altText: 'Column chart: number of first, second and later sessions of their visitors.',
    }),
  ];
}

function distribution(
  name: string,
  place: number,
  category: ReturnType<typeof column>,
  texts: { title: string; altText: string },
) {
  return chart('clusteredColumnChart', name, part(BANDS, place, 2), {
    ...texts,
    category,
    values: [measure('Sessions')],
    sort: { field: category, direction: 'Ascending' },
  });
}
