/**
 * Clicklake against a job written by hand for the same engine, in one run on one machine.
 *
 *   npm run bench                          5 million lines (some 1.1 GB), 3 runs each
 *   npm run bench -- --lines 200000 --runs 1
 *
 * Prints medians of wall time, peak memory and ratios. Nothing here fails on a figure.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { makeInput } from './make-input.ts';

const ROOT = resolve(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache', 'bench');
const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '5000000' },
    runs: { type: 'string', default: '3' },
  },
});

interface Measured {
  seconds: number;
  peakMb: number;
  stdout: string;
}

const input = await makeInput(CACHE, Number(values.lines));
const work = mkdtempSync(join(CACHE, 'work-'));
const ingest: Measured[] = [];
const run: Measured[] = [];
const small: Measured[] = [];
const hand: Measured[] = [];
try {
  for (let round = 0; round < Number(values.runs); round += 1) {
    const [lake, smallLake, out] = ['lake', 'small', 'hand'].map((name) =>
      join(work, `${name}-${round}`),
    );
    ingest.push(await clicklake(['ingest', input, '--lake', lake!]));
    run.push(await clicklake(['run', '--lake', lake!]));
    hand.push(await measure(['--import', 'tsx', join(ROOT, 'bench/hand-written.ts'), input, out!]));
    await clicklake(['ingest', input, '--lake', smallLake!]);
    small.push(
      await clicklake(['run', '--lake', smallLake!], { CLICKLAKE_MEMORY_LIMIT_MB: '1000' }),
    );
    if (round === 0) await compare(lake!, hand[0]!);
    for (const folder of [lake, smallLake, out]) rmSync(folder!, { recursive: true, force: true });
  }
  report();
} finally {
  rmSync(work, { recursive: true, force: true });
}

function report(): void {
  const lines = Number(values.lines).toLocaleString('en');
  console.log(
    `${lines} lines, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, median of ${values.runs}`,
  );
  const rows: [string, Measured[]][] = [
    ['ingest', ingest],
    ['run', run],
    ['run, memory_limit_mb 1000', small],
    ['hand-written DuckDB', hand],
  ];
  for (const [name, measured] of rows) {
    const peak = Math.max(...measured.map(({ peakMb }) => peakMb));
    console.log(
      `${name.padEnd(28)}${median(measured).toFixed(1).padStart(8)} s${peak.toFixed(0).padStart(8)} MB peak`,
    );
  }
  console.log(`run / hand-written: ${(median(run) / median(hand)).toFixed(2)}`);
  console.log(`run with 1000 MB / run: ${(median(small) / median(run)).toFixed(2)}`);
}

/** The two jobs must have come to the same. */
async function compare(lake: string, byHand: Measured): Promise<void> {
  const sql = `SELECT (SELECT count(*) FROM silver_events)::INT AS events, (SELECT count(*) FROM silver_quarantine)::INT AS quarantine,
    (SELECT count(*) FROM gold_sessions)::INT AS sessions, (SELECT sum(funnel_step) FROM gold_sessions)::INT AS steps,
    (SELECT sum(revenue) FROM gold_sessions)::DECIMAL(18,2)::VARCHAR AS revenue, (SELECT count(*) FROM gold_users)::INT AS users`;
  const { stdout } = await clicklake(['query', sql, '--json', '--lake', lake]);
  const [ours, theirs] = [JSON.parse(stdout)[0], JSON.parse(byHand.stdout)];
  const isSame = JSON.stringify(ours) === JSON.stringify(theirs);
  console.log(
    isSame
      ? `same results: ${JSON.stringify(ours)}`
      : `DIFFERENT: ${JSON.stringify({ ours, theirs })}`,
  );
}

function clicklake(args: string[], env: Record<string, string> = {}): Promise<Measured> {
  return measure([join(ROOT, 'dist/main.js'), ...args], env);
}

/** Runs a Node process; its peak memory is what the kernel has noted of it (Linux). */
function measure(args: string[], env: Record<string, string> = {}): Promise<Measured> {
  const startedAt = performance.now();
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    let peakMb = 0;
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    const watch = setInterval(() => {
      peakMb = Math.max(peakMb, peakMemoryMb(child.pid ?? 0));
    }, 50);
    child.on('exit', (code) => {
      clearInterval(watch);
      if (code === 0) done({ seconds: (performance.now() - startedAt) / 1000, peakMb, stdout });
      else reject(new Error(`${args.join(' ')} ended with ${code}`));
    });
  });
}

function peakMemoryMb(pid: number): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) / 1000;
  } catch {
    return 0;
  }
}

function median(measured: readonly Measured[]): number {
  const sorted = measured.map(({ seconds }) => seconds).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
