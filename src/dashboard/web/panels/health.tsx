import type { Definition, Health } from '../../view.ts';
import { BarTable } from '../charts/bar-table.tsx';
import { formatCount, formatInstant, formatRate, rate } from '../format.ts';
import { Panel } from '../panel.tsx';

export function HealthPanel({
  health,
  definitions,
}: {
  health: Health;
  definitions: Definition[];
}) {
  const rejected = health.quarantined.reduce((sum, { lines }) => sum + lines, 0);
  const facts: [string, string][] = [
    ['Last event', formatInstant(health.lastEventAt)],
    ['Last change of Gold', formatInstant(health.lastRunAt)],
    ['Gold', health.isGoldCurrent ? 'up to date with Silver' : 'behind Silver: clicklake run'],
    [
      'Waiting',
      health.waitingFiles === 0
        ? 'nothing'
        : `${formatCount(health.waitingFiles)} files: clicklake run`,
    ],
  ];
  const outcomes: [string, number][] = [
    ['valid', health.valid],
    ['duplicates', health.duplicates],
    ['quarantined', rejected],
    ...health.quarantined.map(({ reason, lines }): [string, number] => [
      `quarantined: ${reason}`,
      lines,
    ]),
  ];
  return (
    <Panel
      title="Health of the lake"
      id="health"
      wide
      definitions={definitions}
      meaning={{
        text: 'Every line received is valid, a duplicate, or in quarantine with a reason. Of the whole lake, whatever the filters say.',
        columns: ['silver_quarantine.reason', 'bronze_files.line_count'],
      }}
      table={() => ({
        columns: ['outcome', 'lines'],
        rows: [['received', health.lines], ...outcomes],
      })}
    >
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <BarTable
        caption="Lines by outcome"
        columns={[`${formatCount(health.lines)} lines received`, 'Lines', 'Share']}
        bars={outcomes.map(([name, value]) => ({
          name,
          value,
          cells: [formatCount(value), formatRate(rate(value, health.lines))],
        }))}
      />
    </Panel>
  );
}
