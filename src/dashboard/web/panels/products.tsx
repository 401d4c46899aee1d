import type { Product } from '../../view.ts';
import { changeOf } from '../change.ts';
import { BarTable } from '../charts/bar-table.tsx';
import { formatValue } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Products({ part, view, definitions }: PanelProps<'products'>) {
  const shown = part.slice(0, 15);
  const isFiltered = view.choice.filters.length > 0;
  const isCompared = part.some(({ revenueBefore }) => revenueBefore !== null);
  return (
    <Panel
      title="Products"
      id="products"
      wide
      definitions={definitions}
      meaning={{
        text: `The products with the most revenue in the period, for all sessions, not filtered. The CSV file has 100.${isCompared ? ' Change: of the revenue, against the days compared with.' : ''}`,
        columns: [
          'gold_products.views',
          'gold_products.view_to_cart_rate',
          'gold_products.cart_to_purchase_rate',
          'gold_products.revenue',
        ],
      }}
      table={() => ({
        columns: [
          ...['product_id', 'product_name', 'category', 'brand'],
          ...['views', 'add_to_carts', 'orders', 'revenue'],
          ...(isCompared ? ['revenue before'] : []),
        ],
        rows: part.map((each) => [
          ...[each.id, each.name, each.category, each.brand],
          ...[each.views, each.addToCarts, each.orders, each.revenue],
          ...(isCompared ? [each.revenueBefore] : []),
        ]),
      })}
      actions={isFiltered ? <span class="note">of all sessions</span> : undefined}
    >
      <BarTable
        caption="Products by revenue"
        wideOnly={['Change']}
        columns={[
          'Product',
          'Revenue',
          ...(isCompared ? ['Change'] : []),
          'Views',
          'Added',
          'Added / viewed',
          'Bought',
          'Bought / added',
        ]}
        bars={shown.map((each) => ({
          id: each.id,
          name: each.name ?? each.id,
          note: noteOf(each),
          value: each.revenue ?? 0,
          cells: [
            formatValue('money', each.revenue),
            ...(isCompared
              ? [changeOf({ format: 'money' }, each.revenue ?? 0, each.revenueBefore ?? 0)]
              : []),
            formatValue('count', each.views),
            formatValue('count', each.addToCarts),
            formatValue('rate', each.viewToCartRate),
            formatValue('count', each.orders),
            formatValue('rate', each.cartToPurchaseRate),
          ],
        }))}
      />
    </Panel>
  );
}

/** What a product's name leaves out. */
function noteOf({ id, name, category, brand }: Product): string {
  const parts = [...(name === null ? [] : [id]), category, brand];
  return parts.filter((part) => part !== null).join(' · ');
}
