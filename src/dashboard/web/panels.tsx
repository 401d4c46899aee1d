/** The panels of a view. */
import { useState } from 'preact/hooks';
import { addDays, countDays } from '../days.ts';
import type { Bucket, Definition, Group, Health, Period, Totals, View } from '../view.ts';
import type { FilterChange } from './address.ts';
import { BarTable, HeatMap, LineChart } from './charts.tsx';
import { FIGURES, type Figure } from './figures.tsx';
import {
  formatCount,
  formatDay,
  formatInstant,
  formatMoney,
  formatRate,
  formatSeconds,
  formatShort,
  nameOf,
  rate,
} from './format.ts';
import { Panel } from './panel.tsx';

interface PanelProps {
  view: View;
  definitions: Definition[];
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
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
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));

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

export function Groups(
  props: PanelProps & {
    kind: 'device' | 'country';
    onChange: (change: FilterChange) => void;
  },
) {
  const { view, definitions, kind, onChange } = props;
  const groups: Group[] = kind === 'device' ? view.devices : view.countries;
  const title = kind === 'device' ? 'Devices' : 'Countries';
  return (
    <Panel
      title={title}
      id={kind}
      definitions={definitions}
      meaning={{
        text: `Sessions by the ${kind} of their first event. Choose one to see the page for it alone; again, to see all.`,
        columns: [`gold_sessions.${kind}`, 'gold_sessions.has_purchase', 'gold_sessions.revenue'],
      }}
      table={() => ({
        columns: [kind, 'sessions', 'sessions with purchase', 'revenue'],
        rows: groups.map((group) => [
          group.name,
          group.sessions,
          group.withPurchase,
          group.revenue,
        ]),
      })}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too */}
      <section class="limited" tabIndex={0} aria-label={`Table of ${title.toLowerCase()}`}>
        <BarTable
          caption={title}
          columns={[
            title.replace(/ies$/, 'y').replace(/s$/, ''),
            'Sessions',
            'Conversion',
            'Revenue',
          ]}
          bars={groups.map((group) => ({
            name: nameOf(group.name),
            value: group.sessions,
            cells: [
              formatCount(group.sessions),
              formatRate(rate(group.withPurchase, group.sessions)),
              formatMoney(group.revenue),
            ],
            isChosen: view.choice[kind] === group.name,
            onChoose: () =>
              onChange({ [kind]: view.choice[kind] === group.name ? undefined : group.name }),
          }))}
        />
      </section>
    </Panel>
  );
}

export function Hours({ view, definitions }: PanelProps) {
  const counts = new Map(view.hours.map((each) => [each.weekday * 24 + each.hour, each.sessions]));
  return (
    <Panel
      title="Hours of the week"
      id="hours"
      wide
      definitions={definitions}
      meaning={{
        text: 'Sessions by the weekday and hour in which they began, UTC, added up over the period.',
        columns: ['gold_sessions.started_at'],
      }}
      table={() => ({
        columns: ['weekday', 'hour', 'sessions'],
        rows: view.hours.map((each) => [WEEKDAYS[each.weekday] ?? '', each.hour, each.sessions]),
      })}
    >
      <HeatMap
        caption="Sessions by weekday and hour, UTC"
        rows={WEEKDAYS}
        columns={HOURS}
        value={(row, column) => counts.get(row * 24 + column) ?? 0}
      />
    </Panel>
  );
}

export function Durations({ view, definitions }: PanelProps) {
  return (
    <Distribution
      title="Length of sessions"
      id="durations"
      column="Length"
      buckets={view.durations}
      definitions={definitions}
      label={(from, to) => lengthLabel(from, to)}
      meaning={{
        text: `From the first to the last event. A session of one event has no length. Half of the sessions are shorter than ${formatSeconds(view.medianSeconds)}.`,
        columns: ['gold_sessions.duration_seconds'],
      }}
      note={`median ${formatSeconds(view.medianSeconds)}`}
    />
  );
}

