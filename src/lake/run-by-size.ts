/**
 * Runs with `engine: auto`. DuckDB looks for files; then the run is DuckDB's, or Spark's if it is
 * large. Both compute the same rows (docs/spark.md).
 */
import { DEFAULTS } from '../config/defaults.ts';
import type { EngineName } from '../config/settings.ts';
import { ClicklakeError } from '../errors.ts';
import { type BegunRun, beginRun, measureRun, type RunOptions } from '../pipeline/begin-run.ts';
import { type LakeContext, loadTable, requireWritable } from '../pipeline/context.ts';
import { batchTextBytes } from '../pipeline/plan-batches.ts';
import type { EngineChoice, RunPreview, RunReport } from '../pipeline/reports.ts';
import { finishPreview, finishRun } from '../pipeline/run.ts';
import { listTables } from '../pipeline/tables.ts';
import { whileWriting } from './guards.ts';
import type { OpenContexts } from './open-context.ts';

const MEGABYTE = 1_000_000;

type Contexts = Pick<OpenContexts, 'context' | 'openSpark'>;

export async function runBySize(contexts: Contexts, options: RunOptions): Promise<RunReport> {
  const { context } = contexts;
  // Each engine needs a lock of its own on a local lake.
  const first = await whileWriting(context, 'run', async () => {
    const begun = await beginRun(context, options, 'run');
    const { name, ...engineChoice } = await chooseEngine(context, begun);
    const report = name === 'spark' ? undefined : await finishRun(context, begun);
    return { begun, engineChoice, report };
  });
  const { begun, engineChoice } = first;
  if (first.report !== undefined) {
    return { ...first.report, engineChoice };
  }
  const report = await onSpark(contexts, engineChoice, (spark) =>
    whileWriting(spark, 'run', () => finishRun(spark, begun)),
  );
  return { ...report, engineChoice };
}

/** What `runBySize` would do now. */
export async function previewBySize(contexts: Contexts, options: RunOptions): Promise<RunPreview> {
  const { context } = contexts;
  const begun = await beginRun(context, options, 'preview');
  const { name, ...engineChoice } = await chooseEngine(context, begun);
  const preview =
    name === 'spark'
      ? await onSpark(contexts, engineChoice, (spark) => finishPreview(spark, begun))
      : await finishPreview(context, begun);
  return { ...preview, engineChoice };
}

async function chooseEngine(
  context: LakeContext,
  begun: BegunRun,
): Promise<EngineChoice & { name: EngineName }> {
  const { fromMb = DEFAULTS.sparkFromMb, schema } = context.settings.spark;
  const sparkFromBytes = fromMb * MEGABYTE;
  const { runBytes, begunBatchBytes } = await measureRun(context, begun);
  const choose = (name: EngineName, why: EngineChoice['why'] = 'size') => ({
    ...{ name, why, runBytes, sparkFromBytes },
  });
  if (runBytes === 0) {
    return choose('duckdb');
  }
  if (runBytes >= sparkFromBytes) {
    // The run is refused. No Spark is needed for that.
    const isRefused = begun.isRefresh && begun.discovery.damaged.length > 0;
    return choose(isRefused ? 'duckdb' : 'spark');
  }
  if (begun.isRefresh) {
    // Tables with a feature are made anew, without it.
    return choose('duckdb');
  }
  if (begunBatchBytes > batchTextBytes(context)) {
    return choose('spark', 'begun batch');
  }
  if (schema !== undefined && (await lacksTable(context))) {
    return choose('spark', 'new table');
  }
  return (await isOnlySparks(context)) ? choose('spark', 'table feature') : choose('duckdb');
}

async function lacksTable(context: LakeContext): Promise<boolean> {
  for (const table of listTables(context.tables)) {
    if ((await loadTable(context, table)) === undefined) {
      return true;
    }
  }
  return false;
}

/** Whether there is a table that Spark writes, and DuckDB does not. */
async function isOnlySparks(context: LakeContext): Promise<boolean> {
  return !(await isWritable(context)) && (await isWritable(context, { commitsRows: true }));
}

async function isWritable(
  context: LakeContext,
  writer?: { commitsRows: boolean },
): Promise<boolean> {
  try {
    await requireWritable(context, listTables(context.tables), writer);
    return true;
  } catch (error) {
    if (error instanceof ClicklakeError && error.code === 'unsupported_table_feature') {
      return false;
    }
    throw error;
  }
}

/** If Spark cannot be reached, the error says why it was asked. */
async function onSpark<Result>(
  { openSpark }: Contexts,
  { why, runBytes, sparkFromBytes }: EngineChoice,
  work: (spark: LakeContext) => Promise<Result>,
): Promise<Result> {
  const spark = await openSpark().catch((error: unknown) => {
    if (!(error instanceof ClicklakeError)) {
      throw error;
    }
    const megabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(1);
    const reasons = {
      size: `it is of ${megabytes(runBytes)} MB, and Spark's from ${megabytes(sparkFromBytes)} MB on (spark.from_mb)`,
      'new table': 'it makes a table, and spark.schema asks Spark to register it',
      'table feature': 'it writes a table with a feature that only Spark writes',
      'begun batch': 'it finishes a batch of Spark that is too large for memory_limit_mb',
    };
    const remedy =
      why === 'table feature' || why === 'begun batch'
        ? ''
        : '; --engine duckdb computes it without Spark';
    const hint = `engine auto leaves this run to Spark: ${reasons[why]}${remedy}`;
    throw new ClicklakeError(error.code, error.message, {
      hint: error.hint === undefined ? hint : `${error.hint}. ${hint}`,
      cause: error,
    });
  });
  try {
    return await work(spark);
  } finally {
    // A server ends sessions that are idle for long, and large runs are rare.
    await spark.engine.close();
  }
}
