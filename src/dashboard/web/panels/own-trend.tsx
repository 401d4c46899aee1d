/** A numeric column of an own table, day by day. */
import { useState } from 'preact/hooks';
import { listDays, overlapOf } from '../../days.ts';
import type { OwnTable, OwnView } from '../../view.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { formatDay, formatNumber, formatTick } from '../format.ts';
import { Panel } from '../panel.tsx';

export function OwnTrend(props: {
  table: OwnTable;
  view: OwnView;
  chart: NonNullable<OwnView['chart']>;
}) {
  const { table, view, chart } = props;
  const { columns } = chart;
  const [chosen, choose] = useState('');
  const column = columns.includes(chosen) ? chosen : String(columns[0]);
  const index = columns.indexOf(column);
  const values = new Map(chart.days.map(({ date, values: all }) => [date, all[index] ?? null]));
  const { period } = view;
  const dates = period === null ? [] : listDays(overlapOf(period.chosen, period.days));
  const described = table.columns.find(({ name }) => name === column);
  return (
    <Panel
      title="Days"
      id="own-days"
      file={`${table.name}-days`}
      wide
      definitions={[]}
      meaning={{
        text: `One column of ${table.name} for each day of ${table.grain[0]}. A day without a row is a gap.`,
        terms: described === undefined ? [] : [[column, described.description]],
      }}
      table={() => ({
        columns: [String(table.grain[0]), ...columns],
        rows: chart.days.map(({ date, values: all }) => [date, ...all]),
      })}
      actions={
        <label>
          <span class="hidden">Column</span>
          <select value={column} onChange={({ currentTarget }) => choose(currentTarget.value)}>
            {columns.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      }
    >
      {dates.length > 0 && (
        <LineChart
          title={`${column} by day`}
          points={dates.map((date) => ({
            label: formatDay(date),
            value: values.get(date) ?? null,
          }))}
          format={(value) => formatNumber(value)}
          formatTick={(value) => formatTick(value)}
        />
      )}
    </Panel>
  );
}
