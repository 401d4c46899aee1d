/** Who comes back: visitors by the week of their first session. */
import { addDays } from '../../days.ts';
import type { CohortCell } from '../../view.ts';
import { withValues } from '../address.ts';
import { HeatMap } from '../charts/heat-map.tsx';
import { formatCount, formatRate, formatValue, rate } from '../format.ts';
import { Panel, type PanelProps } from '../panel.tsx';

interface Measure {
  id: string;
  name: string;
  /** `size`: visitors of the first week. */
  value: (cell: CohortCell, size: number) => number | null;
  format: (value: number | null) => string;
}

const MEASURES: readonly [Measure, ...Measure[]] = [
  {
    id: 'returning',
    name: 'Visitors who came',
    value: ({ visitors }, size) => rate(visitors, size),
    format: formatRate,
  },
  {
    id: 'buying',
    name: 'Visitors who bought',
    value: ({ buyers }, size) => rate(buyers, size),
    format: formatRate,
  },
  {
    id: 'spending',
    name: 'Revenue per visitor',
    value: ({ revenue }, size) => rate(revenue, size),
    format: (value) => formatValue('money', value),
  },
];

export function Cohorts({ part, filters, definitions, onChange }: PanelProps<'cohorts'>) {
  const { weeks, until } = part;
  const measure = MEASURES.find(({ id }) => id === filters.figure) ?? MEASURES[0];
  const sizes = weeks.map(({ cells }) => cells[0]?.visitors ?? 0);
  const isOver = (row: number, week: number): boolean =>
    addDays(weeks[row]?.start ?? until, 7 * week + 6) <= until;
  const cell = (row: number, week: number): CohortCell | null => weeks[row]?.cells[week] ?? null;
  return (
    <Panel
      title="Cohorts"
      id="cohorts"
      wide
      definitions={definitions}
      meaning={{
        text: `Visitors by the week (from Monday) of their first session. Week 0 is that week; each later column is the share of those visitors who had a session, or an order, in that week, or what they spent in it per visitor. The weeks of the period, at least the last twelve. A week with * is not over: the lake has days up to ${until}. Filters choose the sessions that are counted. Choose a week for the sessions of its visitors.`,
        columns: ['gold_users.first_seen_date', 'gold_sessions.visitor_id'],
      }}
      table={() => ({
        columns: ['first week', 'week', 'visitors', 'buyers', 'revenue'],
        rows: weeks.flatMap(({ start, cells }) =>
          cells.flatMap((each, week) =>
            each === null ? [] : [[start, week, each.visitors, each.buyers, each.revenue]],
          ),
        ),
      })}
      actions={
        <label>
          <span class="hidden">Measure</span>
          <select
            value={measure.id}
            onChange={({ currentTarget }) => onChange({ figure: currentTarget.value })}
          >
            {MEASURES.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      }
    >
      <HeatMap
        caption={`${measure.name} by week`}
        rows={weeks.map(({ start }, index) => ({
          name: `${start} (${formatCount(sizes[index] ?? 0)})`,
          onChoose: () =>
            onChange({
              ...{ page: 'sessions', from: start, to: until, figure: undefined },
              where: withValues(filters.where, {
                ...{ dimension: 'cohort', operator: 'is', values: [start] },
              }),
            }),
        }))}
        labelWidth={140}
        minWidth={60 * weeks.length}
        columns={weeks.map((_, week) => `Week ${week}`)}
        value={(row, week) => {
          const found = cell(row, week);
          // The first column is nearly all of the visitors, beside which nothing else would have a colour.
          return found === null || week === 0 ? 0 : (measure.value(found, sizes[row] ?? 0) ?? 0);
        }}
        text={(row, week) => {
          const found = cell(row, week);
          const text = found === null ? '' : measure.format(measure.value(found, sizes[row] ?? 0));
          return text === '' || isOver(row, week) ? text : `${text}*`;
        }}
        title={(row, week) => `first seen in the week of ${weeks[row]?.start}, week ${week}`}
      />
    </Panel>
  );
}
