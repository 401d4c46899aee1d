/**
 * Clicklake against jobs written by hand for the same engine, on your machine.
 *
 *   npm run bench                                        everything; needs 25 GB of disk and some minutes
 *   npm run bench -- --only b --lines 200k --runs 1      one scenario, small
 *
 *   --lines 5M       lines of scenarios a (ingest), b (run against a hand-written job), c (little memory)
 *   --history 20M    lines that new lines of scenarios d and l come on top of
 *   --runs 3         rounds; the median counts, of the peak memory the largest
 *   --only a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q
 *                    scenarios; e compares with PySpark, f with Polars and chDB, which they install into
 *                    .cache/ (about 1 GB each; e needs Java 17, Maven and Python 3, f Python 3; they are
 *                    left out without them); g asks the dashboard;
 *                    h keeps its lake in Azurite; i runs on Spark (it needs Java 17 and Maven, and with
 *                    5M lines a quarter of an hour a round); j simulates --lines events;
 *                    k runs over few lines of many days; l has logins, and derives sessions;
 *                    m has the same events nested and as CSV; n ingests one JSON array and one CSV of
 *                    2 and 5 GB; o runs beside an earlier commit; p adds days to a growing lake, on DuckDB
 *                    and on Spark; q has nothing new beside many files, on disk and in Azurite
 *   --against COMMIT the earlier commit of scenario o
 *   --sizes 1M,5M,20M
 *                    lines that the lake of scenario p has when new ones come
 *   --files 20k      files that the lake of scenario q has received
 *   --json           all figures as one JSON object
 *
 * Nothing here fails on a figure; different results are an error.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { version as duckdbVersion } from '@duckdb/node-api';
import { renderTable } from '../src/cli/table.ts';
import { CACHE, prepareJobs } from './measure.ts';
import { type Findings, median, type Plan, SCENARIOS } from './scenarios.ts';

const NEW_LINES = 100_000;

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '5M' },
    history: { type: 'string', default: '20M' },
    runs: { type: 'string', default: '3' },
    against: { type: 'string' },
    sizes: { type: 'string', default: '1M,5M,20M' },
    files: { type: 'string', default: '20k' },
    only: { type: 'string', default: Object.keys(SCENARIOS).join(',') },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  // The comment that this file begins with.
  const [comment = ''] = readFileSync(new URL(import.meta.url), 'utf8').split('*/');
  console.log(comment.replace(/^(\/\*\*\n| \* ?)/gm, '').trimEnd());
  process.exit();
}
const plan: Plan = {
  lines: parseCount('lines', values.lines),
  historyLines: parseCount('history', values.history),
  newLines: NEW_LINES,
  runs: parseCount('runs', values.runs),
  sizes: values.sizes.split(',').map((size) => parseCount('sizes', size)),
  files: parseCount('files', values.files),
  earlierCommit: values.against,
  note: (text) => console.error(text),
};
const chosen = values.only.split(',').map((name) => {
  const scenario = SCENARIOS[name];
  if (scenario === undefined) {
    throw new Error(`--only ${name}: there are a to q`);
  }
  return scenario;
});
const machine = {
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryGb: Math.round(totalmem() / 1e9),
  node: process.version,
  duckdb: duckdbVersion(),
};

mkdirSync(CACHE, { recursive: true });
prepareJobs();
const findings: Findings[] = [];
for (const scenario of chosen) {
  findings.push(await scenario(plan));
}
console.log(
  values.json ? JSON.stringify({ machine, runs: plan.runs, findings }, withoutOutput) : render(),
);
if (findings.some(({ comparison }) => (comparison?.differences.length ?? 0) > 0)) {
  process.exitCode = 1;
}

/** What the jobs have printed is no figure. */
function withoutOutput(key: string, value: unknown): unknown {
  return key === 'stdout' ? undefined : value;
}

function render(): string {
  const right = { align: 'right' as const };
  const jobs = renderTable(
    [
      { title: 'job' },
      { title: 'lines', ...right },
      { title: 'seconds', ...right },
      { title: 'CPU seconds', ...right },
      { title: 'peak MB', ...right },
      { title: 'read MB', ...right },
      { title: 'all rounds, seconds' },
    ],
    findings.flatMap((finding) =>
      finding.jobs.map(({ name, lines, measured }) => [
        name,
        lines.toLocaleString('en'),
        median(measured.map(({ seconds }) => seconds)).toFixed(2),
        known(
          measured.map(({ cpuSeconds }) => cpuSeconds),
          median,
          2,
        ),
        known(
          measured.map(({ peakMb }) => peakMb),
          (all) => Math.max(...all),
          0,
        ),
        known(
          measured.map(({ readMb }) => readMb),
          median,
          0,
        ),
        measured.map(({ seconds }) => seconds.toFixed(2)).join(' '),
      ]),
    ),
  );
  const ratios = renderTable(
    [{ title: 'ratio' }, { title: 'is', ...right }, { title: 'wanted', ...right }],
    findings.flatMap((finding) =>
      finding.ratios.map(({ name, value, target }) => [
        name,
        value.toFixed(2),
        target === undefined ? '' : `<= ${target.toFixed(2)}`,
      ]),
    ),
  );
  const { cores, cpu, memoryGb, node, duckdb } = machine;
  return [
    `${cores} cores (${cpu}), ${memoryGb} GB, Node ${node}, DuckDB ${duckdb}, median of ${plan.runs}`,
    ...jobs,
    '',
    ...ratios,
    ...findings.flatMap(({ comparison }) => (comparison ? renderComparison(comparison) : [])),
  ].join('\n');
}

/** Empty where it was not measured. */
function known(
  values: readonly (number | undefined)[],
  summarise: (values: number[]) => number,
  digits: number,
): string {
  const measured = values.filter((value) => value !== undefined);
  return measured.length === 0 ? '' : summarise(measured).toFixed(digits);
}

function renderComparison({ rows, differences }: NonNullable<Findings['comparison']>): string[] {
  const counts = Object.entries(rows).map(([table, count]) => `${table} ${count}`);
  return [
    '',
    `same results: ${differences.length === 0 ? 'yes' : 'NO'} (rows: ${counts.join(', ')})`,
    ...differences.map((difference) => `  ${difference}`),
  ];
}

/** `5M`, `100k` or `20000`. */
function parseCount(name: string, text: string): number {
  const [, digits, unit = ''] = /^([1-9]\d*)([kM]?)$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new Error(`--${name} ${text}: write a number such as 200k or 5M`);
  }
  return Number(digits) * ({ k: 1_000, M: 1_000_000 }[unit] ?? 1);
}
