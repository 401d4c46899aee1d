import { type AddFile, fileKey, type PartitionValues } from './actions.ts';
import type { Commit } from './commit-file.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * What a change was computed from. A commit of another writer is a conflict only if it affects
 * this.
 */
export type Reads =
  /** Nothing of this table: a blind append. */
  | { kind: 'nothing' }
  /** The files of the partitions for which `matches` is true. */
  | { kind: 'files'; matches: (partitionValues: PartitionValues) => boolean }
  /** The whole table. */
  | { kind: 'all' };

/**
 * Why a change cannot follow `winner`, a commit it has not seen; undefined: it can. `before`: the
 * table before `winner`. Removed files (`missingFile`) and transactions are checked elsewhere.
 *
 * Commits that only move rows to other files (dataChange = false) do not conflict with reads.
 */
export function findConflict(
  reads: Reads,
  winner: Commit,
  before: Snapshot | undefined,
): string | undefined {
  if (winner.protocol !== undefined) {
    return 'the table’s protocol was changed';
  }
  if (winner.metadata !== undefined) {
    return 'the table’s schema or properties were changed';
  }
  if (reads.kind === 'nothing') {
    return undefined;
  }
  const added = winner.adds.find((file) => file.dataChange && isRead(reads, file.partitionValues));
  if (added !== undefined) {
    return `rows were added that this change has not read (${added.path})`;
  }
  const removed = winner.removes.find((file) => {
    if (!file.dataChange) {
      return false;
    }
    const values = file.partitionValues ?? partitionValuesOf(before, fileKey(file));
    return values === undefined || isRead(reads, values);
  });
  return removed && `rows that this change has read were removed (${removed.path})`;
}

/** The first of `files` that is not part of the table. */
export function missingFile(
  files: readonly AddFile[],
  snapshot: Snapshot | undefined,
): AddFile | undefined {
  if (files.length === 0) {
    return undefined;
  }
  const live = new Set(snapshot?.files.map(fileKey));
  return files.find((file) => !live.has(fileKey(file)));
}

/** Whether the change has read files with these partition values. */
export function isRead(reads: Reads, values: PartitionValues): boolean {
  return reads.kind === 'all' || (reads.kind === 'files' && reads.matches(values));
}

function partitionValuesOf(
  snapshot: Snapshot | undefined,
  key: string,
): PartitionValues | undefined {
  return snapshot?.files.find((file) => fileKey(file) === key)?.partitionValues;
}
