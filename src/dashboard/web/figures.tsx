/** The figures at the top: each with its change against the period before. */
import type { Figure, View } from '../view.ts';
import { formatChange, formatPoints, formatShort, formatValue } from './format.ts';
import { MeaningOf } from './panel.tsx';

const MEANING =
  'Of the sessions that began, or the orders that were placed, in the period. Choose the name of a figure for its definition. A change is against the days compared with, and is left out when the lake does not hold all of them. Rates are made of the counts of the whole period; their change is in percentage points (pp).';

export function Figures({ view }: { view: View }) {
  const { figures, totals, previousTotals } = view;
  return (
    <div class="wide">
      <section class="figures" aria-label="Figures of the period">
        {figures.map((figure) => {
          const value = totals[figure.id] ?? null;
          const before = previousTotals?.[figure.id] ?? null;
          return (
            <div class="figure" key={figure.id}>
              <details>
                <summary>
                  <h2>{figure.name}</h2>
                </summary>
                <p class="definition">{figure.meaning}</p>
              </details>
              <Value value={value} format={figure.format} />
              <Change
                {...{ value, before, view, format: figure.format }}
                isBad={figure.isRiseBad}
                isNeutral={figure.isNeutral}
                isRate={figure.format === 'rate'}
              />
            </div>
          );
        })}
      </section>
      <MeaningOf title="figures" meaning={{ text: MEANING }} definitions={[]} />
    </div>
  );
}

/** Longer ones would be too small to read in a tile of a phone. */
const MAX_CHARACTERS = 16;

/** However long, it fits its tile (see .value in app.css); the longest are shortened. */
function Value({ value, format }: { value: number | null; format: Figure['format'] }) {
  const whole = formatValue(format, value);
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
  isNeutral: boolean;
  isRate: boolean;
  format: Figure['format'];
  view: View;
}) {
  const { value, before, isBad, isNeutral, isRate, format, view } = props;
  if (view.previous === null) {
    return <p class="change">not compared</p>;
  }
  if (value === null || before === null) {
    return <p class="change">nothing to compare with</p>;
  }
  if (before === 0 && !isRate) {
    return (
      <p class="change">{value === 0 ? 'as before' : `${formatValue(format, before)} before`}</p>
    );
  }
  const change = isRate ? value - before : value / before - 1;
  const isFlat = Math.abs(change) < (isRate ? 0.00005 : 0.0005);
  const kind = isFlat || isNeutral ? 'flat' : change > 0 === !isBad ? 'good' : 'poor';
  const sign = isFlat ? '±' : change > 0 ? '▲ +' : '▼ −';
  return (
    <p class={`change ${kind}`} title={`before: ${view.previous.from} to ${view.previous.to}`}>
      {sign}
      {isRate ? formatPoints(change) : formatChange(change)}{' '}
      <span class="hidden">against {formatValue(format, before)} before</span>
    </p>
  );
}
