import { BarTable } from '../charts/bar-table.tsx';
import { formatCount, formatRate, rate } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Funnel({ part: steps, definitions }: PanelProps<'funnel'>) {
  const all = steps[0]?.sessions ?? 0;
  const shares = steps.map(({ label, sessions }, index) => ({
    name: label,
    value: sessions,
    ofAll: rate(sessions, all),
    dropOff: index === 0 ? null : lost(steps[index - 1]?.sessions ?? 0, sessions),
  }));
  return (
    <Panel
      title="Funnel"
      id="funnel"
      wide
      definitions={definitions}
      meaning={{
        text: 'Sessions that took the steps in this order; a step counts only after the one before it. Drop-off: sessions of the step before that did not get here.',
        columns: ['gold_sessions.funnel_step'],
      }}
      table={() => ({
        columns: ['step', 'sessions', 'share of sessions', 'drop-off'],
        rows: shares.map(({ name, value, ofAll, dropOff }) => [name, value, ofAll, dropOff]),
      })}
    >
      <BarTable
        caption="Steps of the funnel"
        columns={['Step', 'Sessions', 'Of all', 'Drop-off']}
        bars={shares.map(({ name, value, ofAll, dropOff }, index) => ({
          name,
          value,
          cells: [formatCount(value), formatRate(ofAll), index === 0 ? '' : formatRate(dropOff)],
        }))}
      />
    </Panel>
  );
}

function lost(before: number, here: number): number | null {
  return rate(before - here, before);
}
