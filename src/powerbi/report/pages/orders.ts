/** Orders, what they were worth, and who placed them. */
import { figures } from '../figures.ts';
import { CHANNEL, DATE, footer, header } from '../frame.ts';
import { FIGURES, part } from '../grid.ts';
import type { Page } from '../page.ts';
import { chart, measure } from '../visuals.ts';
import { MONEY_TOOLTIP } from './tooltips.ts';

const AMOUNTS = [8, 5] as const;
const TRENDS = [13, 12] as const;

export function ordersPage(notes: string): Page {
  const name = 'orders';
  return {
    name,
    title: 'Orders',
    visuals: [
      ...header(name, 'Orders and money', { members: [CHANNEL] }),
      ...figures(name, FIGURES, [
        measure('Orders Placed'),
        measure('Gross Revenue'),
        measure('Refunded'),
        measure('Net Revenue'),
        measure('Average Order Value'),
        measure('New Buyers'),
      ]),
      ...figures(name, AMOUNTS, [
        measure('Tax', 'Tax, as sent'),
        measure('Shipping', 'Shipping, as sent'),
        measure('Discount', 'Discounts, as sent'),
        measure('Returning Buyers'),
        measure('Days to First Order'),
        measure('Days between Orders'),
      ]),
      chart('lineChart', 'net-revenue-trend', part(TRENDS, 0, 2), {
        title: 'Net revenue and refunds a day',
        altText: 'Line chart: net revenue and refunded amounts by day.',
        tooltipPage: MONEY_TOOLTIP,
        category: DATE,
        values: [measure('Net Revenue'), measure('Refunded')],
      }),
      chart('lineChart', 'buyers-trend', part(TRENDS, 1, 2), {
        title: 'New and returning buyers a day',
        altText: 'Line chart: visitors with their first order, and those with a later one, by day.',
        tooltipPage: MONEY_TOOLTIP,
        category: DATE,
        values: [measure('New Buyers'), measure('Returning Buyers')],
      }),
      ...footer(
        name,
        `Every order once; refunds on their own day. Channel: the last before the order that is not Direct. All devices and countries. ${notes}`,
      ),
    ],
  };
}
