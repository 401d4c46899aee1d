/** One figure by day, week or month, with that of the days compared with. */
import { addDays, countDays, listStarts, overlapOf } from '../../days.ts';
import { BREAKDOWNS, type DimensionId } from '../../dimensions.ts';
import { nameOf } from '../../names.ts';
import { type Day, type DaysOfName, type Figure, GRAINS } from '../../view.ts';
import { LineChart, type Point } from '../charts/line-chart.tsx';
import { arePaired } from '../compared-days.ts';
import { formatDay, formatDayOfYear, formatTick, formatValue } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

export function Trend(props: PanelProps<'trend'>) {
  const { part, view, definitions, lakeDays, filters, onChange } = props;
  const { figures, choice } = view;
  const figure = figures.find(({ id }) => id === filters.figure) ?? (figures[0] as Figure);
  const shown = overlapOf(choice, lakeDays);
  const dates = listStarts(choice.grain, shown);
  const days = new Map(part.days.map((day) => [day.date, day]));
  const before = view.previousTotals === null ? undefined : (view.previous ?? undefined);
  // Days that the lake lacks at the beginning have no earlier ones beside them.
  const lacking = countDays({ from: choice.from, to: shown.from }) - 1;
  const isDrawn =
    before !== undefined &&
    (choice.grain === 'day' || (lacking === 0 && arePaired(choice.grain, choice, before)));
  const isInOneYear = [...dates, before?.from ?? shown.to].every(
    (date) => date.slice(0, 4) === shown.to.slice(0, 4),
  );
  const label = isInOneYear ? formatDay : formatDayOfYear;
  // Of an address that was asked for before, until the answer to this one is there.
  const by = BREAKDOWNS.find(({ id }) => id === choice.by);
  const groups =
    by === undefined
      ? []
      : part.groups.map((group) => ({ ...group, label: nameOfGroup(group, by.id) }));
  return (
    <Panel
      title="Trend"
      id="days"
      wide
      definitions={definitions}
      meaning={{
        text: 'One figure by day, week (from Monday) or month, in the time zone of the shop, for days within the data. Sessions count on the day they begin, orders and refunds on their own day. Dotted: the comparison period, aligned to the left; by week or month only where each one has as many days as that beside it. The first and the last week or month may be incomplete. A visitor counts on each day with a session. Broken down: a line for each of the five names with the most sessions (for orders, with the most orders and refunds), and one for all others together.',
        columns: ['gold_sessions.session_date', 'gold_sessions.visitor_id'],
      }}
      table={() =>
        by === undefined
          ? {
              columns: ['date', ...figures.map(({ name }) => name)],
              rows: dates.map((date) => [
                date,
                ...figures.map((each) => valueOn(each, days.get(date))),
              ]),
            }
          : {
              columns: ['date', by.id, ...figures.map(({ name }) => name)],
              rows: groups.flatMap(({ name, days: all }) => {
                const known = new Map(all.map((day) => [day.date, day]));
                return dates.map((date) => [
                  ...[date, name ?? OTHERS],
                  ...figures.map((each) => valueOn(each, known.get(date))),
                ]);
              }),
            }
      }
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
            <span class="hidden">Broken down by</span>
            <select
              value={choice.by ?? ''}
              onChange={({ currentTarget }) => onChange({ by: currentTarget.value || undefined })}
            >
              <option value="">in total</option>
              {BREAKDOWNS.map(({ id, name }) => (
                <option key={id} value={id}>
                  by {name.toLowerCase()}
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
        title={`${figure.name} by ${choice.grain}${by === undefined ? '' : ` and ${by.name.toLowerCase()}`}`}
        points={pointsOf(figure, dates, part.days, label)}
        groups={groups.map((group) => ({
          name: group.label,
          isRest: group.name === null,
          values: pointsOf(figure, dates, group.days, label).map(({ value }) => value),
        }))}
        before={
          isDrawn
            ? pointsOf(
                figure,
                listStarts(choice.grain, { ...before, from: addDays(before.from, lacking) }),
                part.previous,
                label,
              )
            : []
        }
        period={`${label(shown.from)} to ${label(shown.to)}`}
        legend={
          groups.length > 0 || view.previous === null
            ? undefined
            : before === undefined
              ? `Nothing to compare with: the lake does not have ${formatDayOfYear(view.previous.from)} to ${formatDayOfYear(view.previous.to)}`
              : isDrawn
                ? `Dotted: ${label(before.from)} to ${label(before.to)}`
                : `Not drawn: ${label(before.from)} to ${label(before.to)}, whose ${choice.grain}s do not have the same days`
        }
        isWhole={figure.format === 'count'}
        format={(value) => formatValue(figure.format, value)}
        formatTick={(value) => formatTick(value, figure.format)}
      />
    </Panel>
  );
}

const OTHERS = 'all others';

function nameOfGroup({ name }: DaysOfName, dimension: DimensionId): string {
  return name === null ? OTHERS : nameOf(name, dimension);
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
