/** The sessions behind a data point of another page. */
import { figures } from '../figures.ts';
import { CHANNEL, COUNTRY, DATE, DEVICE, drilledHeader, footer } from '../frame.ts';
import { FIGURES, part } from '../grid.ts';
import type { Page } from '../page.ts';
import { chart, column, measure, table } from '../visuals.ts';
import { DAY_TOOLTIP } from './tooltips.ts';

const CHARTS = [8, 8] as const;
const TABLES = [16, 9] as const;

const ORIGIN = [
  CHANNEL,
  column('Sessions', 'Source'),
  column('Sessions', 'Medium'),
  column('Sessions', 'Campaign'),
];
const LANDING_PAGE = column('Sessions', 'Landing Page', 'Landing page');
const NUMBERS = [
  measure('Sessions'),
  measure('Conversion Rate', 'Conversion'),
  measure('Bounce Rate', 'Bounces'),
  measure('Revenue'),
];

export function sessionDetailsPage(notes: string, hasBands: boolean): Page {
  const name = 'session-details';
  const sort = { field: measure('Sessions'), direction: 'Descending' } as const;
  return {
    name,
    title: 'Session details',
    use: {
      kind: 'Drillthrough',
      fields: [
        DEVICE,
        COUNTRY,
        DATE,
        column('Date', 'Weekday'),
        ...ORIGIN,
        LANDING_PAGE,
        column('Sessions', 'Start Hour'),
        ...(hasBands
          ? [column('Sessions', 'Duration Band'), column('Sessions', 'Event Band')]
          : [column('Sessions', 'Session Number')]),
      ],
    },
    visuals: [
      ...drilledHeader(name, 'Session details'),
      ...figures(name, FIGURES, [
        measure('Sessions'),
        measure('Visitors'),
        measure('Orders'),
        measure('Revenue'),
        measure('Conversion Rate'),
        measure('Bounce Rate'),
      ]),
      chart('lineChart', 'session-details-trend', part(CHARTS, 0, 2), {
        title: 'Sessions and visitors a day',
        altText: 'Line chart: the sessions and their visitors by day.',
        tooltipPage: DAY_TOOLTIP,
        category: DATE,
        values: [measure('Sessions'), measure('Visitors')],
      }),
      chart('clusteredBarChart', 'session-details-channels', part(CHARTS, 1, 2), {
        title: 'Sessions by channel',
        altText: 'Bar chart: the sessions by the channel that they came through.',
        category: CHANNEL,
        values: [measure('Sessions')],
        sort,
      }),
      table('session-details-origin', part(TABLES, 0, 2), {
        title: 'Where they came from',
        altText: 'Table: the sessions by channel, source, medium and campaign.',
        fields: [...ORIGIN, ...NUMBERS],
        sort,
      }),
      table('session-details-landing', part(TABLES, 1, 2), {
        title: 'Where they began',
        altText: 'Table: the sessions by landing page, device and country.',
        fields: [LANDING_PAGE, DEVICE, COUNTRY, ...NUMBERS],
        sort,
      }),
      ...footer(name, `Sessions of the data point that you drilled through. ${notes}`),
    ],
  };
}
