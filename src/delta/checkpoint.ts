import { join } from 'node:path';
import { ClicklakeError } from '../errors.ts';
import {
  type ActionSet,
  addToJson,
  collectAction,
  domainToJson,
  emptyActionSet,
  metadataToJson,
  protocolToJson,
  removeToJson,
  transactionToJson,
} from './actions.ts';
import { parseActionLines } from './commit-file.ts';
import { currentTime, type DeltaContext } from './context.ts';
import { corrupt } from './corrupt.ts';
import type { JsonObject } from './exact-json.ts';
import { decodeFilePath } from './file-path.ts';
import type { CheckpointFilesFound } from './log-listing.ts';
import { classicCheckpointPath, lastCheckpointPath, sidecarPath } from './log-paths.ts';
import { assertWritable } from './protocol.ts';
import type { Snapshot } from './snapshot.ts';
import { deletedFileRetentionMs } from './table-properties.ts';

/**
 * Reads a checkpoint of any kind: classic, multi-part, or V2 with sidecars, in JSON or Parquet.
 * Throws `table_corrupt` naming the file.
 */
export async function readCheckpoint(
  context: DeltaContext,
  root: string,
  checkpoint: CheckpointFilesFound,
): Promise<ActionSet> {
  const set = emptyActionSet();
  for (const { path } of checkpoint.files) {
    await readInto(context, set, path);
  }
  for (const sidecar of set.sidecars) {
    const name = sidecar.slice(sidecar.lastIndexOf('/') + 1);
    await readInto(context, set, sidecarPath(root, decodeFilePath(name, 'a sidecar')));
  }
  const first = checkpoint.files[0]?.path ?? root;
  if (!set.protocol || !set.metadata) {
    throw corrupt(`${context.storage.url}/${first}`, 'no protocol or no metaData in it');
  }
  return set;
}

/**
 * Writes a classic checkpoint of a snapshot and updates `_last_checkpoint`. Atomic, idempotent, and
 * safe beside other writers.
 */
export async function writeCheckpoint(context: DeltaContext, snapshot: Snapshot): Promise<void> {
  const { storage } = context;
  assertWritable(snapshot.protocol, snapshot.metadata, `${storage.url}/${snapshot.root}`, 'log');
  const actions = checkpointActions(snapshot, currentTime(context));
  const work = await storage.workFolder('checkpoint');
  try {
    const localPath = join(work.path, 'checkpoint.parquet');
    await context.checkpointFiles.write(actions, localPath);
    await storage.adopt(localPath, classicCheckpointPath(snapshot.root, snapshot.version));
  } finally {
    await work.release();
  }
  const known = await readLastCheckpoint(context, snapshot.root);
  if (known !== undefined && known > snapshot.version) {
    return;
  }
  const hint = {
    version: snapshot.version,
    size: actions.length,
    numOfAddFiles: snapshot.files.length,
  };
  await storage.write(lastCheckpointPath(snapshot.root), Buffer.from(JSON.stringify(hint)));
}

/**
 * The version in `_last_checkpoint`; undefined if the file is missing or unreadable. It is only a
 * hint.
 */
export async function readLastCheckpoint(
  context: DeltaContext,
  root: string,
): Promise<number | undefined> {
  try {
    const text = (await context.storage.read(lastCheckpointPath(root))).toString('utf8');
    const { version } = JSON.parse(text) as { version?: unknown };
    return Number.isSafeInteger(version) && Number(version) >= 0 ? Number(version) : undefined;
  } catch {
    return undefined;
  }
}

function checkpointActions(snapshot: Snapshot, nowMs: number): JsonObject[] {
  const oldestTombstoneMs = nowMs - deletedFileRetentionMs(snapshot.metadata);
  return [
    protocolToJson(snapshot.protocol),
    metadataToJson(snapshot.metadata),
    ...snapshot.transactions.map(transactionToJson),
    ...[...snapshot.domains.values()].map(domainToJson),
    ...snapshot.files.map((file) => addToJson({ ...file, dataChange: false })),
    ...snapshot.tombstones
      .filter((file) => file.deletionTimestampMs > oldestTombstoneMs)
      .map((file) => removeToJson({ ...file, dataChange: false })),
  ];
}

async function readInto(context: DeltaContext, set: ActionSet, path: string): Promise<void> {
  const where = `${context.storage.url}/${path}`;
  if (path.endsWith('.json')) {
    const found = parseActionLines(await context.storage.read(path), where);
    set.adds.push(...found.adds);
    set.removes.push(...found.removes);
    set.transactions.push(...found.transactions);
    set.domains.push(...found.domains);
    set.sidecars.push(...found.sidecars);
    set.protocol ??= found.protocol;
    set.metadata ??= found.metadata;
    return;
  }
  const localPath = await context.storage.localPath(path);
  let rows: readonly JsonObject[];
  try {
    rows = await context.checkpointFiles.read(localPath);
  } catch (cause) {
    if (cause instanceof ClicklakeError) {
      throw cause;
    }
    throw corrupt(where, 'not a readable Parquet file', cause);
  }
  rows.forEach((row, index) => {
    collectAction(set, row, `${where} row ${index + 1}`);
  });
}
