/** Charts as plain SVG and tables: readable without a mouse, and by a screen reader. */
import { useState } from 'preact/hooks';
import { formatShort } from './format.ts';

export interface Point {
  label: string;
  value: number | null;
}

const WIDTH = 1120;
const HEIGHT = 250;
const MARGIN = { top: 12, right: 36, bottom: 28, left: 60 };

/** A line over days. The value under the pointer, or chosen with the slider, is told below. */
export function LineChart(props: {
  title: string;
  points: Point[];
  format: (value: number | null) => string;
  formatTick: (value: number) => string;
}) {
  const { points, format, formatTick, title } = props;
  const [chosen, choose] = useState<number | null>(null);
  const values = points.map(({ value }) => value ?? 0);
  const top = niceTop(Math.max(...values, 0));
  const x = (index: number): number =>
    MARGIN.left +
    (points.length === 1 ? 0.5 : index / (points.length - 1)) *
      (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number): number =>
    HEIGHT - MARGIN.bottom - (value / top) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const line = segments(points, x, y);
  const index = chosen === null ? null : Math.min(chosen, points.length - 1);
  const point = index === null ? undefined : points[index];
  const follow = (event: PointerEvent): void => {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * WIDTH;
    const share = (at - MARGIN.left) / (WIDTH - MARGIN.left - MARGIN.right);
    choose(Math.max(0, Math.min(points.length - 1, Math.round(share * (points.length - 1)))));
  };
  return (
    <div class="line-chart">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${title}, ${points.length} days`}
        onPointerMove={follow}
        onPointerLeave={() => choose(null)}
      >
        {[0, 0.5, 1].map((share) => (
          <g key={share} class="grid">
            <line
              x1={MARGIN.left}
              x2={WIDTH - MARGIN.right}
              y1={y(top * share)}
              y2={y(top * share)}
            />
            <text x={MARGIN.left - 8} y={y(top * share) + 4} text-anchor="end">
              {formatTick(top * share)}
            </text>
          </g>
        ))}
        {tickIndexes(points.length).map((tick) => (
          <text key={tick} x={x(tick)} y={HEIGHT - 6} text-anchor="middle" class="tick">
            {points[tick]?.label}
          </text>
        ))}
        <path d={line} class="line" />
        {points.length === 1 && <circle cx={x(0)} cy={y(values[0] ?? 0)} r={4} class="dot" />}
        {point !== undefined && index !== null && (
          <g>
            <line
              class="cursor"
              x1={x(index)}
              x2={x(index)}
              y1={MARGIN.top}
              y2={HEIGHT - MARGIN.bottom}
            />
            {point.value !== null && <circle cx={x(index)} cy={y(point.value)} r={4} class="dot" />}
          </g>
        )}
      </svg>
      {points.length > 1 && (
        <input
          class="scrub"
          type="range"
          aria-label={`${title}: choose a day`}
          aria-valuetext={point === undefined ? 'no day' : `${point.label}: ${format(point.value)}`}
          min={0}
          max={points.length - 1}
          value={index ?? points.length - 1}
          onInput={(event) => choose(Number(event.currentTarget.value))}
        />
      )}
      <p class="reading">
        {point === undefined ? '\u00A0' : `${point.label}: ${format(point.value)}`}
      </p>
    </div>
  );
}

export interface Bar {
  name: string;
  value: number;
  cells: string[];
  isChosen?: boolean;
  onChoose?: () => void;
}

/** A table whose rows carry bars. */
export function BarTable(props: { columns: string[]; bars: Bar[]; caption: string }) {
  const longest = Math.max(...props.bars.map(({ value }) => value), 1);
  return (
    <table class="bars">
      <caption class="hidden">{props.caption}</caption>
      <thead>
        <tr>
          {props.columns.map((column, index) => (
            <th key={column} scope="col" class={index === 0 ? '' : 'number'}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.bars.map((bar) => (
          <tr key={bar.name} class={bar.isChosen ? 'chosen' : ''}>
            <th scope="row">
              {bar.onChoose === undefined ? (
                bar.name
              ) : (
                <button type="button" aria-pressed={bar.isChosen === true} onClick={bar.onChoose}>
                  {bar.name}
                </button>
              )}
              <span class="bar" style={{ width: `${(bar.value / longest) * 100}%` }} />
            </th>
            {bar.cells.map((cell, index) => (
              <td key={props.columns[index + 1]} class="number">
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Rows by columns, the value as depth of colour and as text. */
export function HeatMap(props: {
  caption: string;
  rows: string[];
  columns: string[];
  value: (row: number, column: number) => number;
}) {
  const all = props.rows.flatMap((_, row) =>
    props.columns.map((__, column) => props.value(row, column)),
  );
  const most = Math.max(...all, 1);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone it scrolls, by the keyboard too
    <section class="scroll" tabIndex={0} aria-label={props.caption}>
      <table class="heat">
        <caption class="hidden">{props.caption}</caption>
        <thead>
          <tr>
            <td />
            {props.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((name, row) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {props.columns.map((column, index) => {
                const value = props.value(row, index);
                const depth = Math.ceil((value / most) * 6);
                return (
                  <td
                    key={column}
                    class={`depth-${depth}`}
                    title={`${name} ${column}:00, ${value}`}
                  >
                    {value === 0 ? '' : formatShort(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function segments(
  points: Point[],
  x: (index: number) => number,
  y: (value: number) => number,
): string {
  let isOpen = false;
  return points
    .map(({ value }, index) => {
      if (value === null) {
        isOpen = false;
        return '';
      }
      const at = `${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
      // A point between two gaps is a line of no length, which round ends make a dot.
      const step = isOpen ? `L${at}` : `M${at}h0`;
      isOpen = true;
      return step;
    })
    .join('');
}

/** A round number at or above the largest value. */
function niceTop(value: number): number {
  if (value <= 0) return 1;
  const size = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 5, 8, 10].find((factor) => factor * size >= value) ?? 10) * size;
}

/** At most seven, the first and the last among them. */
function tickIndexes(count: number): number[] {
  const ticks = Math.min(7, count);
  return [
    ...new Set(
      Array.from({ length: ticks }, (_, tick) =>
        ticks === 1 ? 0 : Math.round((tick * (count - 1)) / (ticks - 1)),
      ),
    ),
  ];
}
