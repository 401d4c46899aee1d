/** One run: registers new files, updates Silver, then Gold, and accounts for every line. */
import {
  addFields,
  type FieldCounts,
  mostFrequentFields,
  noFields,
} from '../bronze/field-counts.ts';
import { damagedError } from '../bronze/received-files.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import type { TableDefinition } from '../engines/engine.ts';
import { ClicklakeError } from '../errors.ts';
import { type BegunRun, beginRun, type RunOptions } from './begin-run.ts';
import { type LakeContext, loadTable, requireWritable, stopIfAborted } from './context.ts';
import { checkLeftOut, type Discovery, foundIn } from './discover.ts';
import { fetchAhead, fetchPlanAhead } from './fetch-ahead.ts';
import { refreshSilver } from './full-refresh.ts';
import { goldPlan, restartUnusable, updateGold } from './gold.ts';
import { filesReceivedAfter, type ReceivedFile } from './ledger.ts';
import { lacksPurchases } from './missing-purchases.ts';
import { batchTextBytes, countBatches, planBatch } from './plan-batches.ts';
import { previewRun } from './preview.ts';
import type { RunPreview, RunReport, UnknownTypes } from './reports.ts';
import {
  type BatchResult,
  loadSilver,
  noUnreadableNumbers,
  processBatch,
  silverPlan,
  silverTables,
} from './silver.ts';
import { requireSameSilver } from './silver-properties.ts';
import { findSourcesWithoutEvents, type SourceOutcome } from './source-outcome.ts';
import { listTables } from './tables.ts';
import { type FilledFields, listUnfilledFields } from './unfilled-fields.ts';
import { addUnknownTypes } from './unknown-types.ts';
import { addSeen, listUnusedPaths, type SeenPaths } from './unused-paths.ts';
import { updateOwnModels } from './update-own-models.ts';

export { damagedError };

/**
 * After this many lost races in a row a run gives up. Each lost race means that another run has
 * made progress.
 */
const MAX_LOST_RACES = 20;

/**
 * Processes every file that Silver has not consumed. If it is killed at any time, the lake stays
 * readable and the next run does the rest. Concurrent runs share the work; nothing is lost or
 * counted twice.
 */
export async function run(context: LakeContext, options: RunOptions): Promise<RunReport> {
  return await finishRun(context, await beginRun(context, options, 'run'));
}

/** Does what is left of a begun run, perhaps by another engine than the one that began it. */
export async function finishRun(
  context: LakeContext,
  { startedAt, isRefresh, discovery }: BegunRun,
): Promise<RunReport> {
  const report = emptyReport(context, discovery);
  const tally: Tally = {
    leftOut: discovery.leftOut,
    ...{ report, sources: [], unknownTypes: [], unknownFields: noFields() },
    ...{ filled: new Map(), seen: new Map(), before: undefined },
  };
  if (isRefresh) {
    // A full refresh would lose the rows that Silver has of these files.
    if (report.damaged.length > 0) {
      throw damagedError(report.damaged);
    }
    tally.before = { events: undefined };
    await refresh(context, tally);
    await restartUnusable(context);
  }
  await processPending(context, tally);
  const gold = await updateGold(context);
  const own = await updateOwnModels(context);
  report.tablesWritten = newestOfEach(context, [
    ...report.tablesWritten,
    ...gold.written,
    ...own.written,
  ]);
  report.unknownFields = mostFrequentFields(tally.unknownFields);
  if (gold.purchases !== undefined) {
    report.purchases = gold.purchases;
  }
  if (gold.bots !== undefined) {
    report.bots = gold.bots;
  }
  if (own.checks.length > 0) {
    report.checks = own.checks;
  }
  const events = tally.before?.events;
  const unfilled = listUnfilledFields(context, tally.filled, events, report.unreadableNumbers);
  if (unfilled.length > 0) {
    report.unfilled = unfilled;
  }
  const unusedPaths = listUnusedPaths(context, tally.seen, events === undefined);
  if (unusedPaths.length > 0) {
    report.unusedPaths = unusedPaths;
  }
  if (tally.unknownTypes.length > 0) {
    report.unknownTypes = tally.unknownTypes;
  }
  if (await lacksPurchases(context, report)) {
    report.lacksPurchases = true;
  }
  report.sourcesWithoutEvents = await findSourcesWithoutEvents(context, tally.sources);
  const registered = await registerTables(context);
  if (registered.length > 0) {
    report.registered = registered;
  }
  report.durationMs = performance.now() - startedAt;
  report.linesPerSecond = report.lines / (report.durationMs / 1000);
  return report;
}

