import { ClicklakeError } from '../errors.ts';
import {
  type AddFile,
  addToJson,
  domainToJson,
  metadataToJson,
  protocolToJson,
  type RemoveFile,
  removeToJson,
  type TableMetadata,
  transactionToJson,
} from './actions.ts';
import type { Change, NewFile, TableShape } from './commit.ts';
import type { Commit } from './commit-file.ts';
import type { JsonObject } from './exact-json.ts';
import { NEW_TABLE_PROTOCOL } from './protocol.ts';
import { numberRows, tracksRows } from './row-tracking.ts';
import { schemaToText } from './schema.ts';
import type { Snapshot } from './snapshot.ts';
import { hasInCommitTimestamps } from './table-properties.ts';

/**
 * The content of a commit before it is written: its actions, and the operation for the table's
 * history.
 */
export interface CommitContent extends Commit {
  commitInfo: JsonObject;
}

export interface CommitSurroundings {
  version: number;
  nowMs: number;
  newId: () => string;
  engineInfo: string | undefined;
}

/**
 * The commit that applies `change` to `current`. If `current` is undefined, it creates the table.
 */
export function buildCommit(
  current: Snapshot | undefined,
  change: Change,
  { version, nowMs, newId, engineInfo }: CommitSurroundings,
): CommitContent {
  const metadata = newMetadata(current, change, nowMs, newId);
  const dataChange = change.dataChange ?? true;
  const after = metadata ?? current?.metadata;
  const files = change.adds.map((file) => toAdd(file, dataChange, after?.partitionColumns ?? []));
  const { adds, domains, rowsArePreserved } = trackRows(current, after, change, files, version);
  const inCommitTimestampMs =
    current && after && hasInCommitTimestamps(after)
      ? Math.max(nowMs, current.timestampMs + 1)
      : undefined;
  return {
    version,
    commitInfo: {
      // If undefined, JSON.stringify omits it.
      inCommitTimestamp: inCommitTimestampMs,
      ...commitInfo(current, change, nowMs, newId()),
      engineInfo,
      tags: rowsArePreserved && { 'delta.rowTracking.preserved': rowsArePreserved },
    },
    protocol: current === undefined ? NEW_TABLE_PROTOCOL : undefined,
    metadata,
    transactions: change.txn
      ? [{ appId: change.txn.appId, version: change.txn.version, lastUpdatedMs: nowMs }]
      : [],
    removes: change.removes.map((file) => toRemove(file, dataChange, nowMs)),
    adds,
    domains,
    sidecars: [],
    inCommitTimestampMs,
  };
}

function trackRows(
  current: Snapshot | undefined,
  metadata: TableMetadata | undefined,
  change: Change,
  files: AddFile[],
  version: number,
): Pick<CommitContent, 'adds' | 'domains'> & { rowsArePreserved: 'true' | 'false' | undefined } {
  if (!current || !metadata || !tracksRows(current.protocol, metadata)) {
    return { adds: files, domains: [], rowsArePreserved: undefined };
  }
  // Rows are only copied from removed files to added files.
  const isCopying = files.length > 0 && change.removes.length > 0;
  return {
    ...numberRows(current, files, version),
    rowsArePreserved: isCopying ? 'false' : 'true',
  };
}

/** The content of the commit file: one JSON action per line. */
export function commitToBytes(commit: CommitContent): Buffer {
  const actions = [
    { commitInfo: commit.commitInfo },
    ...(commit.protocol ? [protocolToJson(commit.protocol)] : []),
    ...(commit.metadata ? [metadataToJson(commit.metadata)] : []),
    ...commit.transactions.map(transactionToJson),
    ...commit.domains.map(domainToJson),
    ...commit.removes.map(removeToJson),
    ...commit.adds.map(addToJson),
  ];
  return Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
}

/** Whether a table already has these columns, partition columns and properties. */
export function hasShape({ metadata }: Snapshot, shape: TableShape): boolean {
  return (
    metadata.schemaText === schemaToText(shape.schema) &&
    sameJson(metadata.partitionColumns, shape.partitionColumns) &&
    sameJson(sortedEntries(metadata.configuration), sortedEntries(shape.configuration)) &&
    (shape.description === undefined || shape.description === metadata.description)
  );
}

function newMetadata(
  current: Snapshot | undefined,
  change: Change,
  nowMs: number,
  newId: () => string,
): TableMetadata | undefined {
  const shape = change.metadata;
  if (shape === undefined || (current && hasShape(current, shape))) {
    return undefined;
  }
  const before = current?.metadata;
  if (current && !sameJson(current.metadata.partitionColumns, shape.partitionColumns)) {
    if (change.removes.length < current.files.length) {
      throw new ClicklakeError(
        'config_invalid',
        `the table ${current.root} is partitioned by (${current.metadata.partitionColumns.join(', ')}), not by (${shape.partitionColumns.join(', ')})`,
        { hint: 'the partition columns of a table cannot change; create a new table' },
      );
    }
  }
  return {
    id: before?.id ?? newId(),
    name: before?.name,
    description: shape.description ?? before?.description,
    schema: shape.schema,
    schemaText: schemaToText(shape.schema),
    partitionColumns: shape.partitionColumns,
    configuration: shape.configuration,
    createdTimeMs: before === undefined ? nowMs : before.createdTimeMs,
  };
}

function commitInfo(
  current: Snapshot | undefined,
  change: Change,
  nowMs: number,
  id: string,
): JsonObject {
  return {
    timestamp: nowMs,
    operation: change.operation,
    operationParameters: change.operationParameters ?? {},
    ...(current === undefined ? {} : { readVersion: current.version }),
    isolationLevel: 'Serializable',
    isBlindAppend: change.reads.kind === 'nothing' && change.removes.length === 0,
    operationMetrics: change.operationMetrics ?? {},
    // A unique id per attempt: if the response to a write is lost, it shows whether the commit in
    // the log is ours.
    txnId: id,
  };
}

function toAdd(file: NewFile, dataChange: boolean, partitionColumns: readonly string[]): AddFile {
  const given = Object.keys(file.partitionValues);
  if (
    given.length !== partitionColumns.length ||
    !partitionColumns.every((column) => given.includes(column))
  ) {
    throw new ClicklakeError(
      'unexpected',
      `file ${file.path} has values for (${given.join(', ')}), the table is partitioned by (${partitionColumns.join(', ')})`,
    );
  }
  const { path, partitionValues, sizeBytes, modificationTimeMs, stats, tags } = file;
  return {
    path,
    partitionValues,
    sizeBytes,
    modificationTimeMs,
    dataChange,
    stats,
    deletionVector: undefined,
    tags,
  };
}

function toRemove(file: AddFile, dataChange: boolean, nowMs: number): RemoveFile {
  const { path, partitionValues, sizeBytes, deletionVector, rowTracking } = file;
  return {
    path,
    deletionTimestampMs: nowMs,
    dataChange,
    partitionValues,
    sizeBytes,
    deletionVector,
    ...(rowTracking === undefined ? {} : { rowTracking }),
  };
}

function sortedEntries(map: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}

function sameJson(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
