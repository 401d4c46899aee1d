import type { Step } from '../../view.ts';
import { withValues } from '../address.ts';
import { BarTable } from '../charts/bar-table.tsx';
import { formatCount, formatPeriod, formatRate, rate } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Funnel(props: PanelProps<'funnel'>) {
  const { part: steps, view, filters, definitions, onChange } = props;
  const before = view.previousTotals === null ? null : view.previous;
  const all = steps[0]?.sessions ?? 0;
  const shares = steps.map(({ label, sessions, before }, index) => ({
    name: label,
    value: sessions,
    ofAll: rate(sessions, all),
    dropOff: index === 0 ? null : lost(steps[index - 1]?.sessions ?? 0, sessions),
    ofAllBefore: before === null ? null : rate(before, steps[0]?.before ?? 0),
  }));
  return (
    <Panel
      title="Funnel"
      id="funnel"
      wide
      definitions={definitions}
      meaning={{
        text: 'Sessions that reached the steps in this order; a step counts only after the one before it. Drop-off: sessions at the previous step that did not reach this one. The earlier share is that in the comparison period. Select a step to list the sessions that ended there.',
        columns: ['gold_sessions.funnel_step'],
      }}
      table={() => ({
        columns: ['step', 'sessions', 'share of sessions', 'drop-off', 'share before'],
        rows: shares.map(({ name, value, ofAll, dropOff, ofAllBefore }) => [
          ...[name, value, ofAll, dropOff, ofAllBefore],
        ]),
      })}
    >
      <BarTable
        caption="Steps of the funnel"
        columns={[
          ...['Step', 'Sessions', 'Share', 'Drop-off'],
          ...(before === null ? [] : [`Share, ${formatPeriod(before)}`]),
        ]}
        bars={shares.map(({ name, value, ofAll, dropOff, ofAllBefore }, index) => ({
          name,
          value,
          onChoose: () =>
            onChange({
              ...{ page: 'sessions', figure: undefined },
              where: withValues(filters.where, {
                ...{ dimension: 'step', operator: 'is', values: [lastStep(steps, index)] },
              }),
            }),
          cells: [
            ...[formatCount(value), formatRate(ofAll), index === 0 ? '' : formatRate(dropOff)],
            ...(before === null ? [] : [formatRate(ofAllBefore)]),
          ],
        }))}
      />
    </Panel>
  );
}

/** As the dimension names it: without a checkout the purchase is the last one all the same. */
function lastStep(steps: Step[], index: number): string {
  const names = ['none', 'product view', 'cart', 'checkout', 'purchase'];
  return (index === steps.length - 1 ? names.at(-1) : names[index]) ?? '';
}

function lost(before: number, here: number): number | null {
  return rate(before - here, before);
}