/** What `run` would do now. */
export async function preview(context: LakeContext, options: RunOptions): Promise<RunPreview> {
  return await finishPreview(context, await beginRun(context, options, 'preview'));
}

export async function finishPreview(context: LakeContext, begun: BegunRun): Promise<RunPreview> {
  return await previewRun(context, begun, batchTextBytes(context));
}

/** Registers the tables in the engine's catalog, if one is configured. */
async function registerTables(context: LakeContext): Promise<string[]> {
  if (context.settings.spark.schema === undefined) {
    return [];
  }
  const tables: TableDefinition[] = [];
  for (const table of listTables(context.tables)) {
    const isShown = table !== context.tables.ledger;
    if (isShown && (await loadTable(context, table)) !== undefined) {
      tables.push(table);
    }
  }
  return await context.engine.writer.registerTables(tables);
}

/** Totals over the batches of a run. */
interface Tally extends Pick<Discovery, 'leftOut'> {
  report: RunReport;
  sources: SourceOutcome[];
  unknownTypes: UnknownTypes[];
  unknownFields: FieldCounts;
  filled: FilledFields;
  seen: SeenPaths;
  /** The events before this run; undefined until they are loaded. */
  before: { events: Snapshot | undefined } | undefined;
}

async function processPending(context: LakeContext, tally: Tally): Promise<void> {
  const { report, leftOut } = tally;
  const progress = batchProgress(context);
  const waitingAfter = openLedgerReader(context, { leftOut, damaged: report.damaged });
  for (let lostRaces = 0; ; ) {
    stopIfAborted(context.signal);
    const state = await loadSilver(context);
    tally.before ??= { events: state.events };
    await requireSameSilver(context, state.events, state.consumed);
    const waiting = await waitingAfter(state.consumed);
    const damaged = new Set(report.damaged.map(({ path }) => path));
    const pending = filesBefore(waiting, damaged, state.unfinished);
    progress.expect(pending);
    if (pending.length === 0) {
      return;
    }
    await requireWritable(context, listTables(context.tables));
    const files = planBatch(pending, batchTextBytes(context), state.unfinished);
    const rest = pending.slice(files.length);
    fetchAhead(context, silverPlan(context), planBatch(rest, batchTextBytes(context)));
    if (rest.length === 0) {
      fetchPlanAhead(context, goldPlan(false, context));
    }
    const written: RunReport['tablesWritten'] = [];
    const target = silverTables(context, state, files, (table, { snapshot, rowsWritten }) =>
      written.push({ table: table.name, version: snapshot.version, rowsWritten }),
    );
    const result = await processBatch(context, files, target);
    report.tablesWritten.push(...written);
    if (result === undefined) {
      lostRaces += 1;
      if (lostRaces > MAX_LOST_RACES) {
        throw tooBusy(context);
      }
      continue;
    }
    lostRaces = 0;
    progress.advance(files);
    // If another run has committed the events of this batch, they are counted in the summary of
    // that run.
    if (written.some(({ table }) => table === context.tables.events.name)) {
      addBatch(tally, files, result);
    }
  }
}

/**
 * Returns a function that reads the ledger again only if it has a new version, and adds damaged
 * files of folders that were left out to `discovery`.
 */
function openLedgerReader(
  context: LakeContext,
  discovery: Pick<Discovery, 'leftOut' | 'damaged'>,
): (consumed: number) => Promise<readonly ReceivedFile[]> {
  let known:
    | { version: number | undefined; after: number; files: readonly ReceivedFile[] }
    | undefined;
  return async (consumed) => {
    // Load the version before the files: what is added in between is found the next time.
    const version = (await loadTable(context, context.tables.ledger))?.version;
    if (known === undefined || known.version !== version || known.after > consumed) {
      known = { version, after: consumed, files: await filesReceivedAfter(context, consumed) };
      await checkLeftOut(context, discovery, known.files);
    }
    return known.files.filter(({ fileNumber }) => fileNumber > consumed);
  };
}

/**
 * The files before the first damaged one, in order of reception. If the damaged file belongs to an
 * unfinished batch, none: that batch must not change.
 */
function filesBefore(
  waiting: readonly ReceivedFile[],
  damaged: ReadonlySet<string>,
  unfinished = 0,
): ReceivedFile[] {
  const end = waiting.findIndex(({ path }) => damaged.has(path));
  if (end === -1) {
    return [...waiting];
  }
  return Number(waiting[end]?.fileNumber) <= unfinished ? [] : waiting.slice(0, end);
}

