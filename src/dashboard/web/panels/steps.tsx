/** The funnel of each channel, device and so on; a row is a filter. */
import { DIMENSIONS, type Dimension } from '../../dimensions.ts';
import { nameOf } from '../../names.ts';
import type { StepGroup } from '../../view.ts';
import { toggleValue, valuesOf } from '../address.ts';
import { BarTable } from '../charts/bar-table.tsx';
import { formatCount, formatRate, rate } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Steps(props: PanelProps<'steps'>) {
  return DIMENSIONS.map((dimension) => {
    const groups = props.part.groups[dimension.id];
    return (
      groups !== undefined && <StepsOf key={dimension.id} {...{ ...props, dimension, groups }} />
    );
  });
}

function StepsOf(props: PanelProps<'steps'> & { dimension: Dimension; groups: StepGroup[] }) {
  const { part, filters, definitions, dimension, groups, onChange } = props;
  const { id, name: label } = dimension;
  const title = `Funnel by ${label.toLowerCase()}`;
  const chosen = valuesOf(filters.where, id, 'is');
  const [, ...later] = part.labels;
  return (
    <Panel
      title={title}
      id={`steps-${id}`}
      wide
      definitions={definitions}
      meaning={{
        text: 'Sessions, and the share of them that reached each step. Select rows to filter the page by them; select them again to remove the filter. At most 50 rows.',
        columns: ['gold_sessions.funnel_step'],
      }}
      table={() => ({
        columns: [id, ...part.labels],
        rows: groups.map(({ name, sessions }) => [name, ...sessions]),
      })}
    >
      <BarTable
        caption={title}
        isLimited
        columns={[label, 'Sessions', ...later]}
        bars={groups.map(({ name, sessions: [all = 0, ...reached] }) => ({
          id: `=${name}`,
          name: nameOf(name, id),
          value: all,
          cells: [formatCount(all), ...reached.map((count) => formatRate(rate(count, all)))],
          isChosen: chosen.includes(name),
          onChoose: () =>
            onChange({
              where: toggleValue(filters.where, { dimension: id, operator: 'is' }, name),
            }),
        }))}
      />
    </Panel>
  );
}
