/** Revenue by channel, in three readings. */
import { nameOf } from '../../names.ts';
import { BarTable } from '../charts/bar-table.tsx';
import { formatValue } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function AttributedRevenue({ part, definitions }: PanelProps<'attribution'>) {
  return (
    <Panel
      title="Revenue by channel"
      id="attribution"
      wide
      definitions={definitions}
      meaning={{
        text: 'Revenue before refunds of the orders in the period, by three channels: of the session of the order, of the first session of the visitor in the 30 days before, and of the last non-Direct session in these days.',
        columns: [
          'gold_sessions.channel',
          'gold_orders.first_channel',
          'gold_orders.last_non_direct_channel',
          'gold_orders.reported_revenue',
        ],
      }}
      table={() => ({
        columns: ['channel', 'session', 'first', 'last non-direct'],
        rows: part.map(({ channel, session, first, lastNonDirect }) => [
          channel,
          session,
          first,
          lastNonDirect,
        ]),
      })}
    >
      <BarTable
        caption="Revenue by channel"
        columns={['Channel', 'Session', 'First', 'Last non-direct']}
        bars={part.map(({ channel, session, first, lastNonDirect }) => ({
          id: `=${channel}`,
          name: nameOf(channel),
          value: session,
          cells: [session, first, lastNonDirect].map((value) => formatValue('money', value)),
        }))}
      />
    </Panel>
  );
}
