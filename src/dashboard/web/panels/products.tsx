import { BarTable } from '../charts/bar-table.tsx';
import { formatCount, formatMoney, formatRate, rate } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Products({ view, definitions }: PanelProps) {
  const shown = view.products.slice(0, 15);
  const isFiltered = view.choice.device !== undefined || view.choice.country !== undefined;
  return (
    <Panel
      title="Products"
      id="products"
      wide
      definitions={definitions}
      meaning={{
        text: 'The products with the most revenue in the period, of all devices and countries. The file holds a hundred.',
        columns: [
          'gold_products.views',
          'gold_products.view_to_cart_rate',
          'gold_products.cart_to_purchase_rate',
          'gold_products.revenue',
        ],
      }}
      table={() => ({
        columns: ['product_id', 'views', 'add_to_carts', 'purchases', 'revenue'],
        rows: view.products.map((each) => [
          each.id,
          each.views,
          each.addToCarts,
          each.purchases,
          each.revenue,
        ]),
      })}
      actions={isFiltered ? <span class="note">all devices and countries</span> : undefined}
    >
      <BarTable
        caption="Products by revenue"
        columns={[
          'Product',
          'Revenue',
          'Views',
          'Added',
          'Added / viewed',
          'Bought',
          'Bought / added',
        ]}
        bars={shown.map((each) => ({
          name: each.id,
          value: each.revenue,
          cells: [
            formatMoney(each.revenue),
            formatCount(each.views),
            formatCount(each.addToCarts),
            formatRate(rate(each.addToCarts, each.views)),
            formatCount(each.purchases),
            formatRate(rate(each.purchases, each.addToCarts)),
          ],
        }))}
      />
    </Panel>
  );
}
