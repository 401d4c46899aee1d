/** Where sessions come from, and what they lead to. */
import { figures } from '../figures.ts';
import { CHANNEL, DATE, footer, header } from '../frame.ts';
import { at, FIGURES, part } from '../grid.ts';
import { type Page, slug } from '../page.ts';
import { chart, column, measure, table } from '../visuals.ts';
import { DAY_TOOLTIP } from './tooltips.ts';

const BARS = [8, 9] as const;
const DETAILS = [17, 8] as const;
const BY_CHANNEL = [
  { of: measure('Sessions'), title: 'Sessions by channel' },
  { of: measure('Conversion Rate'), title: 'Conversion rate by channel' },
  { of: measure('Revenue by Last Channel', 'Revenue'), title: 'Revenue by last channel' },
  { of: measure('Revenue by First Channel', 'Revenue'), title: 'Revenue by first channel' },
];

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
      ...BY_CHANNEL.map(({ of, title }, index) =>
        chart('clusteredBarChart', slug(title), part(BARS, index, BY_CHANNEL.length), {
          title,
          altText: `Bar chart: ${title.toLowerCase()}.`,
          category: CHANNEL,
          values: [of],
          sort: { field: of, direction: 'Descending' },
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
      ...footer(
        name,
        `Last channel: the last before the order that is not Direct; first: within 30 days before it; both for all devices and countries. ${notes}`,
      ),
    ],
  };
}
