/** Scenario p: what a run over new lines costs while the lake grows, on DuckDB and on Spark. */
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { SparkServer } from '../src/spark-server/start-server.ts';
import { countDays, makeInput, makeNextDay } from './make-input.ts';
import { CACHE, clicklake, type Measured, missingForSpark } from './measure.ts';
import type { Findings, Plan } from './scenarios.ts';
import { measureShopGrowth } from './shop-growth.ts';
import { runOnServer, startSpark } from './spark.ts';

const SEED = 3;
/** Linux counts the processor time of a process in hundredths of a second. */
const TICKS_PER_SECOND = 100;

export async function measureGrowth(plan: Plan, work: string): Promise<Findings> {
  const jobs = [
    ...(await measureEngineGrowth(plan, work)),
    ...(await measureShopGrowth(plan, work)),
  ];
  return { jobs, ratios: ratiosOf(jobs) };
}

/** One lake is filled up to each size in turn; then days of new lines come, on each engine its own. */
async function measureEngineGrowth(plan: Plan, work: string): Promise<Findings['jobs']> {
  const sizes = [...plan.sizes].sort((a, b) => a - b);
  const largest = sizes.at(-1) ?? 0;
  const history = await makeInput(CACHE, largest, SEED, countDays(largest));
  const files = readdirSync(history).sort();
  const lake = join(work, 'lake');
  const missing = missingForSpark();
  if (missing !== undefined) {
    plan.note(`p: without Spark, there is no ${missing} here; it needs Java 17 and Maven`);
  }
  const spark = missing === undefined ? await startSpark(2) : undefined;
  const jobs: Findings['jobs'] = [];
  let taken = 0;
  try {
    for (const size of sizes) {
      const count = Math.ceil((files.length * size) / largest);
      plan.note(`p: filling the lake to ${size.toLocaleString('en')} lines`);
      const days = files.slice(taken, count).map((name) => join(history, name));
      await clicklake(['ingest', ...days, '--lake', lake]);
      await clicklake(['run', '--lake', lake]);
      taken = count;
      const past = linkFiles(join(work, 'past'), history, files.slice(0, count));
      const isFirst = size === sizes[0];
      const measured = await addDays(plan, { lake, past, spark, isFirst });
      for (const [engine, rounds] of Object.entries(measured)) {
        const name = `p  ${engine}, onto ${size.toLocaleString('en')}`;
        const point = { series: engine, events: size };
        jobs.push({ name, lines: plan.newLines, measured: rounds, point });
      }
    }
  } finally {
    await spark?.stop();
  }
  return jobs;
}

async function addDays(
  plan: Plan,
  {
    lake,
    past,
    spark,
    isFirst,
  }: { lake: string; past: string; spark: SparkServer | undefined; isFirst: boolean },
): Promise<Record<string, Measured[]>> {
  const onDuckdb: Measured[] = [];
  const onSpark: Measured[] = [];
  let step = 0;
  const add = async (): Promise<void> => {
    const next = await makeNextDay(CACHE, past, plan.newLines, step);
    step += 1;
    await clicklake(['ingest', next, '--lake', lake]);
  };
  if (spark !== undefined && isFirst) {
    // Else the smallest lake would bear what Java has not compiled yet.
    await add();
    await runOnServer(spark, lake);
  }
  for (let round = 0; round < plan.runs; round += 1) {
    plan.note(`p: round ${round + 1}`);
    await add();
    onDuckdb.push(await clicklake(['run', '--lake', lake]));
    if (spark !== undefined) {
      await add();
      onSpark.push(await runCounted(spark, lake));
    }
  }
  return spark === undefined ? { DuckDB: onDuckdb } : { DuckDB: onDuckdb, Spark: onSpark };
}

/** With what the server has used as well. */
async function runCounted(server: SparkServer, lake: string): Promise<Measured> {
  const before = usageOf(server.processId);
  const measured = await runOnServer(server, lake);
  const after = usageOf(server.processId);
  return {
    ...measured,
    cpuSeconds: (measured.cpuSeconds ?? 0) + after.cpuSeconds - before.cpuSeconds,
    readMb: (measured.readMb ?? 0) + after.readMb - before.readMb,
  };
}

function usageOf(processId: number): { cpuSeconds: number; readMb: number } {
  const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
  // Fields 14 and 15, user and system time; the name, in brackets, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const [, bytes] = /rchar: (\d+)/.exec(readFileSync(`/proc/${processId}/io`, 'utf8')) ?? [];
  return { cpuSeconds: ticks / TICKS_PER_SECOND, readMb: Number(bytes) / 1e6 };
}

/** A folder with some of the files, as the history that the next day follows. */
function linkFiles(folder: string, from: string, names: readonly string[]): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const name of names) {
    symlinkSync(join(from, name), join(folder, name));
  }
  return folder;
}

/** Of each engine, and of the simulated shop: the last size beside the first. */
function ratiosOf(jobs: Findings['jobs']): Findings['ratios'] {
  return ['DuckDB', 'Spark', 'simulated shop'].flatMap((engine) => {
    const ofEngine = jobs.filter(({ name }) => name.startsWith(`p  ${engine}`));
    const [first, last] = [ofEngine[0], ofEngine.at(-1)];
    const cpu = (job: typeof first): number =>
      Math.min(...(job?.measured ?? []).map(({ cpuSeconds }) => cpuSeconds ?? Number.NaN));
    return first === undefined || last === undefined || first === last
      ? []
      : [
          {
            name: `p  ${engine}, CPU onto the largest / the smallest`,
            value: cpu(last) / cpu(first),
          },
        ];
  });
}
