import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll } from 'vitest';
import type { AddFile } from '../../src/delta/actions.ts';
import {
  type Change,
  type CommitResult,
  commitChange,
  type NewFile,
} from '../../src/delta/commit.ts';
import type { CheckpointFiles, DeltaContext } from '../../src/delta/context.ts';
import { type DeltaColumn, schemaFromColumns } from '../../src/delta/schema.ts';
import { loadSnapshot, type Snapshot } from '../../src/delta/snapshot.ts';
import { duckdbCheckpointFiles } from '../../src/engines/duckdb/checkpoint-files.ts';
import { openLocalStorage } from '../../src/storage/local.ts';
import { openMemoryStorage } from '../../src/storage/memory.ts';

export const COLUMNS: readonly DeltaColumn[] = [
  { name: 'day', type: 'date', nullable: true },
  { name: 'id', type: 'long', nullable: false, comment: 'Identifies the row.' },
  { name: 'name', type: 'string', nullable: true },
];

export const SHAPE = {
  schema: schemaFromColumns(COLUMNS),
  partitionColumns: ['day'],
  configuration: {},
} as const;

/** A connection that lives as long as the test file's tests. */
export function useDuckDB(): { connection: DuckDBConnection; checkpointFiles: CheckpointFiles } {
  const used = {} as { connection: DuckDBConnection; checkpointFiles: CheckpointFiles };
  beforeAll(async () => {
    const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
    used.connection = await instance.connect();
    await used.connection.run("SET TimeZone = 'UTC'");
    used.checkpointFiles = duckdbCheckpointFiles(used.connection);
  });
  afterAll(() => used.connection.closeSync());
  return used;
}

/** Temporary folders that are removed after the tests of the file. */
export function useFolders(): () => Promise<string> {
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) {
      await rm(folder, { recursive: true, force: true });
    }
  });
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clicklake-delta-'));
    folders.push(folder);
    return folder;
  };
}

export function localContext(folder: string, checkpointFiles: CheckpointFiles): DeltaContext {
  return { storage: openLocalStorage(folder), checkpointFiles };
}

/** A context without a disk, for tests that need no checkpoint. */
export function memoryContext(): DeltaContext {
  const noCheckpoints = () => Promise.reject(new Error('no checkpoints in this test'));
  return {
    storage: openMemoryStorage(),
    checkpointFiles: { read: noCheckpoints, write: noCheckpoints },
  };
}

export function newFile(path: string, day: string | null = '2024-05-01'): NewFile {
  return {
    path,
    partitionValues: { day },
    sizeBytes: 100,
    modificationTimeMs: 1_700_000_000_000,
    stats: '{"numRecords":1}',
  };
}

/** A change that appends files, with what is given in place of that. */
export function change(part: Partial<Change> = {}): Change {
  return {
    operation: 'WRITE',
    metadata: SHAPE,
    adds: [],
    removes: [],
    reads: { kind: 'nothing' },
    ...part,
  };
}

export async function commitTo(
  context: DeltaContext,
  base: Snapshot | undefined,
  part: Partial<Change>,
): Promise<Snapshot> {
  return committed(await commitChange(context, 't', base, change(part)));
}

export function committed(result: CommitResult): Snapshot {
  if (result.kind === 'committed') {
    return result.snapshot;
  }
  throw new Error(`not committed: ${JSON.stringify(result)}`);
}

/** A table with one file per version: `0.parquet`, `1.parquet` … */
export async function tableOf(context: DeltaContext, versionCount: number): Promise<Snapshot> {
  let snapshot: Snapshot | undefined;
  for (let version = 0; version < versionCount; version += 1) {
    snapshot = await commitTo(context, snapshot, { adds: [newFile(`${version}.parquet`)] });
  }
  if (snapshot === undefined) {
    throw new Error('a table needs a version');
  }
  return snapshot;
}

export async function load(
  context: DeltaContext,
  at?: Parameters<typeof loadSnapshot>[2],
): Promise<Snapshot> {
  const snapshot = await loadSnapshot(context, 't', at);
  if (snapshot === undefined) {
    throw new Error('there is no table');
  }
  return snapshot;
}

export function pathsOf(files: readonly Pick<AddFile, 'path'>[]): string[] {
  return files.map(({ path }) => path).sort();
}
