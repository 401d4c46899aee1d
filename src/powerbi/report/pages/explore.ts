/** A metric and a dimension of one's own choice, by the field parameters of the model. */
import { FIELD_PARAMETERS } from '../../field-parameters.ts';
import { DATE, footer, header } from '../frame.ts';
import { part } from '../grid.ts';
import type { Page } from '../page.ts';
import type { Field } from '../visual-json.ts';
import { chart, column, measure, table } from '../visuals.ts';
import { DAY_TOOLTIP } from './tooltips.ts';

const TREND = [3, 11] as const;
const SPLITS = [14, 11] as const;

const METRIC = 'Chosen Metric';
const DIMENSION = 'Chosen Dimension';

export function explorePage(notes: string): Page {
  const name = 'explore';
  const metric = measure(firstOf(METRIC).name);
  const { table: dimensionTable, name: dimensionName } = firstOf(DIMENSION);
  const dimension = column(dimensionTable, dimensionName);
  return {
    name,
    title: 'Explore',
    visuals: [
      ...header(name, 'Explore', { members: [chosen(METRIC), chosen(DIMENSION)], isSingle: true }),
      chart('lineChart', 'explore-trend', part(TREND, 0, 1), {
        title: 'The chosen metric by day',
        altText: 'Line chart: the chosen metric by day.',
        tooltipPage: DAY_TOOLTIP,
        category: DATE,
        values: [metric],
        parameters: { Y: { field: chosen(METRIC) } },
      }),
      chart('clusteredBarChart', 'explore-split', part(SPLITS, 0, 2), {
        title: 'The chosen metric by the chosen dimension',
        altText: 'Bar chart: the chosen metric by the chosen dimension.',
        category: dimension,
        values: [metric],
        sort: { field: metric, direction: 'Descending' },
        parameters: {
          Category: { field: chosen(DIMENSION) },
          Y: { field: chosen(METRIC), sortDirection: 'Descending' },
        },
      }),
      table('explore-table', part(SPLITS, 1, 2), {
        title: 'The chosen dimension in numbers',
        altText: 'Table: sessions, orders, revenue and conversion by the chosen dimension.',
        fields: [
          dimension,
          measure('Sessions'),
          measure('Orders'),
          measure('Revenue'),
          measure('Conversion Rate', 'Conversion'),
        ],
        sort: { field: measure('Sessions'), direction: 'Descending' },
        parameters: { Values: { field: chosen(DIMENSION) } },
      }),
      ...footer(
        name,
        `A metric that does not know the chosen dimension shows the same for every member. ${notes}`,
      ),
    ],
  };
}

/** The column of a field parameter that a slicer shows. */
function chosen(parameter: string): Field {
  return column(parameter, parameter);
}

/** What Power BI picks as long as nothing is chosen. */
function firstOf(parameter: string): { table: string; name: string } {
  return FIELD_PARAMETERS.find(({ name }) => name === parameter)!.fields[0]!;
}
