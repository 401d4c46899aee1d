/** Says what will be read next, so that a remote lake's files are fetched while the engine works. */
import type { Snapshot } from '../delta/snapshot.ts';
import type { LakeContext } from './context.ts';
import type { ReceivedFile } from './ledger.ts';
import { firstLookup, type Plan } from './plan.ts';
import { listTables } from './tables.ts';

/** What the work on a batch will ask for, after the batch's own files, and then the next batch. */
export function fetchAhead(
  context: LakeContext,
  plan: Plan,
  nextBatch: readonly ReceivedFile[],
): void {
  fetchPlanAhead(context, plan);
  context.engine.records.prefetch(nextBatch);
}

/** What a plan will look for first in the tables, such as the sessions that new events belong to. */
export function fetchPlanAhead({ engine, snapshots, tables }: LakeContext, plan: Plan): void {
  const lookup = firstLookup(plan);
  const table = listTables(tables).find(({ name }) => name === lookup?.table);
  const snapshot = table && snapshots.get(table.root);
  if (lookup === undefined || snapshot === undefined) {
    return;
  }
  engine.session.prefetchRows(snapshot, lookup.column);
}

/** Releases the local copies of a version's files: a program that reads for weeks sees many versions. */
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
