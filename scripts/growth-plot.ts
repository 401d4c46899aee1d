/** The plot and the table of docs/benchmarks.md, from figures of scenario p (`npm run bench -- --only p --json`). */

interface Job {
  measured: { seconds: number; cpuSeconds?: number; readMb?: number }[];
  point?: { series: string; events: number };
}

export interface Figures {
  machine: { cores: number; cpu: string; memoryGb: number; node: string; duckdb: string };
  runs: number;
  findings: { jobs: Job[] }[];
}

interface Point {
  events: number;
  cpuSeconds: number;
  readMb: number;
}

const WIDTH = 760;
const HEIGHT = 330;
const PANELS = [
  { title: 'CPU seconds', left: 56, pick: ({ cpuSeconds }: Point) => cpuSeconds },
  { title: 'MB read', left: 432, pick: ({ readMb }: Point) => readMb },
];
const AREA = { width: 290, top: 44, height: 210 };
const COLOURS = ['#0b62a4', '#c2410c', '#4d7c0f'];

/** One line for each engine, over the events that the lake had before. */
export function renderGrowthPlot(figures: Figures): string {
  const series = seriesOf(figures);
  const legend = [...series.keys()].map((name, index) => {
    const x = 56 + index * 150;
    return `<circle cx="${x + 5}" cy="${HEIGHT - 17}" r="5" fill="${COLOURS[index]}"/><text x="${x + 16}" y="${HEIGHT - 12}">${name}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="#333">
<title>What a run over 100,000 new lines costs, by the events that the lake has before it</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${PANELS.flatMap((panel) => renderPanel(panel, series)).join('\n')}
${legend.join('\n')}
</svg>
`;
}

/** A row for each size, the medians of its rounds. */
export function renderGrowthTable(figures: Figures): string {
  const rows = [...seriesOf(figures)].flatMap(([name, points]) =>
    points.map(
      ({ events, cpuSeconds, readMb }) =>
        `| ${name} | ${events.toLocaleString('en')} | ${cpuSeconds.toFixed(1)} | ${readMb.toFixed(0)} |`,
    ),
  );
  const { cores, cpu, memoryGb, node, duckdb } = figures.machine;
  const rounds = figures.runs === 1 ? 'one round' : `medians of ${figures.runs} rounds`;
  return [
    '| | events before | CPU seconds | MB read |',
    '|---|--:|--:|--:|',
    ...rows,
    '',
    `${cores} cores (${cpu}), ${memoryGb} GB, Node ${node}, DuckDB ${duckdb}, ${rounds}.`,
  ].join('\n');
}

function renderPanel(
  { title, left, pick }: (typeof PANELS)[number],
  series: ReadonlyMap<string, readonly Point[]>,
): string[] {
  const all = [...series.values()].flat();
  const steps = { x: niceStep(all.map(({ events }) => events)), y: niceStep(all.map(pick)) };
  const end = (values: number[], step: number) => Math.ceil(Math.max(...values) / step) * step;
  const maxEvents = end(
    all.map(({ events }) => events),
    steps.x,
  );
  const maxValue = end(all.map(pick), steps.y);
  const bottom = AREA.top + AREA.height;
  const x = (events: number) => round(left + (events / maxEvents) * AREA.width);
  const y = (value: number) => round(bottom - (value / maxValue) * AREA.height);
  const parts = [
    `<text x="${left}" y="24" font-weight="bold">${title} of a run over 100,000 lines</text>`,
  ];
  for (let value = 0; value <= maxValue; value += steps.y) {
    parts.push(
      `<path d="M${left} ${y(value)}h${AREA.width}" stroke="#ddd"/><text x="${left - 6}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
    );
  }
  for (let events = 0; events <= maxEvents; events += steps.x) {
    parts.push(
      `<text x="${x(events)}" y="${bottom + 18}" text-anchor="middle">${events / 1e6} M</text>`,
    );
  }
  parts.push(
    `<text x="${left + AREA.width / 2}" y="${bottom + 36}" text-anchor="middle">events before</text>`,
  );
  for (const [index, points] of [...series.values()].entries()) {
    const at = points.map((point) => [x(point.events), y(pick(point))] as const);
    const colour = COLOURS[index];
    parts.push(
      `<polyline points="${at.map((each) => each.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...at.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="4" fill="${colour}"/>`),
    );
  }
  return parts;
}

function seriesOf({ findings }: Figures): Map<string, Point[]> {
  const series = new Map<string, Point[]>();
  for (const { point, measured } of findings.flatMap(({ jobs }) => jobs)) {
    if (point !== undefined) {
      const points = series.get(point.series) ?? [];
      points.push({
        events: point.events,
        cpuSeconds: median(measured.map(({ cpuSeconds }) => cpuSeconds ?? 0)),
        readMb: median(measured.map(({ readMb }) => readMb ?? 0)),
      });
      series.set(point.series, points);
    }
  }
  return series;
}

/** At most six of 1, 2 or 5 with any number of zeros reach the largest. */
function niceStep(values: readonly number[]): number {
  const atLeast = Math.max(...values, 1) / 6;
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return ([1, 2, 5, 10].find((digit) => digit * power >= atLeast) ?? 10) * power;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[sorted.length / 2 - 1] ?? 0)) / 2;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
