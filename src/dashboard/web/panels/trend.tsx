/** One figure, day by day. */
import { useState } from 'preact/hooks';
import { countDays, listDays, overlapOf } from '../../days.ts';
import type { Day, Figure, Period } from '../../view.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { formatDay, formatShort, formatValue } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Trend({ view, definitions, lakeDays }: PanelProps & { lakeDays: Period }) {
  const { figures } = view;
  const [chosen, setChosen] = useState<Figure['id']>('sessions');
  const figure = figures.find(({ id }) => id === chosen) as Figure;
  const days = new Map(view.days.map((day) => [day.date, day]));
  const shown = overlapOf(view.choice, lakeDays);
  const dates = listDays(shown);
  const points = dates.map((date) => {
    return { label: formatDay(date), value: valueOn(figure, days.get(date)) };
  });
  return (
    <Panel
      title="Days"
      id="days"
      wide
      definitions={definitions}
      meaning={{
        text: 'One figure for each day of the shop on which the sessions began, of the days that the lake has. Visitors of several days count on each of them.',
        columns: ['gold_sessions.session_date', 'gold_sessions.visitor_id'],
      }}
      table={() => ({
        columns: ['date', ...figures.map(({ name }) => name)],
        rows: dates.map((date) => [date, ...figures.map((each) => valueOn(each, days.get(date)))]),
      })}
      actions={
        <>
          {dates.length < countDays(view.choice) && (
            <span class="note">
              the lake has {shown.from} to {shown.to}
            </span>
          )}
          <label>
            <span class="hidden">Figure</span>
            <select
              value={chosen}
              onChange={({ currentTarget }) => setChosen(currentTarget.value as Figure['id'])}
            >
              {figures.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </>
      }
    >
      <LineChart
        title={`${figure.name} by day`}
        points={points}
        format={(value) => formatValue(figure.format, value)}
        formatTick={(value) =>
          figure.format === 'rate' ? formatValue('rate', value) : formatShort(value)
        }
      />
    </Panel>
  );
}

/** On a day without sessions counts are 0, and rates have nothing to divide by. */
function valueOn({ id, format }: Figure, day: Day | undefined): number | null {
  if (day !== undefined) {
    return day[id];
  }
  return format === 'count' || format === 'money' ? 0 : null;
}