export function Depths({ view, definitions }: PanelProps) {
  return (
    <Distribution
      title="Events in a session"
      id="depths"
      column="Events"
      buckets={view.depths}
      definitions={definitions}
      label={(from, to) =>
        to === undefined ? `${from} and more` : to - from === 1 ? `${from}` : `${from} to ${to - 1}`
      }
      meaning={{
        text: 'How many events the sessions have. Those of one event are the bounces.',
        columns: ['gold_sessions.event_count', 'gold_sessions.is_bounce'],
      }}
    />
  );
}

function Distribution(props: {
  title: string;
  id: string;
  column: string;
  buckets: Bucket[];
  definitions: Definition[];
  label: (from: number, to: number | undefined) => string;
  meaning: { text: string; columns: string[] };
  note?: string;
}) {
  const { title, id, column, buckets, definitions, label, meaning, note } = props;
  const all = buckets.reduce((sum, { sessions }) => sum + sessions, 0);
  return (
    <Panel
      title={title}
      id={id}
      definitions={definitions}
      meaning={meaning}
      table={() => ({
        columns: ['from', 'sessions'],
        rows: buckets.map(({ from, sessions }) => [from, sessions]),
      })}
      actions={note === undefined ? undefined : <span class="note">{note}</span>}
    >
      <BarTable
        caption={title}
        columns={[column, 'Sessions', 'Share']}
        bars={buckets.map(({ from, sessions }, index) => ({
          name: label(from, buckets[index + 1]?.from),
          value: sessions,
          cells: [formatCount(sessions), formatRate(rate(sessions, all))],
        }))}
      />
    </Panel>
  );
}

export function Products({ view, definitions }: PanelProps) {
  const shown = view.products.slice(0, 15);
  const isFiltered = view.choice.device !== undefined || view.choice.country !== undefined;
  return (
    <Panel
      title="Products"
      id="products"
      wide
      definitions={definitions}
      meaning={{
        text: 'The products with the most revenue in the period, of all devices and countries. The file holds a hundred.',
        columns: [
          'gold_products.views',
          'gold_products.view_to_cart_rate',
          'gold_products.cart_to_purchase_rate',
          'gold_products.revenue',
        ],
      }}
      table={() => ({
        columns: ['product_id', 'views', 'add_to_carts', 'purchases', 'revenue'],
        rows: view.products.map((each) => [
          each.id,
          each.views,
          each.addToCarts,
          each.purchases,
          each.revenue,
        ]),
      })}
      actions={isFiltered ? <span class="note">all devices and countries</span> : undefined}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone it scrolls, by the keyboard too */}
      <section class="scroll" tabIndex={0} aria-label="Table of products">
        <BarTable
          caption="Products by revenue"
          columns={[
            'Product',
            'Revenue',
            'Views',
            'Added',
            'Added / viewed',
            'Bought',
            'Bought / added',
          ]}
          bars={shown.map((each) => ({
            name: each.id,
            value: each.revenue,
            cells: [
              formatMoney(each.revenue),
              formatCount(each.views),
              formatCount(each.addToCarts),
              formatRate(rate(each.addToCarts, each.views)),
              formatCount(each.purchases),
              formatRate(rate(each.purchases, each.addToCarts)),
            ],
          }))}
        />
      </section>
    </Panel>
  );
}

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

/** `under 10 s`, `1 to 3 min`, `30 min and more`. */
function lengthLabel(from: number, to: number | undefined): string {
  const isMinutes = from >= 60;
  const size = isMinutes ? 60 : 1;
  const unit = isMinutes ? 'min' : 's';
  if (to === undefined) return `${from / size} ${unit} and more`;
  return from === 0 ? `under ${to} s` : `${from / size} to ${to / size} ${unit}`;
}

function lost(before: number, here: number): number | null {
  return rate(before - here, before);
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
