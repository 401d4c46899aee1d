/** SQL that reads a Delta table as it was at one version, or some of its rows, with the table's types. */
import type { AddFile } from '../../delta/actions.ts';
import type { DeltaColumn } from '../../delta/schema.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import { parseStatistics } from '../../delta/statistics.ts';
import { type RowsOfDates, type TableRows, withoutKeys } from '../table.ts';
import { identifier, literal, sparkType } from './sql-text.ts';

type PlainRows = ReturnType<typeof withoutKeys>;

/** A SELECT with the given columns, in that order; columns the table lacks are null. */
export function selectRows(
  lake: string,
  snapshot: Snapshot | undefined,
  columns: readonly DeltaColumn[],
  wanted: TableRows,
): string {
  const rows = withoutKeys(wanted);
  if (snapshot === undefined || isNothing(rows)) {
    return selectNothing(columns);
  }
  const known = new Map(snapshot.metadata.schema.fields.map(({ name, type }) => [name, type]));
  const selected = columns.map(({ name, type }) => {
    const held = known.get(name);
    const value = held === undefined ? 'NULL' : identifier(name);
    return held === type
      ? identifier(name)
      : `CAST(${value} AS ${sparkType(type)}) AS ${identifier(name)}`;
  });
  return `SELECT ${selected.join(', ')} FROM ${deltaTable(lake, snapshot.root)} VERSION AS OF ${snapshot.version}${restriction(snapshot, rows)}`;
}

/** The table at `root` by its path. */
export function deltaTable(lake: string, root: string): string {
  return `delta.${identifier(`${lake}/${root}`)}`;
}

export function selectNothing(columns: readonly DeltaColumn[]): string {
  const nulls = columns.map(
    ({ name, type }) => `CAST(NULL AS ${sparkType(type)}) AS ${identifier(name)}`,
  );
  return `SELECT ${nulls.join(', ')} WHERE false`;
}

/** True for rows of the given partitions, or of no partition. */
export function isInPartitions(
  column: string,
  type: string,
  values: ReadonlySet<string>,
  prefix = '',
): string {
  if (values.size === 0) {
    return 'false';
  }
  const list = [...values].map((value) => `CAST(${literal(value)} AS ${sparkType(type)})`);
  return `${prefix}${identifier(column)} IN (${list.join(', ')})`;
}

/** True for rows with one of the dates, and for rows without a date. */
export function isOnDates({ column, dates }: RowsOfDates): string {
  return `(${isInPartitions(column, 'date', dates)} OR ${identifier(column)} IS NULL)`;
}

function isNothing(rows: PlainRows): boolean {
  if (rows.kind === 'dates') {
    return rows.dates.size === 0;
  }
  return rows.kind === 'files' && rows.files.length === 0;
}

function restriction(snapshot: Snapshot, rows: PlainRows): string {
  if (rows.kind === 'all') {
    return '';
  }
  if (rows.kind === 'dates') {
    return ` WHERE ${isOnDates(rows)}`;
  }
  const [partition] = snapshot.metadata.partitionColumns;
  const live = new Set(snapshot.files.map(({ path }) => path));
  if (!rows.files.every(({ path }) => live.has(path))) {
    // Compacted since: this version has the rows in other files of the same partitions.
    const touched = partitionsOf(rows.files, partition);
    return touched === undefined
      ? ''
      : ` WHERE ${isInPartitions(partition ?? '', typeOf(snapshot, partition ?? ''), touched)}`;
  }
  // The name tells a file; the rest lets Spark leave the others unread.
  const names = rows.files.map(({ path }) => literal(path.slice(path.lastIndexOf('/') + 1)));
  const conditions = [
    `_metadata.file_name IN (${names.join(', ')})`,
    ...instantRanges(snapshot, rows.files),
  ];
  const values = partitionsOf(rows.files, partition);
  if (partition !== undefined && values !== undefined) {
    conditions.push(isInPartitions(partition, typeOf(snapshot, partition), values));
  }
  return ` WHERE ${conditions.join(' AND ')}`;
}

/** Undefined where they are not told by a value of the partition column. */
function partitionsOf(
  files: readonly AddFile[],
  partition: string | undefined,
): Set<string> | undefined {
  const values = files.map(({ partitionValues }) => partitionValues[partition ?? ''] ?? null);
  return values.includes(null) ? undefined : new Set(values as string[]);
}

/** The Delta type of a column; `string` where the table does not have it. */
export function typeOf(snapshot: Snapshot, column: string): string {
  const field = snapshot.metadata.schema.fields.find(({ name }) => name === column);
  return typeof field?.type === 'string' ? field.type : 'string';
}

/** For each instant that no row of the files lacks: between which two the files' rows lie. */
function instantRanges(snapshot: Snapshot, files: readonly AddFile[]): string[] {
  const { schema } = snapshot.metadata;
  const statistics = files.map((file) => parseStatistics(file.stats, schema));
  return schema.fields.flatMap(({ name, type }) => {
    if (type !== 'timestamp') {
      return [];
    }
    const ranges = statistics.map((each) => each?.column(name));
    const bounds = ranges.flatMap((range) =>
      typeof range?.min === 'bigint' && typeof range.max === 'bigint' && range.nullCount === 0
        ? [{ min: range.min, max: range.max }]
        : [],
    );
    if (bounds.length < files.length) {
      return [];
    }
    const min = bounds.reduce(
      (least, each) => (each.min < least ? each.min : least),
      bounds[0]!.min,
    );
    const max = bounds.reduce((most, each) => (each.max > most ? each.max : most), bounds[0]!.max);
    return [`${identifier(name)} BETWEEN timestamp_micros(${min}) AND timestamp_micros(${max})`];
  });
}
