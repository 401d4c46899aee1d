import { ClicklakeError } from '../errors.ts';
import type { FileInfo } from '../storage/storage.ts';
import {
  type AddFile,
  type DomainMetadata,
  fileKey,
  type Protocol,
  type RemoveFile,
  type TableMetadata,
  type Transaction,
} from './actions.ts';
import { readCheckpoint, readLastCheckpoint } from './checkpoint.ts';
import { withLogicalPartitions } from './column-mapping.ts';
import { type Commit, readCommit, readCommitsFrom, statCommit } from './commit-file.ts';
import type { DeltaContext } from './context.ts';
import { corrupt } from './corrupt.ts';
import {
  type CheckpointFilesFound,
  type LogListing,
  listLog,
  newestVersion,
  oldestVersion,
} from './log-listing.ts';
import { commitPath } from './log-paths.ts';
import { assertReadable } from './protocol.ts';
import { hasInCommitTimestamps } from './table-properties.ts';
import { applyActions, emptyTableState, type TableState } from './table-state.ts';
import { findVersionAt } from './time-travel.ts';

export type { AddFile } from './actions.ts';

/** One complete version of a table. Immutable. */
export interface Snapshot {
  /** The table's folder in the lake. */
  readonly root: string;
  readonly version: number;
  /**
   * Commit time of this version: the in-commit timestamp if the table has them, else the file time.
   */
  readonly timestampMs: number;
  readonly protocol: Protocol;
  readonly metadata: TableMetadata;
  /** The live data files, in the order they were added. */
  readonly files: readonly AddFile[];
  /** Version of each application's last transaction, by application id. */
  readonly txns: ReadonlyMap<string, number>;
  readonly transactions: readonly Transaction[];
  readonly domains: ReadonlyMap<string, DomainMetadata>;
  /** Removed files whose tombstones have not expired. */
  readonly tombstones: readonly RemoveFile[];
  /** The commit file, if it still exists. Shows whether the table has been replaced since. */
  readonly commitFile: FileInfo | undefined;
}

export type SnapshotSelector = { version: number } | { timestampMs: number };

const READ_ATTEMPTS = 5;
/** Commits are read in parallel, because each request to remote storage is slow. */
const PARALLEL_READS = 16;

/**
 * Loads the newest version of a table, or the version that `at` selects; undefined if there is no
 * table at `root`. Throws `not_found`, naming the available versions; `table_corrupt`, naming the
 * file; `unsupported_table_feature`, naming the feature.
 */
export async function loadSnapshot(
  context: DeltaContext,
  root: string,
  at?: SnapshotSelector,
): Promise<Snapshot | undefined> {
  // A concurrent cleanup may delete files that were just listed; then list again.
  for (let attempt = 1; ; attempt += 1) {
    const result = await tryLoad(context, root, at);
    if (result.kind === 'loaded') {
      return result.snapshot;
    }
    if (result.kind === 'no table') {
      return undefined;
    }
    if (result.kind === 'damaged') {
      throw result.damage;
    }
    if (attempt === READ_ATTEMPTS) {
      throw corrupt(`${context.storage.url}/${result.missing}`, 'a version of the log is missing');
    }
  }
}

/**
 * The newest version, reading only commits after `snapshot`; undefined if the table is gone. If the
 * table was replaced, it is read from the beginning.
 */
export async function refreshSnapshot(
  context: DeltaContext,
  snapshot: Snapshot,
): Promise<Snapshot | undefined> {
  // In parallel: each request to remote storage is slow.
  const [isContinued, commits] = await Promise.all([
    isStillThere(context, snapshot),
    readCommitsFrom(context, snapshot.root, snapshot.version + 1),
  ]);
  if (!isContinued) {
    return await loadSnapshot(context, snapshot.root);
  }
  return commits.length === 0 ? snapshot : await advanceSnapshot(context, snapshot, commits);
}