async function refresh(context: LakeContext, tally: Tally): Promise<void> {
  const progress = batchProgress(context);
  progress.expect(await filesReceivedAfter(context, 0));
  await refreshSilver(context, batchTextBytes(context), {
    onBatch(files, result) {
      progress.advance(files);
      addBatch(tally, files, result);
    },
    onWritten(table, { snapshot, rowsWritten }) {
      const { version } = snapshot;
      tally.report.tablesWritten.push({ table: table.name, version, rowsWritten });
    },
  });
}

function emptyReport(context: LakeContext, discovery: Discovery): RunReport {
  return {
    engine: context.engine.name,
    batches: 0,
    files: 0,
    lines: 0,
    blankLines: 0,
    valid: 0,
    duplicates: 0,
    ignored: 0,
    quarantined: {},
    unknownFields: { names: {}, more: 0 },
    unreadableNumbers: noUnreadableNumbers(),
    tablesWritten: [],
    ...foundIn(discovery),
    sourcesWithoutEvents: [],
    durationMs: 0,
    linesPerSecond: 0,
  };
}

function addBatch(tally: Tally, files: readonly ReceivedFile[], result: BatchResult): void {
  const { report } = tally;
  report.batches += 1;
  report.files += files.length;
  report.lines += result.lines;
  report.blankLines += result.blankLines;
  report.valid += result.valid;
  report.duplicates += result.duplicates;
  report.ignored += result.ignored;
  addCounts(report.quarantined, result.quarantined);
  addCounts(report.unreadableNumbers, result.unreadableNumbers);
  addFields(tally.unknownFields, result.unknownFields);
  tally.sources.push(...result.sources);
  tally.unknownTypes = addUnknownTypes(tally.unknownTypes, result.unknownTypes);
  for (const [source, fields] of result.filled) {
    tally.filled.set(source, new Set([...(tally.filled.get(source) ?? []), ...fields]));
  }
  for (const [source, seen] of result.seen) {
    addSeen(tally.seen, source, seen);
  }
}

function addCounts(sums: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) {
    sums[name] = (sums[name] ?? 0) + count;
  }
}

/**
 * For each table: its last version and the rows written in this run, in the order of the tables.
 */
function newestOfEach(
  context: LakeContext,
  written: RunReport['tablesWritten'],
): RunReport['tablesWritten'] {
  return listTables(context.tables).flatMap(({ name }) => {
    const ofTable = written.filter(({ table }) => table === name);
    const last = ofTable.at(-1);
    const rowsWritten = ofTable.reduce((sum, each) => sum + each.rowsWritten, 0);
    return last === undefined ? [] : [{ table: name, version: last.version, rowsWritten }];
  });
}

function batchProgress(context: LakeContext) {
  const done = { batches: 0, lines: 0, bytes: 0 };
  const left = { batches: 0, lines: 0, bytes: 0 };
  const tell = (): void =>
    context.onProgress({
      stage: 'silver',
      batchesDone: done.batches,
      batchesTotal: done.batches + left.batches,
      linesDone: done.lines,
      linesTotal: done.lines + left.lines,
      bytesDone: done.bytes,
      bytesTotal: done.bytes + left.bytes,
    });
  return {
    expect(pending: readonly ReceivedFile[]): void {
      left.batches = countBatches(pending, batchTextBytes(context));
      left.lines = pending.reduce((sum, file) => sum + file.lineCount, 0);
      left.bytes = pending.reduce((sum, file) => sum + file.textBytes, 0);
      if (pending.length > 0) {
        tell();
      }
    },
    advance(files: readonly ReceivedFile[]): void {
      const lines = files.reduce((sum, file) => sum + file.lineCount, 0);
      const bytes = files.reduce((sum, file) => sum + file.textBytes, 0);
      done.batches += 1;
      done.lines += lines;
      done.bytes += bytes;
      left.batches = Math.max(0, left.batches - 1);
      left.lines -= lines;
      left.bytes -= bytes;
      tell();
    },
  };
}

function tooBusy(context: LakeContext): ClicklakeError {
  return new ClicklakeError(
    'commit_conflict',
    `the Silver tables of ${context.storage.url} are too busy`,
    {
      hint: 'let the other runs end, then run again: nothing was lost',
    },
  );
}
