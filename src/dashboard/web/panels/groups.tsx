/** Devices or countries; a row is a filter. */
import type { Group } from '../../view.ts';
import type { FilterChange } from '../address.ts';
import { BarTable } from '../charts/bar-table.tsx';
import { formatValue, nameOf } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Groups(
  props: PanelProps & {
    kind: 'device' | 'country';
    onChange: (change: FilterChange) => void;
  },
) {
  const { view, definitions, kind, onChange } = props;
  const groups: Group[] = kind === 'device' ? view.devices : view.countries;
  const title = kind === 'device' ? 'Devices' : 'Countries';
  return (
    <Panel
      title={title}
      id={kind}
      definitions={definitions}
      meaning={{
        text: `Sessions by the ${kind} of their first event. Choose one to see the page for it alone; again, to see all.`,
        columns: [`gold_sessions.${kind}`, 'gold_sessions.has_purchase', 'gold_sessions.revenue'],
      }}
      table={() => ({
        columns: [kind, 'sessions', 'sessions with purchase', 'revenue'],
        rows: groups.map((group) => [
          group.name,
          group.sessions,
          group.sessionsWithPurchase,
          group.revenue,
        ]),
      })}
    >
      <BarTable
        caption={title}
        isLimited
        columns={[
          title.replace(/ies$/, 'y').replace(/s$/, ''),
          'Sessions',
          'Conversion',
          'Revenue',
        ]}
        bars={groups.map((group) => ({
          id: `=${group.name}`,
          name: nameOf(group.name),
          value: group.sessions ?? 0,
          cells: [
            formatValue('count', group.sessions),
            formatValue('rate', group.conversionRate),
            formatValue('money', group.revenue),
          ],
          isChosen: view.choice[kind] === group.name,
          onChoose: () =>
            onChange({ [kind]: view.choice[kind] === group.name ? undefined : group.name }),
        }))}
      />
    </Panel>
  );
}
