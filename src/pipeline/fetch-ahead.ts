/** Has a remote lake's files fetched while the engine works on what is there already. */
import type { AddFile, Snapshot } from '../delta/snapshot.ts';
import { fixedFile, type LakeContext, loadTable } from './context.ts';
import { likelyFiles } from './key-range.ts';
import type { ReceivedFile } from './ledger.ts';
import type { SilverState } from './silver.ts';

/** What the work on a batch will ask for, after the batch's own files, and then the next batch. */
export function fetchAhead(
  { settings, storage }: LakeContext,
  { events }: SilverState,
  nextBatch: readonly ReceivedFile[],
): void {
  if (!storage.isRemote) return;
  if (events !== undefined && settings.silver.conflictScope === 'all') {
    prefetchFiles(storage, events, likelyFiles(events, 'event_id'));
  }
  for (const file of nextBatch) storage.prefetch(file.path, fixedFile(file));
}

/** What Gold will ask for first: the sessions it has, to find those that the new events belong to. */
export async function fetchGoldAhead(context: LakeContext): Promise<void> {
  const { storage, tables } = context;
  if (!storage.isRemote) return;
  const sessions = await loadTable(context, tables.sessions);
  if (sessions !== undefined) {
    prefetchFiles(storage, sessions, likelyFiles(sessions, 'session_id'));
  }
}

function prefetchFiles(
  storage: LakeContext['storage'],
  { root }: Snapshot,
  files: readonly AddFile[],
): void {
  for (const file of files) storage.prefetch(`${root}/${file.path}`, file);
}
