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

/** A data file that is complete and durable in the table's folder, but not yet part of the table. */
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
  /** As the table's history shows it: `WRITE`, `MERGE`, `OPTIMIZE` … */
  operation: string;
  operationParameters?: Readonly<Record<string, string>>;
  operationMetrics?: Readonly<Record<string, string>>;
  /** Recorded with the change. `expectedVersion` is what the table must hold before it. */
  txn?: { appId: string; version: number; expectedVersion: number | undefined };
  /** The table's shape after the change; required when the table is created. */
  metadata?: TableShape;
  adds: readonly NewFile[];
  removes: readonly AddFile[];
  /** False when the change only moves rows to other files. Default true. */
  dataChange?: boolean;
  reads: Reads;
}

export type CommitResult =
  | {
      kind: 'committed';
      version: number;
      snapshot: Snapshot;
      /** A checkpoint was due and could not be written. The commit is still valid. */
      checkpointFailure?: unknown;
    }
  /** The table has this application's transaction, or a later one, already. Nothing was written. */
  | { kind: 'superseded'; version: number }
  /** Another writer changed what this change was computed from. Nothing was written. */
  | { kind: 'conflict'; reason: string; version: number };

const MAX_ATTEMPTS = 200;
const MAX_PAUSE_MS = 100;

/**
 * Makes one change to a table, as one new version, or none at all. `base` is the state the change
 * was computed from, undefined when there was no table. Commits that others made since are no
 * obstacle unless they really conflict. Of two creations of the same table the second becomes a
 * change of the table the first made; if it would only have created, it is `committed` as it is.
 *
 * Safe to repeat with a `txn`: a change that took place answers `superseded`.
 * Throws `unsupported_table_feature` for a table we may not write.
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
  return { kind: 'conflict', reason: `${MAX_ATTEMPTS} attempts were overtaken by others`, version };
}

type Rebased = { current: Snapshot | undefined } | Extract<CommitResult, { kind: 'conflict' }>;

/** Where to build from: the caller's base, if the log still continues it. */
async function findStart(
  context: DeltaContext,
  root: string,
  base: Snapshot | undefined,
  change: Change,
): Promise<Rebased> {
  if (base === undefined) {
    return await rebaseCreation(context, root, change);
  }
  // After a log cleanup the next version of an old base looks free but is not.
  if (await isStillThere(context, base)) {
    return { current: base };
  }
  const newest = await loadSnapshot(context, root);
  if (newest?.metadata.id === base.metadata.id && newest.version === base.version) {
    return { current: newest };
  }
  return {
    kind: 'conflict',
    reason: 'the log since the version this change builds on is gone',
    version: newest?.version ?? 0,
  };
}

/** Applies what others committed after `current`, or returns the conflict. */
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
    // The same transaction committed by another process is not a conflict but an answer.
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

/** A table to be created may exist by now: then the change must fit it as it is. */
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

/** What prevents a change on top of `current`, without regard to other writers' commits. */
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

/** The commit's content; undefined when the table is as wanted and there is nothing to say. */
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
    throw new ClicklakeError('unsupported_table_feature', `rows of ${table} may only be added`, {
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
    // A checkpoint only saves reading time; the next one is due soon.
    return { kind: 'committed', version, snapshot, checkpointFailure };
  }
}

function pauseMs(context: DeltaContext, attempt: number): number {
  return Math.min(MAX_PAUSE_MS, 2 ** attempt) * (context.random ?? Math.random)();
}
