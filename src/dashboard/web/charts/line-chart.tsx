/**
 * Lines over days, drawn by uPlot: 22 kB compressed, without dependencies, one canvas, so a picture of it
 * is one call. Observable Plot (with the parts of D3 it needs) and a subset of ECharts are several times
 * as large and bring their own styles, for marks that this page does not have. What a canvas cannot say
 * to a screen reader, the slider below it says.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { downloadChart, type LineKey } from './picture.ts';

export interface Point {
  label: string;
  value: number | null;
}

export interface Group {
  name: string;
  values: (number | null)[];
  /** Of all that have no line of their own. */
  isRest?: boolean;
}

interface LineChartProps {
  title: string;
  points: Point[];
  /** Drawn dotted, from the same left edge. */
  before?: Point[];
  /** Drawn in place of the points, which give the labels. The last one may be of all others. */
  groups?: Group[];
  /** What the points are of, for the picture. */
  period?: string;
  /** Below the chart while no point is chosen: what is dotted, for example. */
  legend?: string | undefined;
  /** No value lies between two whole numbers, so no tick does. */
  isWhole?: boolean;
  format: (value: number | null) => string;
  formatTick: (value: number) => string;
}

const HEIGHT = 260;

/** The values under the pointer, or chosen with the slider, are told beside it and below. */
export function LineChart(props: LineChartProps) {
  const { points, before = [], groups = [], legend, title } = props;
  const box = useRef<HTMLDivElement>(null);
  const [chosen, choose] = useState<number | null>(null);
  const [plot, setPlot] = useState<uPlot>();
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const parent = box.current;
    if (parent === null) {
      return;
    }
    const options = optionsOf(parent.clientWidth, latest, choose);
    const made = new uPlot({ ...options, series: seriesOf(props) }, dataOf(props), parent);
    setPlot(made);
    const resized = new ResizeObserver(() =>
      made.setSize({ width: parent.clientWidth, height: HEIGHT }),
    );
    resized.observe(parent);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const redraw = (): void => made.redraw();
    scheme.addEventListener('change', redraw);
    return () => {
      resized.disconnect();
      scheme.removeEventListener('change', redraw);
      made.destroy();
    };
    // A plot keeps its number of lines.
  }, [groups.length]);
  useEffect(
    () => plot?.setData(dataOf(props)),
    [plot, JSON.stringify([points, before, groups]), title],
  );

  const index = chosen === null ? null : Math.min(chosen, points.length - 1);
  const point = index === null ? undefined : points[index];
  const [first = '', ...more] = point === undefined ? [] : readingsOf(props, point, index ?? 0);
  const text = `${first}${more.join('; ')}`;
  return (
    <div class="line-chart">
      <div class="plot" ref={box} role="img" aria-label={`${title}, ${points.length} points`}>
        {plot !== undefined && index !== null && point !== undefined && (
          <p class="beside" style={placeOf(plot, index)}>
            {groups.length > 0 ? [first, ...more].join('\n') : text}
          </p>
        )}
      </div>
      {points.length > 1 && (
        <input
          class="scrub"
          type="range"
          aria-label={`${title}: choose a point`}
          aria-valuetext={point === undefined ? 'none chosen' : text}
          min={0}
          max={points.length - 1}
          value={index ?? points.length - 1}
          onInput={(event) => choose(Number(event.currentTarget.value))}
        />
      )}
      {groups.length > 0 && (
        <ul class="legend">
          {groups.map((group, place) => {
            const { name, color: stroke, dash } = keyOf(group, place);
            return (
              <li key={place}>
                <svg width="28" height="8" aria-hidden="true">
                  <path
                    d="M0 4h28"
                    stroke-width="3"
                    stroke={`var(${stroke})`}
                    stroke-dasharray={dash.join(' ')}
                  />
                </svg>
                <bdi>{name}</bdi>
              </li>
            );
          })}
        </ul>
      )}
      <div class="below">
        <p class="reading">{text || legend || '\u00A0'}</p>
        <button
          type="button"
          class="small"
          aria-label={`Download ${title} as PNG`}
          onClick={() => plot !== undefined && downloadChart(title, plot.ctx.canvas, keysOf(props))}
        >
          PNG
        </button>
      </div>
    </div>
  );
}

/** A name written from right to left would take the number behind it along. */
const isolate = (name: string): string => `\u2068${name}\u2069`;

/** What the point is of, and its values. */
function readingsOf(
  { before, groups = [], format }: LineChartProps,
  { label, value }: Point,
  index: number,
): string[] {
  if (groups.length > 0) {
    const values = groups.map(
      (group) => `${isolate(group.name)} ${format(group.values[index] ?? null)}`,
    );
    return [`${label}: `, ...values];
  }
  const earlier = before?.[index];
  return [
    ...[`${label}: `, format(value)],
    ...(earlier === undefined ? [] : [`before, ${earlier.label}: ${format(earlier.value)}`]),
  ];
}

