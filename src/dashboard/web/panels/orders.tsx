/** The latest orders of the period. */
import { nameOf } from '../../names.ts';
import { BarTable } from '../charts/bar-table.tsx';
import { formatInstant, formatValue } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Orders({ part, definitions, onChange }: PanelProps<'orders'>) {
  const choose = (session: string) => (): void =>
    onChange({ page: 'sessions', session, figure: undefined });
  return (
    <Panel
      title="Latest orders"
      id="orders"
      wide
      definitions={definitions}
      meaning={{
        text: 'The latest orders in the period, at most 100, with their refunds to date. Channel and country are those of the session. Select an order to see the events of its session.',
        columns: [
          'gold_orders.ordered_at',
          'gold_orders.reported_revenue',
          'gold_orders.reported_refunded',
          'gold_orders.is_first_order',
        ],
      }}
      table={() => ({
        columns: [
          ...['order_id', 'ordered_at', 'session_id', 'channel', 'country'],
          ...['is_first_order', 'quantity', 'revenue', 'refunded'],
        ],
        rows: part.map((each) => [
          ...[each.id, each.orderedAt, each.sessionId, each.channel, each.country],
          ...[String(each.isFirst), each.quantity, each.revenue, each.refunded],
        ]),
      })}
    >
      <BarTable
        caption="Latest orders"
        isLimited
        texts={['Time', 'Channel', 'Country', 'Buyer']}
        columns={['Order', 'Time', 'Channel', 'Country', 'Buyer', 'Pieces', 'Revenue', 'Refunded']}
        bars={part.map((each) => ({
          name: each.id,
          ...(each.sessionId === null ? {} : { onChoose: choose(each.sessionId) }),
          value: each.revenue ?? 0,
          cells: [
            formatInstant(each.orderedAt),
            nameOf(each.channel),
            nameOf(each.country, 'country'),
            each.isFirst ? 'new' : 'returning',
            formatValue('count', each.quantity),
            formatValue('money', each.revenue),
            formatValue('money', each.refunded),
          ],
        }))}
      />
    </Panel>
  );
}
