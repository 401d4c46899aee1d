/**
 * Runs with `engine: auto`. DuckDB looks for files; then the run is DuckDB's, or Spark's if it is
 * large. Both compute the same rows (docs/spark.md).
 */
import { DEFAULTS } from '../config/defaults.ts';
import type { EngineName } from '../config/settings.ts';
import { ClicklakeError } from '../errors.ts';
import { type BegunRun, beginRun, bytesToRead, type RunOptions } from '../pipeline/begin-run.ts';
import { type LakeContext, loadTable, requireWritable } from '../pipeline/context.ts';
import type { EngineChoice, RunPreview, RunReport } from '../pipeline/reports.ts';
import { finishPreview, finishRun } from '../pipeline/run.ts';
import { listTables } from '../pipeline/tables.ts';
import { sparkConnectOptions } from './choose-engine.ts';
import { whileWriting } from './guards.ts';
import type { OpenContexts } from './open-context.ts';

const MEGABYTE = 1_000_000;

interface Choice extends EngineChoice {
  name: EngineName;
}

/** Throws `config_invalid` if there is no URL of Spark, also if the run does not need it. */
export async function runBySize(
  { context, openSpark }: Pick<OpenContexts, 'context' | 'openSpark'>,
  options: RunOptions,
): Promise<RunReport> {
  sparkConnectOptions(context.settings);
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
  const onSpark = await openSpark();
  const report = await whileWriting(onSpark, 'run', () => finishRun(onSpark, begun));
  return { ...report, engineChoice };
}

/** What `runBySize` would do now. */
export async function previewBySize(
  { context, openSpark }: Pick<OpenContexts, 'context' | 'openSpark'>,
  options: RunOptions,
): Promise<RunPreview> {
  sparkConnectOptions(context.settings);
  const begun = await beginRun(context, options, 'preview');
  const { name, ...engineChoice } = await chooseEngine(context, begun);
  const chosen = name === 'spark' ? await openSpark() : context;
  return { ...(await finishPreview(chosen, begun)), engineChoice };
}

async function chooseEngine(context: LakeContext, begun: BegunRun): Promise<Choice> {
  const { fromMb = DEFAULTS.sparkFromMb, schema } = context.settings.spark;
  const sizeBytes = await bytesToRead(context, begun);
  if (sizeBytes > 0 && sizeBytes >= fromMb * MEGABYTE) {
    return { name: 'spark', why: 'size', bytesToRead: sizeBytes };
  }
  if (sizeBytes > 0 && schema !== undefined && (await lacksTable(context))) {
    return { name: 'spark', why: 'new table', bytesToRead: sizeBytes };
  }
  if (sizeBytes > 0 && !(await isWritable(context))) {
    return { name: 'spark', why: 'table feature', bytesToRead: sizeBytes };
  }
  return { name: 'duckdb', why: 'size', bytesToRead: sizeBytes };
}

async function lacksTable(context: LakeContext): Promise<boolean> {
  for (const table of listTables(context.tables)) {
    if ((await loadTable(context, table)) === undefined) {
      return true;
    }
  }
  return false;
}

async function isWritable(context: LakeContext): Promise<boolean> {
  try {
    await requireWritable(context, listTables(context.tables));
    return true;
  } catch (error) {
    if (error instanceof ClicklakeError && error.code === 'unsupported_table_feature') {
      return false;
    }
    throw error;
  }
}
