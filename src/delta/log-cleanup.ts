import { ClicklakeError } from '../errors.ts';
import type { FileInfo } from '../storage/storage.ts';
import { readCheckpoint } from './checkpoint.ts';
import { currentTime, type DeltaContext } from './context.ts';
import { type LogListing, listLog } from './log-listing.ts';
import { logFolder, parseLogFileName } from './log-paths.ts';
import type { Snapshot } from './snapshot.ts';
import { cleansExpiredLog, logRetentionMs, protectedBeforeVersion } from './table-properties.ts';

/**
 * Deletes log files that are older than `delta.logRetentionDuration` (30 days) and not needed by a
 * younger version: those before the newest readable checkpoint of that age. If there is no such
 * checkpoint, or if a dropped feature protects that part of the log, nothing is deleted. Returns
 * the files that were deleted, or would be.
 */
export async function cleanLog(
  context: DeltaContext,
  snapshot: Snapshot,
  options: { dryRun: boolean },
): Promise<FileInfo[]> {
  const { root, metadata } = snapshot;
  if (!cleansExpiredLog(metadata)) {
    return [];
  }
  const cutoffMs = currentTime(context) - logRetentionMs(metadata);
  const firstKept = await findCover(context, root, await listLog(context, root), cutoffMs);
  if (firstKept === undefined || firstKept < protectedBeforeVersion(metadata)) {
    return [];
  }
  const expired: { version: number; file: FileInfo }[] = [];
  const folder = logFolder(root);
  for await (const file of context.storage.list(folder)) {
    const name = file.path.slice(folder.length);
    if (name.startsWith('_')) {
      break;
    }
    // Hadoop stores checksums beside files, named `.<name>.crc`.
    const parsed = parseLogFileName(name.replace(/^\./, ''));
    if (parsed && parsed.version < firstKept && file.modifiedAtMs < cutoffMs) {
      expired.push({ version: parsed.version, file });
    }
  }
  // Oldest first, so that an interruption leaves no gap in the log.
  const files = expired.sort((a, b) => a.version - b.version).map(({ file }) => file);
  if (options.dryRun) {
    return files;
  }
  for (const { path } of files) {
    await context.storage.delete(path);
  }
  return files;
}

/** The newest version before the cutoff with a checkpoint that later versions can start from. */
async function findCover(
  context: DeltaContext,
  root: string,
  { commits, checkpoints }: LogListing,
  cutoffMs: number,
): Promise<number | undefined> {
  for (const checkpoint of checkpoints) {
    const committed = commits.get(checkpoint.version) ?? checkpoint.files[0];
    if (committed === undefined || committed.modifiedAtMs >= cutoffMs) {
      continue;
    }
    try {
      await readCheckpoint(context, root, checkpoint);
      return checkpoint.version;
    } catch (error) {
      // Skip a damaged checkpoint; an older one may be usable.
      if (!(error instanceof ClicklakeError)) {
        throw error;
      }
    }
  }
  return undefined;
}
