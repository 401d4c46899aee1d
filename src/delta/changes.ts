import { type AddFile, fileKey } from './actions.ts';
import { withLogicalPartitions } from './column-mapping.ts';
import { readCommit } from './commit-file.ts';
import type { DeltaContext } from './context.ts';
import type { Snapshot } from './snapshot.ts';

export type VersionChanges =
  | {
      kind: 'changes';
      /**
       * Files with rows that `toVersion` has and `fromVersion` had not, oldest first. A file whose
       * rows were since moved to others (compaction) is still among them: it lies there until
       * vacuum, and its rows are exactly the new ones.
       */
      adds: readonly AddFile[];
      /** Rows that `fromVersion` had were removed or rewritten. */
      hasDataRemoves: boolean;
      /** The schema, the partitioning or the properties were rewritten. */
      metadataChanged: boolean;
    }
  /** The log of some of these versions was cleaned away, or they do not exist. */
  | { kind: 'unavailable' };

/** What was changed after `fromVersion` up to and including the version of the snapshot. */
export async function diffVersions(
  context: DeltaContext,
  { root, version: toVersion, metadata }: Snapshot,
  fromVersion: number,
): Promise<VersionChanges> {
  const adds = new Map<string, AddFile>();
  let hasDataRemoves = false;
  let metadataChanged = false;
  for (let version = fromVersion + 1; version <= toVersion; version += 1) {
    const commit = await readCommit(context, root, version);
    if (commit === undefined) {
      return { kind: 'unavailable' };
    }
    metadataChanged ||= commit.metadata !== undefined;
    for (const remove of commit.removes) {
      if (!remove.dataChange) {
        continue;
      }
      // Rows added and removed within the range are no change; all others existed before,
      // or were moved on by a compaction, which cannot be told apart.
      if (!adds.delete(fileKey(remove))) {
        hasDataRemoves = true;
      }
    }
    for (const add of commit.adds) {
      if (add.dataChange) {
        adds.set(fileKey(add), add);
      }
    }
  }
  return {
    kind: 'changes',
    adds: withLogicalPartitions([...adds.values()], metadata),
    hasDataRemoves,
    metadataChanged,
  };
}
