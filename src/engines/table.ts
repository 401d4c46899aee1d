/** Tables as the engines see them, and the selection of rows to show. */
import type { AddFile } from '../delta/actions.ts';
import type { DeltaColumn } from '../delta/schema.ts';
import type { Snapshot } from '../delta/snapshot.ts';

export interface TableDefinition {
  /** One-part name in SQL, e.g. `silver_events`. */
  name: string;
  /** Folder of the table, relative to the lake. */
  root: string;
  columns: readonly DeltaColumn[];
  partitionBy: readonly string[];
  configuration: Readonly<Record<string, string>>;
}

/** The rows of a table that a session-local name shows. */
export type TableRows =
  | { kind: 'all' }
  /** Rows with these values of the (single) partition column, in Delta's serialization. */
  | { kind: 'partitions'; values: ReadonlySet<string> }
  /**
   * At least the rows whose text `column` has a value in `among` (a name or subquery), limited to
   * the given partitions, if any. An engine may show more rows.
   */
  | { kind: 'keys'; column: string; among: string; partitions: ReadonlySet<string> | undefined }
  /**
   * Rows of these files. If a file was compacted since, an engine may show other rows of its
   * partition too.
   */
  | { kind: 'files'; files: readonly AddFile[] };

/** Rows of given keys, found by partition only. */
export function withoutKeys(rows: TableRows): Exclude<TableRows, { kind: 'keys' }> {
  if (rows.kind !== 'keys') {
    return rows;
  }
  const { partitions } = rows;
  return partitions === undefined ? { kind: 'all' } : { kind: 'partitions', values: partitions };
}

/** The files of a table that may contain the rows. */
export function filesOfRows(snapshot: Snapshot | undefined, rows: TableRows): readonly AddFile[] {
  const found = withoutKeys(rows);
  if (found.kind === 'files') {
    return found.files;
  }
  return filesInTable(snapshot, found.kind === 'partitions' ? found.values : 'all');
}

/** The table's files that may contain rows of the given partitions; none if there is no table. */
export function filesInTable(
  snapshot: Snapshot | undefined,
  partitions: ReadonlySet<string> | 'all',
): AddFile[] {
  return filesIn(snapshot?.files ?? [], snapshot?.metadata.partitionColumns ?? [], partitions);
}

/** The files that may contain rows of the given partitions. */
export function filesIn<File extends Pick<AddFile, 'partitionValues'>>(
  files: readonly File[],
  partitionBy: readonly string[],
  partitions: ReadonlySet<string> | 'all',
): File[] {
  const column = partitionBy[0];
  if (partitions === 'all' || column === undefined) {
    return [...files];
  }
  return files.filter((file) => {
    const value = file.partitionValues[column];
    return value == null || partitions.has(value);
  });
}
