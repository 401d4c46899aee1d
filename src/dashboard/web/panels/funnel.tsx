import { BarTable } from '../charts/bar-table.tsx';
import { formatCount, formatRate, rate } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Funnel({ view, definitions }: PanelProps) {
  const { sessions, view: viewed, cart, checkout, purchase } = view.funnel;
  const steps: [string, number][] = [
    ['Sessions', sessions],
    ['Product view', viewed],
    ['Add to cart', cart],
    ...(checkout === null ? [] : ([['Checkout', checkout]] as [string, number][])),
    ['Purchase', purchase],
  ];
  const shares = steps.map(([name, value], index) => ({
    name,
    value,
    ofAll: rate(value, sessions),
    dropOff: index === 0 ? null : lost(steps[index - 1]?.[1] ?? 0, value),
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
