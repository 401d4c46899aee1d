/** Keeps tables quick to read and the disk clean: compacts, checkpoints, vacuums. */
import { writeCheckpoint } from '../delta/checkpoint.ts';
import { vacuum } from '../delta/vacuum.ts';
import type { TableDefinition } from '../engines/engine.ts';
import { type LakeContext, loadTable, stopIfAborted } from './context.ts';
import type { MaintainReport } from './reports.ts';
import { listTables } from './tables.ts';

const MEGABYTE = 1_000_000;
const HOUR_MS = 3_600_000;

/** Safe at any time beside runs and readers; a conflict with a run leaves a table for the next time. */
export async function maintain(
  context: LakeContext,
  options: { dryRun: boolean },
): Promise<MaintainReport> {
  const startedAt = performance.now();
  const tables: MaintainReport['tables'] = [];
  for (const table of listTables(context.tables)) {
    stopIfAborted(context.signal);
    context.onProgress({ stage: 'maintain', table: table.name });
    const report = await maintainTable(context, table, options.dryRun);
    if (report !== undefined) tables.push(report);
  }
  // As for data files: who has been at work for longer than the retention loses what he made.
  const untouchedMs = context.settings.maintain.retentionHours * HOUR_MS;
  const workFoldersRemoved = options.dryRun
    ? 0
    : await context.storage.removeAbandonedWork({ untouchedMs });
  return { tables, workFoldersRemoved, durationMs: performance.now() - startedAt };
}

async function maintainTable(
  context: LakeContext,
  table: TableDefinition,
  dryRun: boolean,
): Promise<MaintainReport['tables'][number] | undefined> {
  const { delta, engine, settings } = context;
  const base = await loadTable(context, table);
  if (base === undefined) return undefined;
  const { retentionHours, targetFileMb } = settings.maintain;
  const { commitCount, ...compacted } = await engine.compact({
    table,
    base,
    targetFileBytes: targetFileMb * MEGABYTE,
    dryRun,
  });
  const snapshot = (await loadTable(context, table)) ?? base;
  if (!dryRun) await writeCheckpoint(delta, snapshot);
  // The retention is the user's own choice, written in the configuration.
  const vacuumed = await vacuum(delta, table.root, { retentionHours, dryRun, force: true });
  const removed = [...vacuumed.files, ...vacuumed.logFiles];
  return {
    table: table.name,
    ...compacted,
    checkpointVersion: dryRun ? snapshot.version + commitCount : snapshot.version,
    filesVacuumed: removed.length,
    bytesVacuumed: removed.reduce((sum, file) => sum + file.sizeBytes, 0),
  };
}