/** How the line of a group is drawn: told apart by its dashes too, not by its colour alone. */
function keyOf({ name, isRest = false }: Group, place: number): LineKey {
  const style = LINES[isRest ? LINES.length - 1 : place] ?? LINES[0];
  return { name, ...style };
}

/** Below a picture of the chart. */
function keysOf({ groups = [], before = [], period, legend }: LineChartProps): LineKey[] {
  if (groups.length > 0 || period === undefined) {
    return groups.map(keyOf);
  }
  const key = { name: period, color: '--main', dash: [] };
  return before.length > 0 && legend !== undefined
    ? [key, { name: legend, color: '--soft', dash: BEFORE_DASH }]
    : [key];
}

const BEFORE_DASH = [3, 4];

const LINES = [
  { color: '--main', dash: [] },
  { color: '--line-2', dash: [10, 4] },
  { color: '--line-3', dash: [3, 3] },
  { color: '--line-4', dash: [12, 3, 3, 3] },
  { color: '--line-5', dash: [18, 6] },
  { color: '--soft', dash: [1, 4] },
] as const;

/** Beside the chosen point, on the side that has more room. */
function placeOf(plot: uPlot, index: number): Record<string, string> {
  const left = plot.valToPos(index, 'x') + plot.over.offsetLeft;
  return left > plot.width / 2
    ? { right: `${plot.width - left + 8}px` }
    : { left: `${left + 8}px` };
}

function dataOf({ points, before = [], groups = [] }: LineChartProps): uPlot.AlignedData {
  const places = points.map((_, index) => index);
  return groups.length > 0
    ? [places, ...groups.map(({ values }) => values)]
    : [
        places,
        points.map(({ value }) => value),
        places.map((index) => before[index]?.value ?? null),
      ];
}

function seriesOf({ groups = [] }: LineChartProps): uPlot.Series[] {
  const points = { show: true, size: 5, filter: alone };
  if (groups.length > 0) {
    return [
      {},
      ...groups.map((group, place) => {
        const { color: name, dash } = keyOf(group, place);
        return { stroke: () => color(name), width: 2, dash: [...dash], points };
      }),
    ];
  }
  return [
    {},
    { stroke: () => color('--main'), width: 2, points },
    { stroke: () => color('--soft'), width: 1.5, dash: BEFORE_DASH, points: { show: false } },
  ];
}

function optionsOf(
  width: number,
  latest: { current: LineChartProps },
  choose: (index: number | null) => void,
): Omit<uPlot.Options, 'series'> {
  const axis = {
    font: FONT,
    stroke: () => color('--soft'),
    grid: { stroke: () => color('--line'), width: 1 },
    ticks: { show: false },
  };
  const label = (index: number): string => latest.current.points[index]?.label ?? '';
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    padding: [
      null,
      (plot) => halfWidthOf(plot, label(latest.current.points.length - 1)),
      null,
      null,
    ],
    cursor: { y: false, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: (_plot, first, last) => (first === last ? [-1, 1] : [first, last]) },
      y: { range: (_plot, lowest, highest) => rangeOf(lowest, highest) },
    },
    axes: [
      {
        ...axis,
        space: 90,
        size: 34,
        // Below the lowest label of the other axis.
        gap: 10,
        incrs: [1, 2, 4, 7, 14, 28, 56, 91, 182, 364],
        grid: { show: false },
        values: (_plot, splits) => splits.map(label),
      },
      {
        ...axis,
        size: 64,
        incrs: () => (latest.current.isWhole ? WHOLE_STEPS : STEPS),
        values: (_plot, splits) => splits.map((value) => latest.current.formatTick(value)),
      },
    ],
    hooks: {
      setCursor: [
        ({ cursor }) => {
          if (cursor.event !== undefined) {
            choose(cursor.idx ?? null);
          }
        },
      ],
    },
  };
}

const FONT = '12px system-ui, sans-serif';

/** Room for the label of the last point, which is in the middle below it. */
function halfWidthOf({ ctx }: uPlot, text: string): number {
  ctx.save();
  ctx.font = FONT;
  const { width } = ctx.measureText(text);
  ctx.restore();
  return Math.ceil(width / 2) + 2;
}

/** From tick to tick: 1, 2, 2.5 and 5 times the powers of ten. */
const STEPS = Array.from({ length: 20 }, (_, index) => index - 6).flatMap((power) =>
  [1, 2, 2.5, 5].map((first) => Number(`${first}e${power}`)),
);
const WHOLE_STEPS = STEPS.filter((step) => Number.isInteger(step));

/** Zero is always in sight. */
function rangeOf(lowest: number | null, highest: number | null): [number, number] {
  const bottom = Math.min(lowest ?? 0, 0);
  const top = Math.max(highest ?? 0, 0);
  return bottom === 0 && top === 0 ? [0, 1] : [bottom * 1.08, top * 1.08];
}

/** A point between two gaps has no line to be seen by. */
function alone(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  return [...values.keys()].filter(
    (index) => values[index] != null && values[index - 1] == null && values[index + 1] == null,
  );
}

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}
