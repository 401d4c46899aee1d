/** The latest sessions that the filters leave; a row shows its events. */
import { nameOf } from '../../names.ts';
import { BarTable } from '../charts/bar-table.tsx';
import { formatInstant, formatSeconds, formatValue } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Sessions({ part, filters, definitions, onChange }: PanelProps<'sessions'>) {
  return (
    <Panel
      title="Latest sessions"
      id="sessions"
      wide
      definitions={definitions}
      meaning={{
        text: 'The latest sessions in the period that match the filters, at most 100. Of its visitor: 1 is the first session of the visitor, 2 the second. Select one to see its events.',
        columns: ['gold_sessions.session_id', 'gold_sessions.started_at', 'gold_sessions.channel'],
      }}
      table={() => ({
        columns: [
          ...['session_id', 'started_at', 'duration_seconds', 'events', 'orders', 'revenue'],
          ...['channel', 'landing_page', 'device', 'country', 'session_number'],
        ],
        rows: part.map((each) => [
          ...[each.id, each.startedAt, each.seconds, each.events, each.orders, each.revenue],
          ...[each.channel, each.landingPage, each.device, each.country, each.number],
        ]),
      })}
    >
      <BarTable
        caption="Latest sessions"
        isLimited
        texts={['Began', 'Channel', 'Device', 'Country']}
        columns={[
          ...['Session', 'Began', 'Length', 'Events', 'Orders', 'Revenue'],
          ...['Channel', 'Device', 'Country', 'Of its visitor'],
        ]}
        bars={part.map((each) => ({
          name: each.id,
          value: each.events,
          isChosen: each.id === filters.session,
          onChoose: () => onChange({ session: each.id === filters.session ? undefined : each.id }),
          cells: [
            formatInstant(each.startedAt),
            formatSeconds(each.seconds),
            formatValue('count', each.events),
            formatValue('count', each.orders),
            formatValue('money', each.revenue),
            ...[nameOf(each.channel), nameOf(each.device), nameOf(each.country, 'country')],
            formatValue('count', each.number),
          ],
        }))}
      />
    </Panel>
  );
}
