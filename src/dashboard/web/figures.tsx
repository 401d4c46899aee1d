/** The figures at the top: each with its change against the period before. */
import type { Figure, View } from '../view.ts';
import { changeOf } from './change.ts';
import { formatShort, formatValue } from './format.ts';
import { MeaningOf } from './panel.tsx';

const MEANING =
  'Of the sessions that began, or the orders that were placed, in the period. Choose the name of a figure for its definition. A change is against the days compared with, and is left out when the lake does not hold all of them. Rates are made of the counts of the whole period; their change is in percentage points (pp). Where the earlier value is 0 or less, it stands in place of a percentage.';

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
              <ChangeOf {...{ figure, value, before, view }} />
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

function ChangeOf(props: {
  figure: Figure;
  value: number | null;
  before: number | null;
  view: View;
}) {
  const { figure, value, before, view } = props;
  if (view.previous === null) {
    return <p class="change">not compared</p>;
  }
  if (value === null || before === null) {
    return <p class="change">nothing to compare with</p>;
  }
  const { text, kind } = changeOf(figure, value, before);
  return (
    <p class={`change ${kind}`} title={`before: ${view.previous.from} to ${view.previous.to}`}>
      {text} <span class="hidden">against {formatValue(figure.format, before)} before</span>
    </p>
  );
}
