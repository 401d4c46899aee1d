/** Who comes back: visitors by the week of their first session. */
import { figures } from '../figures.ts';
import { CHANNEL, footer, header } from '../frame.ts';
import { at, FIGURES } from '../grid.ts';
import type { Page } from '../page.ts';
import { between } from '../visual-filters.ts';
import { chart, column, heatMap, measure } from '../visuals.ts';

const COHORT = column('Date', 'Year Week', 'First session in');
const WEEKS = column('Cohorts', 'Weeks Since', 'Weeks since');

/** Week 0 is everybody, and would be the only colour to see; more columns would be too narrow to read. */
const SHOWN_WEEKS = { from: 1, to: 12 };
/** Cohorts of half a year. */
const SHOWN_DAYS = { from: 0, to: 26 * 7 - 1 };

/** No slicers of days: a cohort is a week, and the newest ones have not come back yet. */
export function retentionPage(notes: string): Page {
  const name = 'retention';
  const weeksOf = (visual: string) => between(`${visual}-weeks`, WEEKS, SHOWN_WEEKS);
  return {
    name,
    title: 'Retention',
    visuals: [
      ...header(name, 'Retention', { members: [CHANNEL], hasDays: false }),
      ...figures(
        name,
        FIGURES,
        [
          measure('Cohort Visitors', 'Visitors'),
          measure('Retained Visitors', 'Back after a week'),
          measure('Retention Rate', 'Retention after a week'),
          measure('Buyer Share'),
          measure('Cohort Revenue', 'Revenue'),
          measure('Revenue per Cohort Visitor', 'Revenue per visitor'),
        ],
        { hasChanges: false },
      ),
      heatMap('retention-grid', at([0, 8], [8, 17]), {
        title: 'Visitors who came back, by the week of their first session and weeks since',
        altText:
          'Heat map: part of the visitors that came back, by the week of their first session in rows and weeks since in columns; darker is more.',
        rows: COHORT,
        columns: WEEKS,
        value: measure('Retention Rate'),
        filters: [
          weeksOf('retention-grid'),
          between('retention-grid-cohorts', column('Date', 'Days Ago'), SHOWN_DAYS),
        ],
      }),
      chart('lineChart', 'retention-curve', at([8, 4], [8, 9]), {
        title: 'Retention by weeks since the first session',
        altText:
          'Line chart: part of the visitors that came back by weeks since the first session.',
        category: WEEKS,
        values: [measure('Retention Rate')],
        filters: [weeksOf('retention-curve')],
      }),
      chart('clusteredBarChart', 'cohort-revenue-by-channel', at([8, 4], [17, 8]), {
        title: 'Revenue per visitor by first channel',
        altText: 'Bar chart: revenue per visitor by the channel of the first session.',
        category: CHANNEL,
        values: [measure('Revenue per Cohort Visitor', 'Revenue per visitor')],
        sort: { field: measure('Revenue per Cohort Visitor'), direction: 'Descending' },
      }),
      ...footer(
        name,
        `Channel: that of the first session. All days, devices and countries; the grid has half a year. ${notes}`,
      ),
    ],
  };
}
