/** One figure by day, week or month, with that of the days compared with. */
import { countDays, listStarts, overlapOf } from '../../days.ts';
import { type Day, type Figure, GRAINS } from '../../view.ts';
import { LineChart, type Point } from '../charts/line-chart.tsx';
import { formatDay, formatDayOfYear, formatShort, formatValue } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Trend(props: PanelProps<'trend'>) {
  const { part, view, definitions, lakeDays, filters, onChange } = props;
  const { figures, choice } = view;
  const figure = figures.find(({ id }) => id === filters.figure) ?? (figures[0] as Figure);
  const shown = overlapOf(choice, lakeDays);
  const dates = listStarts(choice.grain, shown);
  const days = new Map(part.days.map((day) => [day.date, day]));
  const before = view.previousTotals === null ? undefined : (view.previous ?? undefined);
  const isInOneYear = [...dates, before?.from ?? shown.to].every(
    (date) => date.slice(0, 4) === shown.to.slice(0, 4),
  );
  const label = isInOneYear ? formatDay : formatDayOfYear;
  return (
    <Panel
      title="Trend"
      id="days"
      wide
      definitions={definitions}
      meaning={{
        text: 'One figure by day, week (from Monday) or month, in the time zone of the shop, for days within the data. Sessions count on the day they begin, orders and refunds on their own day. Dotted: the comparison period, aligned to the left. The first and the last week or month may be incomplete. A visitor counts on each day with a session.',
        columns: ['gold_sessions.session_date', 'gold_sessions.visitor_id'],
      }}
      table={() => ({
        columns: ['date', ...figures.map(({ name }) => name)],
        rows: dates.map((date) => [date, ...figures.map((each) => valueOn(each, days.get(date)))]),
      })}
      actions={
        <>
          {countDays(shown) < countDays(choice) && (
            <span class="note">
              the lake has {shown.from} to {shown.to}
            </span>
          )}
          <label>
            <span class="hidden">Figure</span>
            <select
              value={figure.id}
              onChange={({ currentTarget }) => onChange({ figure: currentTarget.value })}
            >
              {figures.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span class="hidden">Grain</span>
            <select
              value={choice.grain}
              onChange={({ currentTarget }) => onChange({ grain: currentTarget.value })}
            >
              {GRAINS.map((grain) => (
                <option key={grain} value={grain}>
                  by {grain}
                </option>
              ))}
            </select>
          </label>
        </>
      }
    >
      <LineChart
        title={`${figure.name} by ${choice.grain}`}
        points={pointsOf(figure, dates, part.days, label)}
        before={
          before === undefined
            ? []
            : pointsOf(figure, listStarts(choice.grain, before), part.previous, label)
        }
        legend={before && `Dotted: ${label(before.from)} to ${label(before.to)}`}
        isWhole={figure.format === 'count'}
        format={(value) => formatValue(figure.format, value)}
        formatTick={(value) =>
          figure.format === 'rate' ? formatValue('rate', value) : formatShort(value)
        }
      />
    </Panel>
  );
}

function pointsOf(
  figure: Figure,
  dates: string[],
  days: Day[],
  label: (date: string) => string,
): Point[] {
  const known = new Map(days.map((day) => [day.date, day]));
  return dates.map((date) => ({ label: label(date), value: valueOn(figure, known.get(date)) }));
}

/** On a day without sessions counts are 0, and rates have nothing to divide by. */
function valueOn({ id, isSum }: Figure, day: Day | undefined): number | null {
  if (day !== undefined) {
    return day.values[id] ?? null;
  }
  return isSum ? 0 : null;
}
