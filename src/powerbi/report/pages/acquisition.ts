/** Where sessions come from, and what they lead to. */
import { figures } from '../figures.ts';
import { CHANNEL, DATE, footer, header } from '../frame.ts';
import { at, FIGURES, part } from '../grid.ts';
import { type Page, slug } from '../page.ts';
import { chart, column, measure, table } from '../visuals.ts';
import { DAY_TOOLTIP } from './tooltips.ts';

const BARS = [8, 9] as const;
const DETAILS = [17, 9] as const;
const BY_CHANNEL = ['Sessions', 'New Visitors', 'Conversion Rate', 'Revenue'];

export function acquisitionPage(notes: string): Page {
  const name = 'acquisition';
  const sort = { field: measure('Sessions'), direction: 'Descending' } as const;
  const numbers = [measure('Sessions'), measure('Conversion Rate', 'Conversion')];
  return {
    name,
    title: 'Acquisition',
    visuals: [
      ...header(name, 'Acquisition'),
      ...figures(name, FIGURES, [
        measure('Sessions'),
        measure('Visitors'),
        measure('New Visitors'),
        measure('Orders'),
        measure('Revenue'),
        measure('Conversion Rate'),
      ]),
      ...BY_CHANNEL.map((of, index) =>
        chart('clusteredBarChart', `${slug(of)}-by-channel`, part(BARS, index, BY_CHANNEL.length), {
          title: `${of} by channel`,
          altText: `Bar chart: ${of.toLowerCase()} by channel.`,
          category: CHANNEL,
          values: [measure(of)],
          sort: { field: measure(of), direction: 'Descending' },
        }),
      ),
      chart('lineChart', 'channel-trend', at([0, 4], DETAILS), {
        title: 'Sessions a day by channel',
        altText: 'Line chart: sessions by day, a line for each channel.',
        tooltipPage: DAY_TOOLTIP,
        category: DATE,
        series: CHANNEL,
        values: [measure('Sessions')],
      }),
      table('campaigns', at([4, 5], DETAILS), {
        title: 'Sources and campaigns',
        altText:
          'Table: sessions by source, medium and campaign, with their conversion and revenue.',
        fields: [
          column('Sessions', 'Source'),
          column('Sessions', 'Medium'),
          column('Sessions', 'Campaign'),
          ...numbers,
          measure('Revenue'),
        ],
        sort,
      }),
      table('landing-pages', at([9, 3], DETAILS), {
        title: 'Landing pages',
        altText: 'Table: sessions by the page they began on, with their conversion.',
        fields: [column('Sessions', 'Landing Page', 'Landing page'), ...numbers],
        sort,
      }),
      ...footer(name, `Of the sessions and what was ordered in them. ${notes}`),
    ],
  };
}
