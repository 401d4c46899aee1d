/** Orders by their last or first channel. */
import { FORMATS, type Measure } from './measure.ts';

const LAST = 'the last non-Direct session in the 30 days before the order';
const FIRST = 'the first session in the 30 days before the order';
const NOTE = 'Not filtered by device or country.';

/** `money` is the format of amounts. */
export function channelMeasures(money: string): Measure[] {
  const measure = (
    name: string,
    format: string,
    meaning: string,
    value: { dax: string; sql: string },
  ): Measure[] => [
    {
      name: `${name} by Last Channel`,
      folder: 'Sales\\Attribution',
      format,
      description: `${meaning}, by the date of the order and the channel of ${LAST}. ${NOTE}`,
      dax: value.dax,
      sql: `SELECT ${value.sql} FROM gold_orders`,
    },
    {
      name: `${name} by First Channel`,
      folder: 'Sales\\Attribution',
      format,
      description: `${meaning}, by the date of the order and the channel of ${FIRST}. ${NOTE}`,
      // USERELATIONSHIP would be refused to members of a role that filters the table.
      dax: `CALCULATE([${name} by Last Channel], REMOVEFILTERS(Channel), TREATAS(VALUES(Channel[Channel]), Orders[first_channel]))`,
      sql: `SELECT ${value.sql} FROM gold_orders@first`,
    },
  ];
  return [
    ...measure('Orders', FORMATS.count, 'Orders', {
      // An order of which only a refund is known has no date.
      dax: 'COUNT(Orders[order_date])',
      sql: 'count(order_date)',
    }),
    ...measure('Revenue', money, 'Revenue [units of money.currency]', {
      dax: 'SUM(Orders[reported_revenue])',
      sql: 'sum(reported_revenue)',
    }),
  ];
}
