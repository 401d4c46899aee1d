/** What is shown beside the pointer on a day of a trend. */

import { figureCard, smallCard } from '../cards.ts';
import { meaningOf } from '../figures.ts';
import { at, pageSize } from '../grid.ts';
import type { Page } from '../page.ts';
import { slug } from '../page.ts';
import { measure } from '../visuals.ts';

/** Names of the pages. */
export const DAY_TOOLTIP = 'day-tooltip';
export const MONEY_TOOLTIP = 'money-tooltip';

const CARD = { columns: 2, rows: 3 };
/** Of the day itself, above the figures. */
const DAY_ROWS = 3;
const ACROSS = 2;

export function dayTooltip(): Page {
  return tooltip(DAY_TOOLTIP, 'Day', [
    'Sessions',
    'Visitors',
    'Conversion Rate',
    'Cart Abandonment Rate',
    'Bounce Rate',
    'Average Session Duration',
  ]);
}

export function moneyTooltip(): Page {
  return tooltip(MONEY_TOOLTIP, 'Money of a day', [
    'Orders Placed',
    'Average Order Value',
    'Gross Revenue',
    'Refunded',
    'Net Revenue',
    'New Buyers',
  ]);
}

function tooltip(name: string, title: string, figures: readonly string[]): Page {
  const columns = ACROSS * CARD.columns;
  const rows = DAY_ROWS + (figures.length / ACROSS) * CARD.rows;
  return {
    name,
    title,
    size: pageSize(columns, rows),
    use: { kind: 'Tooltip' },
    visuals: [
      smallCard(
        `${name}-date`,
        at([0, columns], [0, DAY_ROWS]),
        measure('Last Day', 'Day'),
        'Card: the day that the figures are of.',
      ),
      ...figures.map((figure, index) =>
        figureCard(
          `${name}-${slug(figure)}`,
          at(
            [(index % ACROSS) * CARD.columns, CARD.columns],
            [DAY_ROWS + Math.floor(index / ACROSS) * CARD.rows, CARD.rows],
          ),
          measure(figure),
          meaningOf(measure(figure)),
        ),
      ),
    ],
  };
}
