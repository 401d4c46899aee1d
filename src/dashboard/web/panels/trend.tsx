/** One figure, day by day. */
import { useState } from 'preact/hooks';
import { addDays, countDays } from '../../days.ts';
import type { Period, Totals } from '../../view.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { FIGURES, type Figure } from '../figures.tsx';
import { formatDay, formatRate, formatShort } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

/** A day without sessions: its counts are 0, its rates have nothing to divide by. */
const NO_SESSIONS: Totals = {
  sessions: 0,
  users: 0,
  newUsers: 0,
  events: 0,
  purchases: 0,
  revenue: 0,
  bounces: 0,
  withProductView: 0,
  withAddToCart: 0,
  withPurchase: 0,
  withCartAndPurchase: 0,
  durationSeconds: 0,
};

export function Trend({ view, definitions, lakeDays }: PanelProps & { lakeDays: Period }) {
  const [name, setName] = useState('Sessions');
  const figure = FIGURES.find((each) => each.name === name) as Figure;
  const days = new Map(view.days.map((day) => [day.date, day]));
  const shown = overlap(view.choice, lakeDays);
  const dates = datesOf(shown);
  const points = dates.map((date) => {
    const day = days.get(date);
    return { label: formatDay(date), value: figure.of(day ?? NO_SESSIONS) };
  });
  return (
    <Panel
      title="Days"
      id="days"
      wide
      definitions={definitions}
      meaning={{
        text: 'One figure for each UTC day on which the sessions began, of the days that the lake has. Users of several days count on each of them.',
        columns: ['gold_sessions.session_date', 'gold_sessions.user_id'],
      }}
      table={() => ({
        columns: ['date', ...FIGURES.map((each) => each.name)],
        rows: dates.map((date) => {
          const day = days.get(date);
          return [date, ...FIGURES.map((each) => each.of(day ?? NO_SESSIONS))];
        }),
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
            <select value={name} onChange={(event) => setName(event.currentTarget.value)}>
              {FIGURES.map((each) => (
                <option key={each.name}>{each.name}</option>
              ))}
            </select>
          </label>
        </>
      }
    >
      <LineChart
        title={`${name} by day`}
        points={points}
        format={figure.format}
        formatTick={(value) =>
          figure.format === formatRate ? formatRate(value) : formatShort(value)
        }
      />
    </Panel>
  );
}

/** The days of the period that the lake has: around them nothing is known, which is not nothing. */
function overlap(period: Period, lakeDays: Period): Period {
  return {
    from: period.from > lakeDays.from ? period.from : lakeDays.from,
    to: period.to < lakeDays.to ? period.to : lakeDays.to,
  };
}

/** Every day of the period; one without sessions is a day with none. */
function datesOf(period: Period): string[] {
  return Array.from({ length: countDays(period) }, (_, index) => addDays(period.from, index));
}
