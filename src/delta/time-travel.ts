import { readCommit } from './commit-file.ts';
import type { DeltaContext } from './context.ts';
import type { LogListing } from './log-listing.ts';

/**
 * The newest version committed at or before an instant; undefined if all are later. The time of a
 * version is its in-commit timestamp, else its file time, adjusted so that it is never earlier than
 * that of the version before.
 */
export async function findVersionAt(
  context: DeltaContext,
  root: string,
  listing: LogListing,
  at: { timestampMs: number; hasInCommitTimestamps: boolean },
): Promise<number | undefined> {
  let found: number | undefined;
  let previousMs = Number.NEGATIVE_INFINITY;
  const versions = [...listing.commits.keys()].sort((a, b) => a - b);
  for (const version of versions) {
    const fileTimeMs = listing.commits.get(version)?.modifiedAtMs ?? 0;
    const inCommitMs = at.hasInCommitTimestamps
      ? (await readCommit(context, root, version))?.inCommitTimestampMs
      : undefined;
    const timeMs = inCommitMs ?? Math.max(fileTimeMs, previousMs + 1);
    previousMs = timeMs;
    if (timeMs <= at.timestampMs) {
      found = version;
    }
  }
  return found;
}
