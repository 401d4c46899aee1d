/** Who buys: how recently, how often, for how much, and how soon again. */
import { figures } from '../figures.ts';
import { footer } from '../frame.ts';
import { at, COLUMNS, FIGURES, HEADER, part } from '../grid.ts';
import type { Page } from '../page.ts';
import { topMembers } from '../visual-filters.ts';
import { chart, column, heading, heatMap, measure, table } from '../visuals.ts';

const GRIDS = [8, 9] as const;
const GROUPS = [17, 8] as const;

const RECENCY = column('Buyers', 'Recency Quintile', 'Recency');
const FREQUENCY = column('Buyers', 'Frequency Quintile', 'Frequency');
const MONEY = column('Buyers', 'Monetary Quintile', 'Money');
const GROUP = column('Buyers', 'Rfm', 'RFM');
const BUYERS = measure('Buyers by Last Order', 'Buyers');
const REVENUE = measure('Net Revenue of Buyers', 'Net revenue');

/** No slicers: the fifths are of all buyers, and few days of them would be read as all. */
export function buyersPage(notes: string): Page {
  const name = 'buyers';
  return {
    name,
    title: 'Buyers',
    visuals: [
      heading(`${name}-title`, at([0, COLUMNS], HEADER), 'Buyers'),
      ...figures(
        name,
        FIGURES,
        [
          BUYERS,
          REVENUE,
          measure('Buyer Share'),
          measure('Revenue per Visitor First Seen'),
          measure('Days to First Order'),
          measure('Days between Orders'),
        ],
        { hasChanges: false },
      ),
      heatMap('buyers-recency-frequency', part(GRIDS, 0, 2), {
        title: 'Buyers by recency (down) and frequency (across), in fifths',
        altText:
          'Heat map: buyers by fifths of recency in rows and of frequency in columns; 5 is the most recent and the most often, darker is more.',
        rows: RECENCY,
        columns: FREQUENCY,
        value: BUYERS,
      }),
      heatMap('revenue-recency-money', part(GRIDS, 1, 2), {
        title: 'Net revenue by recency (down) and money (across), in fifths',
        altText:
          'Heat map: net revenue by fifths of recency in rows and of money in columns; 5 is the most recent and the most money, darker is more.',
        rows: RECENCY,
        columns: MONEY,
        value: REVENUE,
      }),
      chart('clusteredBarChart', 'buyers-best-groups', part(GROUPS, 0, 2), {
        title: 'Groups with the most net revenue',
        altText:
          'Bar chart: the ten groups of buyers with the most net revenue, named by their fifths of recency, frequency and money.',
        category: GROUP,
        values: [REVENUE],
        sort: { field: REVENUE, direction: 'Descending' },
        filters: [topMembers('buyers-best-groups-top', GROUP, REVENUE, 10)],
      }),
      table('buyers-groups', part(GROUPS, 1, 2), {
        title: 'All groups',
        altText: 'Table: groups of buyers by their fifths, with buyers and net revenue.',
        fields: [GROUP, RECENCY, FREQUENCY, MONEY, BUYERS, REVENUE],
        sort: { field: REVENUE, direction: 'Descending' },
      }),
      ...footer(name, `All buyers of the lake; no slicer changes this page. ${notes}`),
    ],
  };
}
