import { type AddFile, fileKey } from './actions.ts';
import { withLogicalPartitions } from './column-mapping.ts';
import { readCommit } from './commit-file.ts';
import type { DeltaContext } from './context.ts';
import type { Snapshot } from './snapshot.ts';

export type VersionChanges =
  | {
      kind: 'changes';
      /**
       * Files whose rows are in `toVersion`, but not in `fromVersion`, oldest first. A file that
       * was compacted since is still included: vacuum has not deleted it yet, and its rows are
       * exactly the new ones.
       */
      adds: readonly AddFile[];
      /** True if rows of `fromVersion` were removed or rewritten. */
      hasDataRemoves: boolean;
      /** True if schema, partition columns or properties were changed. */
      metadataChanged: boolean;
    }
  /** The log of some of these versions was cleaned up, or they do not exist. */
  | { kind: 'unavailable' };

/** The changes after `fromVersion`, up to and including the version of the snapshot. */
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
      // A removed file that was added within the range is no change. Any other file held rows of
      // `fromVersion`, or rows moved by a compaction. The two cannot be distinguished, so both
      // count.
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
