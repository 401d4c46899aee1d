/** Finds what a statement of ours committed, in the table's log: the log alone tells what took place. */
import { type Commit, readCommit } from '../../delta/commit-file.ts';
import { readCommitInfo } from '../../delta/commit-info.ts';
import type { DeltaContext } from '../../delta/context.ts';

export interface WrittenCommit {
  commit: Commit;
  rowsWritten: number;
}

/** The commit after version `after` that carries `writeId`, or undefined. */
export async function findWrittenCommit(
  delta: DeltaContext,
  root: string,
  after: number,
  writeId: string,
): Promise<WrittenCommit | undefined> {
  for (let version = after + 1; ; version += 1) {
    const commit = await readCommit(delta, root, version);
    if (commit === undefined) {
      return undefined;
    }
    const info = await readCommitInfo(delta, root, version);
    if (info.userMetadata?.includes(writeId)) {
      return { commit, rowsWritten: countRows(info.operationMetrics ?? {}) };
    }
  }
}

/** A merge counts apart what it inserted and what it updated. */
function countRows(metrics: Readonly<Record<string, string>>): number {
  const inserted = metrics.numTargetRowsInserted;
  if (inserted === undefined) {
    return Number(metrics.numOutputRows ?? 0);
  }
  return Number(inserted) + Number(metrics.numTargetRowsUpdated ?? 0);
}