/** Whether the log still has the same commit for the version of this snapshot. */
export async function isStillThere(context: DeltaContext, snapshot: Snapshot): Promise<boolean> {
  const { commitFile } = snapshot;
  if (commitFile === undefined) {
    return false;
  }
  const found = await statCommit(context, snapshot.root, snapshot.version);
  return (
    found?.sizeBytes === commitFile.sizeBytes && found.modifiedAtMs === commitFile.modifiedAtMs
  );
}

/** Applies the following commits to a snapshot. */
export async function advanceSnapshot(
  context: DeltaContext,
  snapshot: Snapshot,
  commits: readonly Commit[],
): Promise<Snapshot> {
  const last = commits.at(-1);
  if (last === undefined) {
    return snapshot;
  }
  const state = stateOf(snapshot);
  for (const commit of commits) {
    applyActions(state, commit);
  }
  const commitFile = await statCommit(context, snapshot.root, last.version);
  return toSnapshot(context, snapshot.root, state, last, commitFile);
}

/** The snapshot after a table's first commit. */
export async function startSnapshot(
  context: DeltaContext,
  root: string,
  commit: Commit,
): Promise<Snapshot> {
  const state = emptyTableState();
  applyActions(state, commit);
  const commitFile = await statCommit(context, root, commit.version);
  return toSnapshot(context, root, state, commit, commitFile);
}

type LoadResult =
  | { kind: 'loaded'; snapshot: Snapshot }
  | { kind: 'no table' }
  /** A required log file is missing: either the log is damaged, or it was cleaned up meanwhile. */
  | { kind: 'missing'; missing: string }
  | { kind: 'damaged'; damage: ClicklakeError };

async function tryLoad(
  context: DeltaContext,
  root: string,
  at: SnapshotSelector | undefined,
): Promise<LoadResult> {
  const hint = at === undefined ? await readLastCheckpoint(context, root) : undefined;
  if (hint !== undefined) {
    // If the recent part cannot be read, start from the beginning of the log.
    const recent = await listLog(context, root, hint);
    if (recent.checkpoints.length > 0) {
      const result = await loadFrom(context, root, recent, at);
      if (result.kind === 'loaded') {
        return result;
      }
    }
  }
  return await loadFrom(context, root, await listLog(context, root), at);
}

async function loadFrom(
  context: DeltaContext,
  root: string,
  listing: LogListing,
  at: SnapshotSelector | undefined,
): Promise<LoadResult> {
  const newest = newestVersion(listing);
  if (newest === undefined) {
    return { kind: 'no table' };
  }
  const target = await targetVersion(context, root, listing, newest, at);
  const starts: (CheckpointFilesFound | undefined)[] = listing.checkpoints.filter(
    (checkpoint) => checkpoint.version <= target,
  );
  // Version 0 needs no checkpoint. It is also the last resort if all checkpoints are damaged.
  if (listing.commits.has(0) || starts.length === 0) {
    starts.push(undefined);
  }
  let damage: ClicklakeError | undefined;
  let missing: string | undefined;
  for (const start of starts) {
    try {
      const result = await replay(context, root, listing, start, target);
      if (result.kind === 'loaded') {
        return result;
      }
      if (result.kind === 'missing') {
        missing ??= result.missing;
      }
    } catch (error) {
      if (!(error instanceof ClicklakeError)) {
        throw error;
      }
      // Try an older checkpoint if this one is damaged. Other errors would occur again.
      if (error.code === 'table_corrupt') {
        damage ??= error;
      } else if (error.code === 'not_found') {
        missing ??= start?.files[0]?.path ?? root;
      } else {
        throw error;
      }
    }
  }
  if (damage !== undefined) {
    return { kind: 'damaged', damage };
  }
  return { kind: 'missing', missing: missing ?? commitPath(root, target) };
}

async function targetVersion(
  context: DeltaContext,
  root: string,
  listing: LogListing,
  newest: number,
  at: SnapshotSelector | undefined,
): Promise<number> {
  if (at === undefined) {
    return newest;
  }
  const oldest = oldestVersion(listing) ?? newest;
  const target =
    'version' in at ? at.version : await versionAt(context, root, listing, at.timestampMs);
  if (target !== undefined && target >= oldest && target <= newest) {
    return target;
  }
  const wanted =
    'version' in at
      ? `version ${at.version}`
      : `a version of ${new Date(at.timestampMs).toISOString()}`;
  throw new ClicklakeError(
    'not_found',
    `the table ${context.storage.url}/${root} does not have ${wanted}: versions ${oldest} to ${newest} are available`,
    { hint: 'ask for one of the versions that are available' },
  );
}

