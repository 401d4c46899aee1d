/** How the shop does: sessions, visitors, orders and money. */
import { weekName } from '../../measures-periods.ts';
import { figures } from '../figures.ts';
import { DATE, footer, header } from '../frame.ts';
import { FIGURES, part } from '../grid.ts';
import type { Page } from '../page.ts';
import { splits } from '../splits.ts';
import { chart, measure } from '../visuals.ts';
import { DAY_TOOLTIP, MONEY_TOOLTIP } from './tooltips.ts';

const TRENDS = [8, 9] as const;

export function overviewPage(notes: string): Page {
  const name = 'overview';
  return {
    name,
    title: 'Overview',
    visuals: [
      ...header(name, 'Shop overview'),
      ...figures(name, FIGURES, [
        measure('Sessions'),
        measure('Visitors'),
        measure('Orders'),
        measure('Revenue'),
        measure('Average Order Value'),
        measure('Conversion Rate'),
      ]),
      chart('lineChart', 'sessions-trend', part(TRENDS, 0, 2), {
        title: 'Sessions a day, and their 7-day average',
        altText: 'Line chart: sessions by day with their 7-day average.',
        tooltipPage: DAY_TOOLTIP,
        category: DATE,
        values: [measure('Sessions'), measure(weekName('Sessions'))],
      }),
      chart('lineChart', 'revenue-trend', part(TRENDS, 1, 2), {
        title: 'Revenue a day, and its 7-day average',
        altText: 'Line chart: revenue by day with its 7-day average.',
        tooltipPage: MONEY_TOOLTIP,
        category: DATE,
        values: [measure('Revenue'), measure(weekName('Revenue'))],
      }),
      ...splits(['Sessions', 'Conversion Rate'], [17, 8]),
      ...footer(name, `Changes compare with the same number of days immediately before. ${notes}`),
    ],
  };
}
