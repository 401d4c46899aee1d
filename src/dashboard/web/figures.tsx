/** The figures at the top: each with its change against the period before. */
import type { Definition, Totals, View } from '../view.ts';
import {
  formatCount,
  formatMoney,
  formatRate,
  formatSeconds,
  formatShort,
  rate,
} from './format.ts';
import { MeaningOf } from './panel.tsx';

export interface Figure {
  name: string;
  of: (totals: Totals) => number | null;
  format: (value: number | null) => string;
  /** A rise is no good news. */
  isBad?: boolean;
}

const count = (value: number | null): string => formatCount(value ?? 0);
const money = (value: number | null): string => (value === null ? '–' : formatMoney(value));

export const FIGURES: Figure[] = [
  { name: 'Sessions', of: (t) => t.sessions, format: count },
  { name: 'Users', of: (t) => t.users, format: count },
  { name: 'New users', of: (t) => t.newUsers, format: count },
  { name: 'Events', of: (t) => t.events, format: count },
  { name: 'Revenue', of: (t) => t.revenue, format: money },
  { name: 'Conversion rate', of: (t) => rate(t.withPurchase, t.sessions), format: formatRate },
  {
    name: 'Cart abandonment',
    of: (t) => rate(t.withAddToCart - t.withCartAndPurchase, t.withAddToCart),
    format: formatRate,
    isBad: true,
  },
  { name: 'Bounce rate', of: (t) => rate(t.bounces, t.sessions), format: formatRate, isBad: true },
  { name: 'Events per session', of: (t) => rate(t.events, t.sessions), format: one },
  {
    name: 'Average session',
    of: (t) => rate(t.durationSeconds, t.sessions),
    format: formatSeconds,
  },
];

const MEANING = {
  text: 'Of the sessions that began in the period. A change is against as many days right before, and is left out when the lake does not hold all of them. Rates are made of the counts of the whole period.',
  columns: [
    'gold_sessions.session_number',
    'gold_sessions.revenue',
    'gold_conversion_metrics.conversion_rate',
    'gold_conversion_metrics.cart_abandonment_rate',
    'gold_conversion_metrics.bounce_rate',
    'gold_sessions.duration_seconds',
  ],
};

export function Figures({ view, definitions }: { view: View; definitions: Definition[] }) {
  return (
    <>
      <section class="figures" aria-label="Figures of the period">
        {FIGURES.map((figure) => {
          const value = figure.of(view.totals);
          const before = view.previousTotals === null ? null : figure.of(view.previousTotals);
          return (
            <div class="figure" key={figure.name}>
              <h2>{figure.name}</h2>
              <Value value={value} format={figure.format} />
              <Change value={value} before={before} isBad={figure.isBad === true} view={view} />
            </div>
          );
        })}
      </section>
      <MeaningOf title="figures" meaning={MEANING} definitions={definitions} />
    </>
  );
}

/** Longer ones would be too small to read in a tile of a phone. */
const MAX_CHARACTERS = 16;

/** However long, it fits its tile (see .value in app.css); the longest are shortened. */
function Value({ value, format }: { value: number | null; format: Figure['format'] }) {
  const whole = format(value);
  const text = value !== null && whole.length > MAX_CHARACTERS ? formatShort(value) : whole;
  return (
    <p class="value" style={{ '--characters': text.length }} title={text === whole ? '' : whole}>
      {text}
    </p>
  );
}

function Change(props: {
  value: number | null;
  before: number | null;
  isBad: boolean;
  view: View;
}) {
  const { value, before, isBad, view } = props;
  if (value === null || before === null || before === 0) {
    return <p class="change">nothing to compare with</p>;
  }
  const change = value / before - 1;
  const isFlat = Math.abs(change) < 0.0005;
  const kind = isFlat ? 'flat' : change > 0 === !isBad ? 'good' : 'poor';
  const sign = isFlat ? '±' : change > 0 ? '▲ +' : '▼ −';
  return (
    <p class={`change ${kind}`} title={`before: ${view.previous.from} to ${view.previous.to}`}>
      {sign}
      {formatRate(Math.abs(change))} <span class="hidden">against the period before</span>
    </p>
  );
}

function one(value: number | null): string {
  return value === null ? '–' : value.toFixed(1);
}
