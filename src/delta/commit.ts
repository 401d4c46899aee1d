import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClicklakeError } from '../errors.ts';
import type { AddFile, PartitionValues } from './actions.ts';
import { buildCommit, type CommitContent, commitToBytes, hasShape } from './build-commit.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { readCommitsFrom } from './commit-file.ts';
import { findConflict, isRead, missingFile, type Reads } from './conflict.ts';
import { currentTime, type DeltaContext } from './context.ts';
import { commitPath } from './log-paths.ts';
import { assertWritable } from './protocol.ts';
import type { DeltaSchema } from './schema.ts';
import {
  advanceSnapshot,
  isStillThere,
  loadSnapshot,
  type Snapshot,
  startSnapshot,
} from './snapshot.ts';
import { checkpointInterval, isAppendOnly } from './table-properties.ts';

/**
 * A data file in the table's folder that is complete and durable, but not part of the table yet.
 */
export interface NewFile {
  /** Decoded, relative to the table's root. */
  path: string;
  /** One entry per partition column. */
  partitionValues: PartitionValues;
  sizeBytes: number;
  modificationTimeMs: number;
  /** JSON text, see statistics.ts. */
  stats: string | undefined;
  tags?: Readonly<Record<string, string>>;
}

export interface TableShape {
  schema: DeltaSchema;
  partitionColumns: readonly string[];
  configuration: Readonly<Record<string, string>>;
  description?: string;
}

export interface Change {
  /** The operation shown in the table's history: `WRITE`, `MERGE`, `OPTIMIZE` … */
  operation: string;
  operationParameters?: Readonly<Record<string, string>>;
  operationMetrics?: Readonly<Record<string, string>>;
  /**
   * Committed together with the change. `expectedVersion`: the application's version in the table
   * before the change.
   */
  txn?: { appId: string; version: number; expectedVersion: number | undefined };
  /** The table's shape after the change; required when the table is created. */
  metadata?: TableShape;
  adds: readonly NewFile[];
  removes: readonly AddFile[];
  /** False if the change only moves rows to other files. Default true. */
  dataChange?: boolean;
  reads: Reads;
}

export type CommitResult =
  | {
      kind: 'committed';
      version: number;
      snapshot: Snapshot;
      /** Set if a checkpoint was due and could not be written. The commit is still valid. */
      checkpointFailure?: unknown;
    }
  /**
   * The table already has this transaction of the application, or a later one. Nothing was written.
   */
  | { kind: 'superseded'; version: number }
  /** Another writer has changed what this change is based on. Nothing was written. */
  | { kind: 'conflict'; reason: string; version: number };

const MAX_ATTEMPTS = 200;
const MAX_PAUSE_MS = 100;

/**
 * Commits one change as one new version, or nothing. `base`: the version the change was computed
 * from; undefined if there was no table. Commits of other writers since then are a conflict only if
 * they affect what the change has read. If two writers create the same table, the second change is
 * applied to the table of the first. If it only creates the table, nothing is left to write, and
 * the result is `committed`.
 *
 * Safe to repeat with a `txn`: if the change was committed before, the result is `superseded`.
 * Throws `unsupported_table_feature` for a table that we may not write.
 */
export async function commitChange(
  context: DeltaContext,
  root: string,
  base: Snapshot | undefined,
  change: Change,
): Promise<CommitResult> {
  const start = await findStart(context, root, base, change);
  if ('kind' in start) {
    return start;
  }
  let { current } = start;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const obstacle = findObstacle(current, change);
    if (obstacle) {
      return obstacle;
    }
    const version = current === undefined ? 0 : current.version + 1;
    const commit = prepare(context, root, current, change, version);
    if (commit === undefined) {
      return alreadySo(current);
    }
    const bytes = commitToBytes(commit);
    // The commit point: from here on every reader sees the change, or nobody ever will.
    const put = await context.storage.putIfAbsent(commitPath(root, version), bytes);
    if (put.kind === 'created') {
      return await finish(context, root, current, commit);
    }

    if (attempt > 1) {
      await sleep(pauseMs(context, attempt));
    }
    const next = await rebase(context, root, current, change);
    if ('kind' in next) {
      return next;
    }
    current = next.current;
  }
  const version = current?.version ?? 0;
  return {
    kind: 'conflict',
    reason: `other writers committed first in all ${MAX_ATTEMPTS} attempts`,
    version,
  };
}

type Rebased = { current: Snapshot | undefined } | Extract<CommitResult, { kind: 'conflict' }>;

/** The version to build on: the caller's base, if it is still part of the log. */
async function findStart(
  context: DeltaContext,
  root: string,
  base: Snapshot | undefined,
  change: Change,
): Promise<Rebased> {
  if (base === undefined) {
    return await rebaseCreation(context, root, change);
  }
  // After log cleanup, the version after an old base seems free, although it was committed before.
  if (await isStillThere(context, base)) {
    return { current: base };
  }
  const newest = await loadSnapshot(context, root);
  if (newest?.metadata.id === base.metadata.id && newest.version === base.version) {
    return { current: newest };
  }
  return {
    kind: 'conflict',
    reason: 'the log no longer has the version that this change is based on',
    version: newest?.version ?? 0,
  };
}

