/**
 * Finds the files of a table that can contain given keys, so that only these are downloaded from a
 * remote lake.
 */
import type { AddFile } from '../../delta/actions.ts';
import { fileMayContain, type Range } from '../../delta/pruning.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import { parseStatistics } from '../../delta/statistics.ts';
import { filesInTable, type TableRows } from '../table.ts';
import { withQueries } from './relations.ts';
import type { SqlConnection } from './sql-connection.ts';

/**
 * The files whose key range overlaps that of the given keys. For keys that grow with time this
 * excludes most of the history; for random keys it excludes nothing.
 */
export async function rowsWithKeys(
  connection: SqlConnection,
  snapshot: Snapshot,
  { column, among, on }: TableRows & { kind: 'keys' },
): Promise<TableRows> {
  const select = `SELECT min(${column}), max(${column}) FROM ${among}`;
  const [ends] = await connection.rows(withQueries(connection, select));
  const [first, last] = ends ?? [];
  if (typeof first !== 'string' || typeof last !== 'string') {
    return { kind: 'files', files: [] };
  }
  const files = filesWithin(snapshot, { column, from: first, to: last });
  return { kind: 'files', files: filesInTable({ ...snapshot, files }, on ?? 'all') };
}

/**
 * A guess at the result of `rowsWithKeys`: files whose key range overlaps that of the newest file.
 */
export function likelyFiles(snapshot: Snapshot, column: string): readonly AddFile[] {
  const newest = snapshot.files.at(-1);
  if (newest === undefined) {
    return [];
  }
  const keys = parseStatistics(newest.stats, snapshot.metadata.schema)?.column(column);
  if (keys?.min === undefined || keys.max === undefined) {
    return snapshot.files;
  }
  return filesWithin(snapshot, { column, from: keys.min, to: keys.max });
}

function filesWithin({ files, metadata }: Snapshot, range: Range): AddFile[] {
  return files.filter((file) => fileMayContain(file, metadata, range));
}
