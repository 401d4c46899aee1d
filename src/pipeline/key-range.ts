/** Which files of a table can hold given keys: of a remote lake only those are worth fetching. */
import { fileMayContain, type Range } from '../delta/pruning.ts';
import type { AddFile, Snapshot } from '../delta/snapshot.ts';
import { parseStatistics } from '../delta/statistics.ts';
import type { TableRows } from '../engines/engine.ts';
import type { LakeContext } from './context.ts';

/**
 * At least the rows whose `column` is among that of `from` (text), in the given partitions if any. By
 * the smallest and the largest key: keys that grow with time leave most of the history out, random
 * ones nothing.
 */
export async function rowsWithKeys(
  { engine, storage }: LakeContext,
  snapshot: Snapshot | undefined,
  column: string,
  from: string,
  partitions?: ReadonlySet<string>,
): Promise<TableRows> {
  if (!storage.isRemote || engine.readsRemoteFiles || snapshot === undefined) {
    return partitions === undefined ? { kind: 'all' } : { kind: 'partitions', values: partitions };
  }
  const [ends] = await engine.query(`SELECT min(${column}), max(${column}) FROM ${from}`);
  const [first, last] = ends ?? [];
  if (typeof first !== 'string' || typeof last !== 'string') return { kind: 'files', files: [] };
  const files = filesWithin(snapshot, { column, from: first, to: last });
  return {
    kind: 'files',
    files: files.filter((file) => isInPartitions(snapshot, file, partitions)),
  };
}

/**
 * The files that `rowsWithKeys` will most likely ask for, before the keys are known: those whose keys
 * lie among the ones that came last.
 */
export function likelyFiles(snapshot: Snapshot | undefined, column: string): readonly AddFile[] {
  const newest = snapshot?.files.at(-1);
  if (snapshot === undefined || newest === undefined) return [];
  const keys = parseStatistics(newest.stats, snapshot.metadata.schema)?.column(column);
  if (keys?.min === undefined || keys.max === undefined) return snapshot.files;
  return filesWithin(snapshot, { column, from: keys.min, to: keys.max });
}

function filesWithin({ files, metadata }: Snapshot, range: Range): AddFile[] {
  return files.filter((file) => fileMayContain(file, metadata, range));
}

function isInPartitions(
  { metadata }: Snapshot,
  file: AddFile,
  partitions: ReadonlySet<string> | undefined,
): boolean {
  const [column] = metadata.partitionColumns;
  const value = column === undefined ? null : file.partitionValues[column];
  return partitions === undefined || value == null || partitions.has(value);
}
