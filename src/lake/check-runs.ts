/** Small runs on scratch lakes: of the configured Spark, and of DuckDB on the same events. */
import type { EngineName } from '../config/settings.ts';
import type { HashReport, RunReport } from '../pipeline/reports.ts';
import { type Check, type Found, failed, ok } from './check-list.ts';
import { NEEDED_FOR_RUNS } from './check-server.ts';
import type { CheckState } from './check-spark.ts';
import { type Lake, openLake } from './open-lake.ts';

const SPARK_RUN = 'run on Spark';
const DUCKDB_RUN = 'run on DuckDB';
const SOURCE = 'check';
/** Rows carry the time of their reception, so both lakes have the same. */
const RECEIVED_AT_MS = Date.UTC(2026, 2, 1);

export const RUN_CHECKS: readonly Check<CheckState>[] = [
  { name: SPARK_RUN, needs: NEEDED_FOR_RUNS, run: (state) => checkRun(state, 'spark') },
  { name: 'run with nothing new', needs: [SPARK_RUN], run: checkIdleRun },
  { name: 'recount from the lines', needs: [SPARK_RUN], run: checkRecount },
  { name: DUCKDB_RUN, needs: [SPARK_RUN], run: (state) => checkRun(state, 'duckdb') },
  { name: 'content of the tables', needs: [SPARK_RUN, DUCKDB_RUN], run: compareContents },
];

async function checkRun(state: CheckState, engine: EngineName): Promise<Found> {
  const files = await state.hooks.writeEvents(`${state.eventsFolder}/${engine}`);
  const inputs = files.map((path) => ({ kind: 'file' as const, path }));
  const report = await withScratchLake(state, engine, engine, async (lake) => {
    await lake.ingest(inputs, { source: SOURCE });
    return await lake.run();
  });
  return ok(describeRun(report));
}

async function checkIdleRun(state: CheckState): Promise<Found> {
  const report = await withScratchLake(state, 'spark', 'spark', (lake) => lake.run());
  const tables = report.tablesWritten.map(({ table }) => table);
  return tables.length === 0
    ? ok(`no table written, ${seconds(report.durationMs)}`)
    : failed(`written again: ${tables.join(', ')}`);
}

async function checkRecount(state: CheckState): Promise<Found> {
  const { checks } = await withScratchLake(state, 'spark', 'duckdb', (lake) => lake.verify());
  const different = checks.filter(({ isEqual }) => !isEqual).map(({ name }) => name);
  return different.length === 0
    ? ok(`${checks.length} numbers, no difference`)
    : failed(`different: ${different.join(', ')}`);
}

async function compareContents(state: CheckState): Promise<Found[]> {
  const contents = async (of: EngineName): Promise<HashReport['tables']> =>
    (await withScratchLake(state, of, 'duckdb', (lake) => lake.hashTables())).tables;
  const bySpark = await contents('spark');
  const byDuckdb = new Map((await contents('duckdb')).map((each) => [each.table, each]));
  return bySpark.map(({ table, rows, sha256 }) => {
    const other = byDuckdb.get(table);
    const isEqual = other !== undefined && sha256 === other.sha256;
    const hash = (sha256 ?? 'no table').slice(0, 12);
    return {
      check: table,
      ...(isEqual
        ? ok(`the same by DuckDB: ${rows} rows, ${hash}`)
        : failed(
            `${rows} rows, ${hash}; by DuckDB ${other?.rows ?? 0} rows, ${other?.sha256?.slice(0, 12) ?? 'no table'}`,
            'do not run the pipeline on it, and report it with this output',
          )),
    };
  });
}

/** Opens the lake that `of` computes, with an engine of choice, and closes it. */
async function withScratchLake<Result>(
  { settings, env, hooks, scratch }: CheckState,
  of: EngineName,
  engine: EngineName,
  work: (lake: Lake) => Promise<Result>,
): Promise<Result> {
  const { models: _, sources: __, ...others } = settings;
  const { schema: ___, catalog: ____, ...spark } = settings.spark;
  const signal = hooks.signal === undefined ? {} : { signal: hooks.signal };
  const lake = await openLake(
    { ...others, engine, spark, lake: `${scratch}/${of}` },
    { env, ...signal, now: () => RECEIVED_AT_MS },
  );
  try {
    return await work(lake);
  } finally {
    await lake.close();
  }
}

function describeRun({ lines, valid, duplicates, quarantined, ...report }: RunReport): string {
  const rejected = Object.values(quarantined).reduce((sum, count) => sum + count, 0);
  return `${lines} lines = ${valid} valid + ${duplicates} duplicates + ${rejected} quarantined, ${seconds(report.durationMs)}`;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}
