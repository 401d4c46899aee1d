/** One product, or those of one category or brand. */
import { figures } from '../figures.ts';
import { DATE, drilledHeader, footer } from '../frame.ts';
import { FIGURES, part } from '../grid.ts';
import type { Page } from '../page.ts';
import { chart, column, measure, table } from '../visuals.ts';
import { PRODUCT_FIGURES, PRODUCT_RATES } from './products.ts';

const CHARTS = [8, 9] as const;
const TABLE = [17, 8] as const;

export function productDetailsPage(notes: string): Page {
  const name = 'product-details';
  const members = [
    column('Products', 'Product'),
    column('Products', 'Category'),
    column('Products', 'Brand'),
  ];
  return {
    name,
    title: 'Product details',
    use: { kind: 'Drillthrough', fields: members },
    visuals: [
      ...drilledHeader(name, 'Product details'),
      ...figures(name, FIGURES, [...PRODUCT_FIGURES.slice(0, 4), ...PRODUCT_RATES]),
      chart('lineChart', 'product-details-interest', part(CHARTS, 0, 2), {
        title: 'Views and add-to-carts a day',
        altText: 'Line chart: views and add-to-carts of the products by day.',
        category: DATE,
        values: [measure('Item Views', 'Views'), measure('Item Add-to-Carts', 'Add-to-carts')],
      }),
      chart('lineChart', 'product-details-sales', part(CHARTS, 1, 2), {
        title: 'Revenue a day',
        altText: 'Line chart: revenue of the products by day.',
        category: DATE,
        values: [measure('Item Revenue', 'Revenue')],
      }),
      table('product-details-table', part(TABLE, 0, 1), {
        title: 'Products',
        altText: 'Table: the products with category and brand, their figures and rates.',
        fields: [...members, ...PRODUCT_FIGURES, ...PRODUCT_RATES],
        sort: { field: measure('Item Revenue'), direction: 'Descending' },
      }),
      ...footer(
        name,
        `Products of the data point that you drilled through; all devices and countries. ${notes}`,
      ),
    ],
  };
}