async function versionAt(
  context: DeltaContext,
  root: string,
  listing: LogListing,
  timestampMs: number,
): Promise<number | undefined> {
  const newest = await loadSnapshot(context, root);
  return await findVersionAt(context, root, listing, {
    timestampMs,
    hasInCommitTimestamps: newest !== undefined && hasInCommitTimestamps(newest.metadata),
  });
}

async function replay(
  context: DeltaContext,
  root: string,
  listing: LogListing,
  start: CheckpointFilesFound | undefined,
  target: number,
): Promise<LoadResult> {
  const first = start === undefined ? 0 : start.version + 1;
  for (let version = first; version <= target; version += 1) {
    // A listing can miss a file created during it, but contain a later one.
    if (listing.commits.has(version) || (await statCommit(context, root, version))) {
      continue;
    }
    return { kind: 'missing', missing: commitPath(root, version) };
  }
  const state = emptyTableState();
  let last: Commit | undefined;
  if (start !== undefined) {
    const actions = await readCheckpoint(context, root, start);
    applyActions(state, actions);
    last = { ...actions, version: start.version };
  }
  for (let from = first; from <= target; from += PARALLEL_READS) {
    const until = Math.min(target, from + PARALLEL_READS - 1);
    const versions = Array.from({ length: until - from + 1 }, (_, index) => from + index);
    const commits = await Promise.all(versions.map((each) => readCommit(context, root, each)));
    for (const [index, commit] of commits.entries()) {
      if (!commit) {
        return { kind: 'missing', missing: commitPath(root, from + index) };
      }
      applyActions(state, commit);
      last = commit;
    }
  }
  if (last === undefined) {
    throw corrupt(`${context.storage.url}/${root}`, 'the log is empty');
  }
  const commitFile = listing.commits.get(target) ?? (await statCommit(context, root, target));
  // A checkpoint does not store its commit's timestamp, but the next commit's must be greater.
  if (last.version === start?.version && state.metadata && hasInCommitTimestamps(state.metadata)) {
    const { inCommitTimestampMs } = (await readCommit(context, root, target)) ?? last;
    last = { ...last, inCommitTimestampMs };
  }
  const snapshot = toSnapshot(context, root, state, last, commitFile, start?.files[0]);
  return { kind: 'loaded', snapshot };
}

function toSnapshot(
  context: DeltaContext,
  root: string,
  state: TableState,
  last: Commit,
  commitFile: FileInfo | undefined,
  checkpointFile?: FileInfo,
): Snapshot {
  const table = `${context.storage.url}/${root}`;
  const { protocol, metadata } = state;
  if (!protocol || !metadata) {
    throw corrupt(table, 'no protocol or no metaData in the log');
  }
  assertReadable(protocol, metadata, table);
  const transactions = [...state.transactions.values()];
  return {
    root,
    version: last.version,
    timestampMs:
      last.inCommitTimestampMs ?? commitFile?.modifiedAtMs ?? checkpointFile?.modifiedAtMs ?? 0,
    protocol,
    metadata,
    files: withLogicalPartitions([...state.files.values()], metadata),
    txns: new Map(transactions.map(({ appId, version }) => [appId, version])),
    transactions,
    domains: new Map(state.domains),
    tombstones: [...state.tombstones.values()],
    commitFile,
  };
}

function stateOf(snapshot: Snapshot): TableState {
  return {
    protocol: snapshot.protocol,
    metadata: snapshot.metadata,
    files: new Map(snapshot.files.map((file) => [fileKey(file), file])),
    tombstones: new Map(snapshot.tombstones.map((file) => [fileKey(file), file])),
    transactions: new Map(snapshot.transactions.map((each) => [each.appId, each])),
    domains: new Map(snapshot.domains),
  };
}
