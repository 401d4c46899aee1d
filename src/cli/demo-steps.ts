/**
 * Steps of the demo: simulate, ingest in several deliveries with runs between them, compare with
 * the truth.
 */
import { join } from 'node:path';
import type { IngestReport, OutcomeCounts, RunReport } from '../pipeline/reports.ts';
import type { Demo, DemoResult } from './demo-step.ts';
import { formatBytes, formatCount, formatDuration, formatQuantity, shellWord } from './format.ts';
import { describeProgress } from './simulate.ts';
import { renderTable } from './table.ts';
import { openTruth, renderTruthSummary, verifyTruth } from './verify-truth.ts';

const DAYS = 14;
const START = '2026-01-01';

/** For each run: how many of the daily files have arrived before it. */
const ARRIVED_BY = [5, 9, 12, 13, 14];

/** Reloaded pages and returned goods, as in every real shop. */
const ORDERS = { form: 'lines', reloads: 0.08, refunds: 0.08 } as const;

export async function simulateShop(demo: Demo): Promise<DemoResult> {
  const { simulate } = await import('../simulate/simulate.ts');
  const report = await simulate(
    {
      out: demo.landingFolder,
      events: demo.events,
      seed: demo.seed,
      days: DAYS,
      start: START,
      profile: { orders: ORDERS },
    },
    (progress) => demo.output.progress.show('simulate', (ms) => describeProgress(progress, ms)),
    { nowMs: Date.now, signal: demo.signal },
  );
  demo.truth = await openTruth(report.truthPath, { funnel: { skipCheckout: false } });
  const quarantined = sum(Object.values(report.quarantined));
  return {
    json: report,
    lines: [
      `${formatQuantity(report.users, 'visitor')}, ${formatQuantity(report.sessions, 'session')}, ${formatQuantity(report.events, 'event')} in ${DAYS} days`,
      `${formatQuantity(report.lines, 'line')} as in reality: late, out of order, ${formatCount(report.duplicates)} delivered twice, ${formatCount(quarantined)} spoiled`,
      `${formatQuantity(report.files.length, 'file')}, ${formatBytes(report.sizeBytes)}, ${formatDuration(report.durationMs)}`,
    ],
    places: [
      ['the events as delivered', demo.landingFolder],
      ['the correct results', report.truthPath],
    ],
  };
}

interface Arrival {
  ingest: IngestReport;
  run: RunReport;
}

/** Ingests the files in several deliveries, with a run after each, then all files again. */
export async function receiveFiles(demo: Demo): Promise<DemoResult> {
  const files = demo.truth!.lines.files;
  const inputs = files.map((name) => ({
    kind: 'file' as const,
    path: join(demo.landingFolder, name),
  }));
  const arrivals: Arrival[] = [];
  for (const [index, end] of ARRIVED_BY.entries()) {
    const arrived = inputs.slice(ARRIVED_BY[index - 1] ?? 0, end);
    const ingest = await demo.lake.ingest(arrived, { source: 'simulator' });
    arrivals.push({ ingest, run: await demo.lake.run({ fullRefresh: false }) });
  }
  const again = await demo.lake.ingest(inputs, { source: 'simulator' });
  const { outcomes } = await demo.lake.status();
  return {
    json: { arrivals, again, account: outcomes },
    lines: [
      ...renderArrivals(arrivals, demo),
      renderAccount(outcomes, demo),
      `the same ${formatQuantity(again.skipped.length, 'file')} again: recognized, nothing counts twice`,
    ],
    places: [['the lake: Bronze, Silver, Gold', demo.lakePlace]],
    next: [
      ['status', 'what the lake holds'],
      ['quarantine list', 'what was rejected, and why'],
    ],
  };
}

function renderArrivals(arrivals: readonly Arrival[], { output }: Demo): string[] {
  const right = { align: 'right' as const };
  return renderTable(
    [
      { title: 'arrival' },
      { title: 'files', ...right },
      { title: 'lines', ...right },
      { title: 'valid', ...right },
      { title: 'duplicates', ...right },
      { title: 'quarantined', ...right },
      { title: 'time', ...right },
    ],
    arrivals.map(({ ingest, run }, index) => [
      formatCount(index + 1),
      formatCount(ingest.ingested.length),
      formatCount(run.lines),
      formatCount(run.valid),
      formatCount(run.duplicates),
      formatCount(sum(Object.values(run.quarantined))),
      formatDuration(ingest.durationMs + run.durationMs),
    ]),
    { paintTitle: output.style.bold },
  );
}

function renderAccount(outcomes: OutcomeCounts, { output }: Demo): string {
  const { lines, valid, duplicates, quarantined } = outcomes;
  const parts = [valid, duplicates, sum(Object.values(quarantined))];
  const account = `${formatQuantity(lines, 'line')} received = ${formatCount(parts[0]!)} valid + ${formatCount(parts[1]!)} duplicates + ${formatCount(parts[2]!)} quarantined`;
  return lines === sum(parts) ? output.style.green(account) : output.style.red(account);
}

/** Compares every number that the simulator knows. A difference makes the demo fail, at its end. */
export async function verifyShop(demo: Demo): Promise<DemoResult> {
  const report = await verifyTruth(demo.lake, demo.truth!, demo.output);
  const truthPath = join(demo.landingFolder, 'truth.json');
  return {
    json: report,
    lines: renderTruthSummary(report, demo.output),
    next: [[`verify --truth ${shellWord(truthPath)}`, 'the comparison, table by table']],
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
