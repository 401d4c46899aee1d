/** Has a remote lake's files fetched while the engine works on what is there already. */
import type { AddFile, Snapshot } from '../delta/snapshot.ts';
import { fixedFile, type LakeContext, loadTable } from './context.ts';
import { likelyFiles } from './key-range.ts';
import type { ReceivedFile } from './ledger.ts';
import { firstLookup, type Plan } from './plan.ts';
import { listTables } from './tables.ts';

/** What the work on a batch will ask for, after the batch's own files, and then the next batch. */
export async function fetchAhead(
  context: LakeContext,
  plan: Plan,
  nextBatch: readonly ReceivedFile[],
): Promise<void> {
  await fetchPlanAhead(context, plan);
  if (context.storage.isRemote) fetchBatchAhead(context, nextBatch);
}

export function fetchBatchAhead(
  { engine, storage }: LakeContext,
  files: readonly ReceivedFile[],
): void {
  if (engine.readsRemoteFiles) return;
  for (const file of files) storage.prefetch(file.path, fixedFile(file));
}

/** What a plan will look for first in the tables, such as the sessions that new events belong to. */
export async function fetchPlanAhead(context: LakeContext, plan: Plan): Promise<void> {
  const { engine, storage, tables } = context;
  if (!storage.isRemote || engine.readsRemoteFiles) return;
  const lookup = firstLookup(plan);
  const table = listTables(tables).find(({ name }) => name === lookup?.table);
  if (lookup === undefined || table === undefined) return;
  const snapshot = await loadTable(context, table);
  if (snapshot !== undefined) {
    prefetchFiles(storage, snapshot, likelyFiles(snapshot, lookup.column));
  }
}

/** Files of a batch that is done: a remote lake of any size is worked on with room for two batches. */
export async function releaseBatch(
  { storage }: LakeContext,
  files: readonly ReceivedFile[],
): Promise<void> {
  if (!storage.isRemote) return;
  await Promise.all(files.map((file) => storage.release(file.path, fixedFile(file))));
}

/** Data files of a version that is not read any more: who looks at a lake for weeks sees many. */
export async function releaseTable(
  { storage }: LakeContext,
  snapshot: Snapshot | undefined,
): Promise<void> {
  if (!storage.isRemote || snapshot === undefined) return;
  const { root, files } = snapshot;
  await Promise.all(files.map((file) => storage.release(`${root}/${file.path}`, file)));
}

function prefetchFiles(
  storage: LakeContext['storage'],
  { root }: Snapshot,
  files: readonly AddFile[],
): void {
  for (const file of files) storage.prefetch(`${root}/${file.path}`, file);
}
