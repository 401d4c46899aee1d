/** Tables as the engines see them, and the selection of rows to show. */
import type { AddFile } from '../delta/actions.ts';
import type { DeltaColumn } from '../delta/schema.ts';
import type { Snapshot } from '../delta/snapshot.ts';
import { parseStatistics } from '../delta/statistics.ts';

export interface TableDefinition {
  /** One-part name in SQL, e.g. `silver_events`. */
  name: string;
  /** Folder of the table, relative to the lake. */
  root: string;
  columns: readonly DeltaColumn[];
  partitionBy: readonly string[];
  /**
   * A date column of a table without partitions. Each file holds the rows of some consecutive dates:
   * a date with many rows has a file of its own, and dates with few rows share one.
   */
  filesBy?: string | undefined;
  configuration: Readonly<Record<string, string>>;
}

/** Rows with one of these dates in the column. */
export interface RowsOfDates {
  column: string;
  /** YYYY-MM-DD. */
  dates: ReadonlySet<string>;
}

/** The rows of a table that a session-local name shows. */
export type TableRows =
  | { kind: 'all' }
  /** Also shows rows that have no date. */
  | ({ kind: 'dates' } & RowsOfDates)
  /**
   * At least the rows whose text `column` has a value in `among` (a name or subquery), limited to
   * the given dates, if any. An engine may show more rows.
   */
  | { kind: 'keys'; column: string; among: string; on: RowsOfDates | undefined }
  /**
   * Rows of these files. If a file was compacted since, an engine may show other rows of its
   * partition too.
   */
  | { kind: 'files'; files: readonly AddFile[] };

/** The column that says which file a row of a date belongs to, if the table has one. */
export function fileDateColumn({
  partitionBy,
  filesBy,
}: Pick<TableDefinition, 'partitionBy' | 'filesBy'>): string | undefined {
  return partitionBy[0] ?? filesBy;
}

/** Rows of given keys, found by date only. */
export function withoutKeys(rows: TableRows): Exclude<TableRows, { kind: 'keys' }> {
  if (rows.kind !== 'keys') {
    return rows;
  }
  return rows.on === undefined ? { kind: 'all' } : { kind: 'dates', ...rows.on };
}

/** A column that rows have to be filtered by, because files do not separate its dates. */
export function filterOf(snapshot: Snapshot | undefined, rows: TableRows): RowsOfDates | undefined {
  const isFiltered =
    rows.kind === 'dates' && snapshot?.metadata.partitionColumns[0] !== rows.column;
  return isFiltered ? rows : undefined;
}

/** The files of a table that may contain the rows. */
export function filesOfRows(snapshot: Snapshot | undefined, rows: TableRows): readonly AddFile[] {
  const found = withoutKeys(rows);
  if (found.kind === 'files') {
    return found.files;
  }
  return filesInTable(snapshot, found.kind === 'dates' ? found : 'all');
}

/**
 * The table's files that may contain rows of the given dates, by partition value or by statistics;
 * none if there is no table.
 */
export function filesInTable(snapshot: Snapshot | undefined, rows: RowsOfDates | 'all'): AddFile[] {
  const { files = [], metadata } = snapshot ?? {};
  if (rows === 'all' || metadata === undefined) {
    return [...files];
  }
  if (metadata.partitionColumns[0] === rows.column) {
    return filesIn(files, metadata.partitionColumns, rows.dates);
  }
  const dates = [...rows.dates];
  return files.filter((file) => {
    const span = dateSpan(file, metadata, rows.column);
    return span === undefined || dates.some((date) => span.first <= date && date <= span.last);
  });
}

/** First and last date of a file's rows; undefined: unknown, or some rows have none. */
export function dateSpan(
  { stats }: Pick<AddFile, 'stats'>,
  { schema }: Pick<Snapshot['metadata'], 'schema'>,
  column: string,
): { first: string; last: string; rowCount: number | undefined } | undefined {
  const statistics = parseStatistics(stats, schema);
  const { min, max, nullCount } = statistics?.column(column) ?? {};
  return typeof min === 'string' && typeof max === 'string' && nullCount === 0
    ? { first: min, last: max, rowCount: statistics?.rowCount }
    : undefined;
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
