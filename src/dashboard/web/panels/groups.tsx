/** Sessions by one dimension; a row is a filter. */
import { DIMENSIONS, type Dimension } from '../../dimensions.ts';
import { nameOf } from '../../names.ts';
import type { Group } from '../../view.ts';
import { toggleValue, valuesOf } from '../address.ts';
import { changeOf } from '../change.ts';
import { BarTable } from '../charts/bar-table.tsx';
import { formatValue } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Groups(props: PanelProps<'groups'>) {
  const shown = DIMENSIONS.flatMap((dimension) => {
    const groups = props.part[dimension.id];
    return groups === undefined ? [] : [{ dimension, groups }];
  });
  return shown.map(({ dimension, groups }, index) => {
    // Two stand side by side: one that is left over takes the whole width.
    const isWide = index === shown.length - 1 && index % 2 === 0;
    return <GroupsOf key={dimension.id} {...{ ...props, dimension, groups, isWide }} />;
  });
}

function GroupsOf(
  props: PanelProps<'groups'> & { dimension: Dimension; groups: Group[]; isWide: boolean },
) {
  const { filters, definitions, dimension, groups, isWide, onChange } = props;
  const { id, name: label, plural: title } = dimension;
  const chosen = valuesOf(filters.where, id, 'is');
  const isCompared = groups.some(({ sessionsBefore }) => sessionsBefore !== null);
  return (
    <Panel
      title={title}
      id={id}
      wide={isWide}
      definitions={definitions}
      meaning={{
        text: `${MEANINGS[id] ?? `Sessions by ${label.toLowerCase()}.`} Choose rows to see the page for them alone; again, to see all. At most 200 are listed.${isCompared ? ' Change: of the sessions, against the days compared with.' : ''}`,
        columns: [
          id === 'visitor' ? 'gold_sessions.session_number' : `gold_sessions.${id}`,
          'gold_sessions.has_purchase',
          'gold_sessions.revenue',
        ],
      }}
      table={() => ({
        columns: [
          ...[id, 'sessions', 'sessions with purchase', 'revenue'],
          ...(isCompared ? ['sessions before'] : []),
        ],
        rows: groups.map((group) => [
          group.name,
          group.sessions,
          group.sessionsWithPurchase,
          group.revenue,
          ...(isCompared ? [group.sessionsBefore] : []),
        ]),
      })}
    >
      <BarTable
        caption={title}
        isLimited
        wideOnly={['Change']}
        columns={[label, 'Sessions', ...(isCompared ? ['Change'] : []), 'Conversion', 'Revenue']}
        bars={groups.map((group) => ({
          id: `=${group.name}`,
          name: nameOf(group.name, id),
          value: group.sessions ?? 0,
          cells: [
            formatValue('count', group.sessions),
            ...(isCompared
              ? [changeOf({ format: 'count' }, group.sessions ?? 0, group.sessionsBefore ?? 0)]
              : []),
            formatValue('rate', group.conversionRate),
            formatValue('money', group.revenue),
          ],
          isChosen: chosen.includes(group.name),
          onChoose: () =>
            onChange({
              where: toggleValue(filters.where, { dimension: id, operator: 'is' }, group.name),
            }),
        }))}
      />
    </Panel>
  );
}

const MEANINGS: Readonly<Partial<Record<Dimension['id'], string>>> = {
  device: 'Sessions by the device of their first event.',
  country: 'Sessions by the country of their first event.',
  visitor: 'New: the first session of its visitor. Returning: each later one.',
  landing_page:
    'Sessions by the path of the first page they name, without its query, or by the group of landing_pages that it fits.',
};
