/**
 * Announces the next reads, so that files of a remote lake are downloaded while the engine works.
 */
import type { Snapshot } from '../delta/snapshot.ts';
import type { LakeContext } from './context.ts';
import type { ReceivedFile } from './ledger.ts';
import { firstLookup, type Plan } from './plan.ts';
import { listTables } from './tables.ts';

/**
 * Announces what follows the files of this batch: the tables that the batch reads, then the files
 * of the next batch.
 */
export function fetchAhead(
  context: LakeContext,
  plan: Plan,
  nextBatch: readonly ReceivedFile[],
): void {
  fetchPlanAhead(context, plan);
  context.engine.records.prefetch(nextBatch);
}

/** Announces the first lookup of a plan, for example the sessions that new events belong to. */
export function fetchPlanAhead({ engine, snapshots, tables }: LakeContext, plan: Plan): void {
  const lookup = firstLookup(plan);
  const table = listTables(tables).find(({ name }) => name === lookup?.table);
  const snapshot = table && snapshots.get(table.root);
  if (lookup === undefined || snapshot === undefined) {
    return;
  }
  engine.session.prefetchRows(snapshot, lookup.column);
}

/**
 * Deletes the local copies of a version's files. A long-running program would otherwise keep the
 * files of every version it has read.
 */
export async function releaseTable(
  { storage }: LakeContext,
  snapshot: Snapshot | undefined,
): Promise<void> {
  if (snapshot === undefined) {
    return;
  }
  const { root, files } = snapshot;
  await Promise.all(files.map((file) => storage.release(`${root}/${file.path}`, file)));
}
