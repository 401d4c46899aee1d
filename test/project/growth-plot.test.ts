import { expect, it } from 'vitest';
import { type Figures, renderGrowthPlot, renderGrowthTable } from '../../scripts/growth-plot.ts';

const round = (cpuSeconds: number, readMb: number) => ({ seconds: 1, cpuSeconds, readMb });
const FIGURES: Figures = {
  machine: { cores: 2, cpu: 'a processor', memoryGb: 8, node: 'v20', duckdb: 'v1' },
  runs: 2,
  findings: [
    {
      jobs: [
        { point: { series: 'DuckDB', events: 0 }, measured: [round(1, 10), round(3, 30)] },
        { point: { series: 'DuckDB', events: 5e6 }, measured: [round(12, 50), round(12, 50)] },
        { measured: [round(99, 99)] },
        { point: { series: 'Spark', events: 5e6 }, measured: [round(6, 200), round(6, 200)] },
      ],
    },
  ],
};

it('shows the medians of the rounds, by engine and size', () => {
  expect(renderGrowthTable(FIGURES).split('\n')).toEqual([
    '| | events before | CPU seconds | MB read |',
    '|---|--:|--:|--:|',
    '| DuckDB | 0 | 2.0 | 20 |',
    '| DuckDB | 5,000,000 | 12.0 | 50 |',
    '| Spark | 5,000,000 | 6.0 | 200 |',
    '',
    '2 cores (a processor), 8 GB, Node v20, DuckDB v1, medians of 2 rounds.',
  ]);
});

it('draws a line for each engine in each panel, to the scale of its axis', () => {
  const lines = renderGrowthPlot(FIGURES).match(/<polyline points="([^"]+)"/g);
  expect(lines).toEqual([
    // Both axes end at the largest value: 12 CPU seconds, 200 MB.
    '<polyline points="56,219 346,44"',
    '<polyline points="346,149"',
    '<polyline points="432,233 722,201.5"',
    '<polyline points="722,44"',
  ]);
});