/** Applies the commits of other writers after `current`, or returns the conflict. */
async function rebase(
  context: DeltaContext,
  root: string,
  current: Snapshot | undefined,
  change: Change,
): Promise<Rebased> {
  if (current === undefined) {
    return await rebaseCreation(context, root, change);
  }
  const winners = await readCommitsFrom(context, root, current.version + 1);
  let before = current;
  for (const winner of winners) {
    const reason = findConflict(change.reads, winner, before);
    // If another process has committed the same transaction, this is the result, not a conflict.
    const isOurs = winner.transactions.some(({ appId }) => appId === change.txn?.appId);
    if (reason !== undefined && !isOurs) {
      return { kind: 'conflict', reason, version: winner.version };
    }
    before = await advanceSnapshot(context, before, [winner]);
    if (isOurs) {
      const obstacle = findObstacle(before, change);
      if (obstacle?.kind === 'superseded') {
        return { current: before };
      }
      if (reason !== undefined) {
        return { kind: 'conflict', reason, version: winner.version };
      }
    }
  }
  return { current: before };
}

/** If another writer has created the table meanwhile, checks that the change fits it. */
async function rebaseCreation(
  context: DeltaContext,
  root: string,
  change: Change,
): Promise<Rebased> {
  const current = await loadSnapshot(context, root);
  if (current === undefined) {
    return { current };
  }
  const { version } = current;
  if (isDone(current, change)) {
    return { current };
  }
  if (change.metadata !== undefined && !hasShape(current, change.metadata)) {
    return { kind: 'conflict', reason: 'a table of another shape was created', version };
  }
  const unread = current.files.find((file) => isRead(change.reads, file.partitionValues));
  if (unread === undefined) {
    return { current };
  }
  return { kind: 'conflict', reason: `the table holds rows already (${unread.path})`, version };
}

/**
 * Why the change cannot be applied to `current`, apart from commits of other writers; undefined: it
 * can.
 */
function findObstacle(
  current: Snapshot | undefined,
  change: Change,
): Exclude<CommitResult, { kind: 'committed' }> | undefined {
  const version = current?.version ?? 0;
  if (isDone(current, change)) {
    return { kind: 'superseded', version };
  }
  if (change.txn) {
    const { appId, expectedVersion } = change.txn;
    const found = current?.txns.get(appId);
    if (found !== expectedVersion) {
      const reason = `the table is at transaction ${found ?? 'none'} of ${appId}, not ${expectedVersion ?? 'none'}`;
      return { kind: 'conflict', reason, version };
    }
  }
  const missing = missingFile(change.removes, current);
  if (missing === undefined) {
    return undefined;
  }
  return { kind: 'conflict', reason: `a file was replaced already (${missing.path})`, version };
}

function isDone(current: Snapshot | undefined, { txn }: Change): boolean {
  const found = txn && current?.txns.get(txn.appId);
  return found !== undefined && txn !== undefined && found >= txn.version;
}

/** The content of the commit; undefined if the table is as requested already. */
function prepare(
  context: DeltaContext,
  root: string,
  current: Snapshot | undefined,
  change: Change,
  version: number,
): CommitContent | undefined {
  const commit = buildCommit(current, change, {
    version,
    nowMs: currentTime(context),
    newId: context.newId ?? randomUUID,
    engineInfo: context.engineInfo,
  });
  const table = `${context.storage.url}/${root}`;
  const protocol = commit.protocol ?? current?.protocol;
  const metadata = commit.metadata ?? current?.metadata;
  if (!protocol || !metadata) {
    throw new ClicklakeError(
      'unexpected',
      `no table at ${table}, and no columns to create it with`,
    );
  }
  const isMark = commit.adds.length + commit.removes.length === 0 && commit.metadata === undefined;
  assertWritable(protocol, metadata, table, isMark ? 'log' : 'rows');
  if (isAppendOnly(metadata) && commit.removes.some((file) => file.dataChange)) {
    throw new ClicklakeError('unsupported_table_feature', `${table} is append-only`, {
      hint: 'the table has the property delta.appendOnly = true',
    });
  }
  const isEmpty =
    commit.adds.length + commit.removes.length + commit.transactions.length === 0 &&
    commit.metadata === undefined;
  return isEmpty && change.metadata !== undefined ? undefined : commit;
}

function alreadySo(current: Snapshot | undefined): CommitResult {
  if (current === undefined) {
    throw new ClicklakeError('unexpected', 'nothing to commit');
  }
  return { kind: 'committed', version: current.version, snapshot: current };
}

async function finish(
  context: DeltaContext,
  root: string,
  current: Snapshot | undefined,
  commit: CommitContent,
): Promise<CommitResult> {
  const { version } = commit;
  const snapshot =
    current === undefined
      ? await startSnapshot(context, root, commit)
      : await advanceSnapshot(context, current, [commit]);
  if (version === 0 || version % checkpointInterval(snapshot.metadata) !== 0) {
    return { kind: 'committed', version, snapshot };
  }
  try {
    await writeCheckpoint(context, snapshot);
    return { kind: 'committed', version, snapshot };
  } catch (checkpointFailure) {
    // Not an error: a checkpoint only makes reading faster, and the next one is due soon.
    return { kind: 'committed', version, snapshot, checkpointFailure };
  }
}

function pauseMs(context: DeltaContext, attempt: number): number {
  return Math.min(MAX_PAUSE_MS, 2 ** attempt) * (context.random ?? Math.random)();
}
