import { useState } from 'preact/hooks';

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
  const lowest = Math.min(...values, 0);
  const bottom = lowest < 0 ? -niceTop(-lowest) : 0;
  const highest = Math.max(...values, 0);
  const top = highest === 0 && bottom < 0 ? 0 : niceTop(highest);
  const x = (index: number): number =>
    MARGIN.left +
    (points.length === 1 ? 0.5 : index / (points.length - 1)) *
      (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number): number =>
    HEIGHT -
    MARGIN.bottom -
    ((value - bottom) / (top - bottom)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const ticks =
    bottom < 0 && top > 0
      ? [bottom, 0, top]
      : [0, 0.5, 1].map((share) => bottom + (top - bottom) * share);
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
        {ticks.map((tick) => (
          <g key={tick} class="grid">
            <line x1={MARGIN.left} x2={WIDTH - MARGIN.right} y1={y(tick)} y2={y(tick)} />
            <text x={MARGIN.left - 8} y={y(tick) + 4} text-anchor="end">
              {formatTick(tick)}
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
  if (value <= 0) {
    return 1;
  }
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
