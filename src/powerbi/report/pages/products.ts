/** What is viewed and sold. */
import { figures } from '../figures.ts';
import { footer, header } from '../frame.ts';
import { at, FIGURES } from '../grid.ts';
import type { Page } from '../page.ts';
import { topMembers } from '../visual-filters.ts';
import type { Field, Visual } from '../visual-json.ts';
import { chart, column, measure, table } from '../visuals.ts';

const PRODUCT = column('Products', 'Product');
export const PRODUCT_FIGURES = [
  measure('Item Views', 'Views'),
  measure('Item Add-to-Carts', 'Add-to-carts'),
  measure('Item Orders', 'Orders'),
  measure('Item Quantity', 'Pieces'),
  measure('Item Revenue', 'Revenue'),
];
export const PRODUCT_RATES = [
  measure('Item View-to-Cart Rate', 'View to cart'),
  measure('Item Cart-to-Purchase Rate', 'Cart to purchase'),
];

export function productsPage(notes: string): Page {
  const name = 'products';
  return {
    name,
    title: 'Products',
    visuals: [
      ...header(name, 'Products', { members: [] }),
      ...figures(name, FIGURES, [measure('Items', 'Products'), ...PRODUCT_FIGURES]),
      table('product-table', at([0, 8], [8, 17]), {
        title: 'Products',
        altText:
          'Table: products with their category, views, add-to-carts, orders, pieces, revenue and rates.',
        fields: [PRODUCT, column('Products', 'Category'), ...PRODUCT_FIGURES, ...PRODUCT_RATES],
        sort: { field: measure('Item Revenue'), direction: 'Descending' },
      }),
      best('most-revenue', [8, 9], 'Most revenue', measure('Item Revenue', 'Revenue')),
      best('most-views', [17, 8], 'Most views', measure('Item Views', 'Views')),
      ...footer(name, `All devices and countries: the table has neither. ${notes}`),
    ],
  };
}

/** The ten products with the most of it. */
function best(
  name: string,
  rows: readonly [from: number, count: number],
  title: string,
  by: Field,
): Visual {
  return chart('clusteredBarChart', name, at([8, 4], rows), {
    title,
    altText: `Bar chart: the ten products with the most ${by.label?.toLowerCase()}.`,
    category: PRODUCT,
    values: [by],
    sort: { field: by, direction: 'Descending' },
    filters: [topMembers(`${name}-top`, PRODUCT, by, 10)],
  });
}
