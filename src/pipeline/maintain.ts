/** Compacts small files, writes checkpoints, and vacuums. */
import { writeCheckpoint } from '../delta/checkpoint.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import { vacuum } from '../delta/vacuum.ts';
import type { TableDefinition } from '../engines/engine.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadTable, requireWritable, stopIfAborted } from './context.ts';
import type { MaintainReport } from './reports.ts';
import { listTables } from './tables.ts';

const MEGABYTE = 1_000_000;
const HOUR_MS = 3_600_000;

/**
 * Safe beside runs and readers. If a run commits to the same table first, the table is left for the
 * next call. If the disk is too full to merge files, it still deletes what it may, then throws
 * `disk_full`.
 */
export async function maintain(
  context: LakeContext,
  options: { dryRun: boolean },
): Promise<MaintainReport> {
  const startedAt = performance.now();
  await requireWritable(context, listTables(context.tables));
  const tables: MaintainReport['tables'] = [];
  // As for data files: a process that runs for longer than the retention loses its work files.
  const untouchedMs = context.settings.maintain.retentionHours * HOUR_MS;
  const workFoldersRemoved = options.dryRun
    ? 0
    : await context.storage.removeAbandonedWork({ untouchedMs });
  let diskFull: ClicklakeError | undefined;
  for (const table of listTables(context.tables)) {
    stopIfAborted(context.signal);
    context.onProgress({ stage: 'maintain', table: table.name });
    const base = await loadTable(context, table);
    if (base === undefined) {
      continue;
    }
    const merged = await mergeFiles(context, table, base, options.dryRun).catch(
      (error: unknown) => {
        if (!(error instanceof ClicklakeError) || error.code !== 'disk_full') {
          throw error;
        }
        diskFull ??= error;
      },
    );
    const deleted = await deleteFiles(context, table, options.dryRun);
    if (merged !== undefined) {
      tables.push({ table: table.name, ...merged, ...deleted });
    }
  }
  if (diskFull !== undefined) {
    throw diskFull;
  }
  return { tables, workFoldersRemoved, durationMs: performance.now() - startedAt };
}

type TableReport = MaintainReport['tables'][number];

/** Merges small files and writes a checkpoint. */
async function mergeFiles(
  context: LakeContext,
  table: TableDefinition,
  base: Snapshot,
  dryRun: boolean,
): Promise<Pick<TableReport, 'filesCompacted' | 'filesWritten' | 'checkpointVersion'>> {
  const { delta, engine, settings } = context;
  const { commitCount, ...compacted } = await engine.writer.compact({
    table,
    base,
    targetFileBytes: settings.maintain.targetFileMb * MEGABYTE,
    dryRun,
  });
  if (dryRun) {
    return { ...compacted, checkpointVersion: base.version + commitCount };
  }
  const snapshot = (await loadTable(context, table)) ?? base;
  await writeCheckpoint(delta, snapshot);
  return { ...compacted, checkpointVersion: snapshot.version };
}

/** Deletes data and log files that the table no longer needs. */
async function deleteFiles(
  { delta, settings }: LakeContext,
  table: TableDefinition,
  dryRun: boolean,
): Promise<Pick<TableReport, 'filesVacuumed' | 'bytesVacuumed'>> {
  const { retentionHours } = settings.maintain;
  // `force`: the user has chosen the retention in the configuration.
  const vacuumed = await vacuum(delta, table.root, { retentionHours, dryRun, force: true });
  const removed = [...vacuumed.files, ...vacuumed.logFiles];
  return {
    filesVacuumed: removed.length,
    bytesVacuumed: removed.reduce((sum, file) => sum + file.sizeBytes, 0),
  };
}
