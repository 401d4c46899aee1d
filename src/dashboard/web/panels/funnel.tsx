import { type Filter, LAST_STEPS } from '../../dimensions.ts';
import type { Step } from '../../view.ts';
import { valuesOf, withValues } from '../address.ts';
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
  const showSessions = (index: number): void =>
    onChange({
      ...{ page: 'sessions', figure: undefined },
      where: index === 0 ? filters.where : whereReached(filters.where, firstOf(steps, index)),
    });
  return (
    <Panel
      title="Funnel"
      id="funnel"
      wide
      definitions={definitions}
      meaning={{
        text: 'Sessions that reached the steps in this order; a step counts only after the one before it. Drop-off: sessions at the previous step that did not reach this one. The earlier share is that in the comparison period. Select a step to list the sessions that reached it; the filter “Last funnel step” finds those that ended there.',
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
          // There is nothing to list; beside a filter of the last step in use, none would say so.
          ...(value === 0 ? {} : { onChoose: () => showSessions(index) }),
          cells: [
            ...[formatCount(value), formatRate(ofAll), index === 0 ? '' : formatRate(dropOff)],
            ...(before === null ? [] : [formatRate(ofAllBefore)]),
          ],
        }))}
      />
    </Panel>
  );
}

/** The place of a step among the names of the last one: without a checkout the purchase is the last all the same. */
function firstOf(steps: Step[], index: number): number {
  return index === steps.length - 1 ? LAST_STEPS.length - 1 : index;
}

/** The filters, and that the last step is this one or a later one; one in use stays. */
function whereReached(where: Filter[], step: number): Filter[] {
  const reached: readonly string[] = LAST_STEPS.slice(step);
  const before = valuesOf(where, 'step', 'is');
  const values =
    before.length === 0 ? [...reached] : before.filter((name) => reached.includes(name));
  return withValues(where, { dimension: 'step', operator: 'is', values });
}

function lost(before: number, here: number): number | null {
  return rate(before - here, before);
}
