import { ClicklakeError } from '../errors.ts';
import type { FileInfo } from '../storage/storage.ts';
import type { AddFile } from './actions.ts';
import { physicalName } from './column-mapping.ts';
import { readCommit } from './commit-file.ts';
import { currentTime, type DeltaContext } from './context.ts';
import { deletionVectorPath } from './deletion-vector.ts';
import { cleanLog } from './log-cleanup.ts';
import { listLog } from './log-listing.ts';
import { inTable } from './log-paths.ts';
import { assertWritable } from './protocol.ts';
import { loadSnapshot, type Snapshot } from './snapshot.ts';
import { deletedFileRetentionMs } from './table-properties.ts';

export interface VacuumOptions {
  /** Default: the table's `delta.deletedFileRetentionDuration`, a week if unset. */
  retentionHours?: number;
  /** Only report what would be deleted. */
  dryRun?: boolean;
  /**
   * Allows a retention below the table's own. Readers of older versions, and writers that run for
   * longer than the retention, may then lose their files.
   */
  force?: boolean;
}

export interface VacuumReport {
  /** Data files, by path in the lake. */
  files: readonly FileInfo[];
  /** Log files that only expired versions needed. */
  logFiles: readonly FileInfo[];
}

const HOUR_MS = 3_600_000;
const PARALLEL_DELETES = 16;

/**
 * Deletes files in the table's folder that are older than the retention and belong to no version
 * within it: removed files, and leftovers of writes that were never committed. Younger files are
 * kept, because a writer may be about to commit them. Folders and files that begin with `_` or `.`
 * are kept, except partition folders and `_change_data`; so are other tables within the folder.
 * Then cleans up the log (log-cleanup.ts).
 *
 * Safe to interrupt and repeat. Throws `usage` if the retention is too short.
 */
export async function vacuum(
  context: DeltaContext,
  root: string,
  options: VacuumOptions = {},
): Promise<VacuumReport> {
  const table = `${context.storage.url}/${root}`;
  const snapshot = await loadSnapshot(context, root);
  if (!snapshot) {
    throw new ClicklakeError('not_found', `there is no Delta table at ${table}`);
  }
  assertWritable(snapshot.protocol, snapshot.metadata, table, 'log');
  const retentionMs = checkedRetention(snapshot, options, table);
  const cutoffMs = currentTime(context) - retentionMs;
  const kept = await referencedSince(context, snapshot, cutoffMs);
  const files = (await listOwnFiles(context, snapshot)).filter(
    (file) => file.modifiedAtMs < cutoffMs && !kept.has(ownerOf(relative(root, file.path))),
  );
  if (!options.dryRun) {
    await deleteAll(context, files);
  }
  const logFiles = await cleanLog(context, snapshot, { dryRun: options.dryRun ?? false });
  return { files, logFiles };
}

function checkedRetention(snapshot: Snapshot, options: VacuumOptions, table: string): number {
  const floorMs = deletedFileRetentionMs(snapshot.metadata);
  const retentionMs = (options.retentionHours ?? floorMs / HOUR_MS) * HOUR_MS;
  if (retentionMs >= floorMs || (options.force && retentionMs >= 0)) {
    return retentionMs;
  }
  throw new ClicklakeError(
    'usage',
    `a retention of ${options.retentionHours} hours is less than the ${floorMs / HOUR_MS} hours of ${table}`,
    {
      hint: 'active readers and writers would lose their files; use force only if there are none',
    },
  );
}

/** Paths that versions within the retention need: data files and deletion vectors. */
async function referencedSince(
  context: DeltaContext,
  snapshot: Snapshot,
  cutoffMs: number,
): Promise<Set<string>> {
  const kept = new Set<string>();
  const keep = ({ path, deletionVector }: Pick<AddFile, 'path' | 'deletionVector'>): void => {
    kept.add(path);
    const vector = deletionVector && deletionVectorPath(context, snapshot.root, deletionVector);
    if (vector !== undefined) {
      kept.add(relative(snapshot.root, vector));
    }
  };
  snapshot.files.forEach(keep);
  snapshot.tombstones.filter((file) => file.deletionTimestampMs >= cutoffMs).forEach(keep);
  // Checkpoints omit tombstones after the table's own retention; the commits still contain them.
  const { commits } = await listLog(context, snapshot.root);
  for (const [version, file] of commits) {
    if (file.modifiedAtMs < cutoffMs) {
      continue;
    }
    const commit = await readCommit(context, snapshot.root, version);
    commit?.removes.forEach(keep);
    commit?.adds.forEach(keep);
  }
  return kept;
}

/** The files in the table's folder that vacuum may delete. */
async function listOwnFiles(context: DeltaContext, snapshot: Snapshot): Promise<FileInfo[]> {
  const { root, metadata } = snapshot;
  const folderNames = metadata.schema.fields
    .filter(({ name }) => metadata.partitionColumns.includes(name))
    .map(physicalName);
  const files: FileInfo[] = [];
  const innerTables = new Set<string>();
  for await (const file of context.storage.list(inTable(root, ''))) {
    const path = relative(root, file.path);
    const log = path.indexOf('/_delta_log/');
    if (log >= 0) {
      innerTables.add(path.slice(0, log + 1));
    }
    if (!isHidden(ownerOf(path), folderNames)) {
      files.push(file);
    }
  }
  return files.filter((file) => {
    const path = relative(root, file.path);
    return ![...innerTables].some((folder) => path.startsWith(folder));
  });
}

function isHidden(path: string, partitionColumns: readonly string[]): boolean {
  return path.split('/').some((part, depth) => {
    if (!part.startsWith('_') && !part.startsWith('.')) {
      return false;
    }
    if (depth === 0 && part === '_change_data') {
      return false;
    }
    return !partitionColumns.some((column) => part.startsWith(`${column}=`));
  });
}

/**
 * On local disks Hadoop stores a checksum `.<name>.crc` beside a file; it is deleted with the file.
 */
function ownerOf(path: string): string {
  return path.replace(/(^|\/)\.([^/]+)\.crc$/, '$1$2');
}

function relative(root: string, path: string): string {
  return path.slice(inTable(root, '').length);
}

async function deleteAll(context: DeltaContext, files: readonly FileInfo[]): Promise<void> {
  for (let from = 0; from < files.length; from += PARALLEL_DELETES) {
    const some = files.slice(from, from + PARALLEL_DELETES);
    await Promise.all(some.map(({ path }) => context.storage.delete(path)));
  }
}
