/** SQL that reads the rows of a Delta table, or of some of its files, with the table's types. */

import type { AddFile, PartitionValues } from '../../delta/actions.ts';
import { columnId, physicalName } from '../../delta/column-mapping.ts';
import type { DeltaContext } from '../../delta/context.ts';
import { readDeletionVector } from '../../delta/deletion-vector.ts';
import type { DeltaColumn, StructField } from '../../delta/schema.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import { parseStatistics } from '../../delta/statistics.ts';
import { columnMappingMode } from '../../delta/table-properties.ts';
import type { RowsOfDates, TableDefinition } from '../table.ts';
import { identifier, listLiteral, literal, pathLiteral } from './sql-text.ts';

/** The DuckDB type that represents a Delta primitive type without loss. */
export function duckdbType(deltaType: string): string {
  const plain = DUCKDB_TYPES[deltaType];
  return plain ?? deltaType.toUpperCase();
}

const DUCKDB_TYPES: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  long: 'BIGINT',
  integer: 'INTEGER',
  short: 'SMALLINT',
  byte: 'TINYINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  binary: 'BLOB',
  date: 'DATE',
  timestamp: 'TIMESTAMPTZ',
  timestamp_ntz: 'TIMESTAMP',
};

/** What is needed to read a data file, whether or not it is committed yet. */
export type DataFile = Pick<AddFile, 'path' | 'partitionValues' | 'sizeBytes' | 'stats'> &
  Partial<Pick<AddFile, 'deletionVector' | 'physicalPartitionValues'>>;

/** True for rows with one of the dates, null for rows without a date. */
export function isOnDates({ column, dates }: RowsOfDates): string {
  const values = [...dates].map((date) => `DATE ${literal(date)}`);
  return values.length === 0
    ? `(${identifier(column)} <> ${identifier(column)})`
    : `(${identifier(column)} IN (${values.join(', ')}))`;
}

export function bytesOf(files: readonly DataFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Location and partition column of a table, and how its columns are matched with its files. */
export type TablePlace = Pick<TableDefinition, 'root' | 'partitionBy'> & { mapping?: Mapping };

/** The columns of a table with column mapping, and whether they are matched by id. */
interface Mapping {
  isById: boolean;
  fields: ReadonlyMap<string, StructField>;
}

/** The place of a table: the existing one, or the one that will be created. */
export function tableOf(table: TableDefinition, snapshot: Snapshot | undefined): TablePlace {
  if (snapshot === undefined) {
    return table;
  }
  const { metadata } = snapshot;
  const mode = columnMappingMode(metadata);
  const place = { root: table.root, partitionBy: metadata.partitionColumns };
  if (mode === 'none') {
    return place;
  }
  const fields = new Map(metadata.schema.fields.map((field) => [field.name, field]));
  return { ...place, mapping: { isById: mode === 'id', fields } };
}

interface FileColumn {
  name: string;
  /** The DuckDB type. */
  type: string;
  id: number | undefined;
  isPartition: boolean;
}

/**
 * A SELECT of the given columns, in this order. Partition values come from the log. If a file's
 * folder gives the same values, DuckDB reads them from there, because it can then skip folders.
 * Columns that a file lacks are null. `fileColumn` adds a column with the local path of each row's
 * file.
 */
export async function selectRows(
  context: DeltaContext,
  place: TablePlace,
  columns: readonly DeltaColumn[],
  files: readonly DataFile[],
  fileColumn?: string,
): Promise<string> {
  const found = columns.map((column) => fileColumnOf(place, column));
  const typed = columns.map(({ name, type }, index) => {
    const held = found[index];
    const value = held === undefined ? 'NULL' : identifier(held.name);
    return `CAST(${value} AS ${duckdbType(type)}) AS ${identifier(name)}`;
  });
  const extra = fileColumn === undefined ? [] : [fileColumn];
  const select = `SELECT ${[...typed, ...extra].join(', ')}`;
  const held = found.filter((column) => column !== undefined);
  const noRows = selectNoRows(held, fileColumn);
  if (files.length === 0) {
    return `${select} FROM (${noRows})`;
  }
  const branches: string[] = [];
  for (const group of await groupFiles(context, place, files)) {
    branches.push(selectGroup(place, group, held, fileColumn));
  }
  // A branch without rows declares all columns, so that a column which no file has is null.
  if (!isEachColumnInAFile(held, files)) {
    branches.unshift(noRows);
  }
  return `${select} FROM (${branches.join('\nUNION ALL BY NAME\n')})`;
}

/**
 * Undefined for a column that is not in the schema of a table with mapping. Files may contain an
 * unrelated column of this name.
 */
function fileColumnOf({ partitionBy, mapping }: TablePlace, column: DeltaColumn) {
  const common = { type: duckdbType(column.type), isPartition: partitionBy.includes(column.name) };
  if (mapping === undefined) {
    return { ...common, name: column.name, id: undefined };
  }
  const field = mapping.fields.get(column.name);
  return field && { ...common, name: physicalName(field), id: columnId(field) };
}

function selectNoRows(columns: readonly FileColumn[], fileColumn: string | undefined): string {
  const nulls = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${identifier(name)}`);
  if (fileColumn !== undefined) {
    nulls.push(`CAST(NULL AS VARCHAR) AS ${fileColumn}`);
  }
  return `SELECT ${nulls.length === 0 ? 'NULL' : nulls.join(', ')} WHERE false`;
}

/** Files that one `read_parquet` can read together. */
interface FileGroup {
  paths: string[];
  /** Undefined: read from the files' folders. */
  partition: PartitionValues | undefined;
  deletedRows?: readonly number[];
}

async function groupFiles(
  context: DeltaContext,
  place: TablePlace,
  files: readonly DataFile[],
): Promise<FileGroup[]> {
  const groups = new Map<string, FileGroup>();
  const partitionBy = physicalPartitions(place);
  // In parallel: on a remote lake several files are downloaded at a time.
  const paths = await Promise.all(
    files.map((file) => context.storage.localPath(`${place.root}/${file.path}`, file)),
  );
  for (const [index, file] of files.entries()) {
    const path = paths[index] as string;
    const values = file.physicalPartitionValues ?? file.partitionValues;
    if (file.deletionVector !== undefined) {
      const deletedRows = await readDeletionVector(context, place.root, file.deletionVector);
      groups.set(path, { paths: [path], partition: values, deletedRows });
      continue;
    }
    const isHive = isHivePath(file.path, values, partitionBy) && !place.mapping?.isById;
    const key = isHive ? '' : JSON.stringify(values);
    const group = groups.get(key) ?? { paths: [], partition: isHive ? undefined : values };
    group.paths.push(path);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function physicalPartitions({ partitionBy, mapping }: TablePlace): string[] {
  return partitionBy.map((name) => {
    const field = mapping?.fields.get(name);
    return field === undefined ? name : physicalName(field);
  });
}

function selectGroup(
  place: TablePlace,
  { paths, partition, deletedRows }: FileGroup,
  columns: readonly FileColumn[],
  fileColumn: string | undefined,
): string {
  const partitionBy = physicalPartitions(place);
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const typeOf = (name: string): string => types.get(name) ?? 'VARCHAR';
  const options = [columnOption(place, columns)];
  const selected = ['*'];
  if (partitionBy.length === 0) {
    options.push('hive_partitioning = false');
  } else if (partition === undefined) {
    const hive = partitionBy.map((name) => `${literal(name)}: ${literal(typeOf(name))}`);
    options.push(`hive_partitioning = true, hive_types = {${hive.join(', ')}}`);
  } else {
    options.push('hive_partitioning = false');
    // Some writers store the partition columns in the files too.
    selected[0] = `COLUMNS(lambda c: c NOT IN (${partitionBy.map(literal).join(', ')}))`;
    for (const name of partitionBy) {
      const value = partitionValue(partition[name] ?? null, typeOf(name));
      selected.push(`${value} AS ${identifier(name)}`);
    }
  }
  // Both columns are available without being listed; listing them breaks reading by column id.
  if (fileColumn !== undefined) {
    selected.push(`filename AS ${fileColumn}`);
  }
  const where =
    deletedRows === undefined
      ? ''
      : ` WHERE file_row_number NOT IN (SELECT unnest([${deletedRows.join(', ')}]::BIGINT[]))`;
  const from = `read_parquet(${listLiteral(paths.map(pathLiteral))}, ${options.join(', ')})`;
  return `SELECT ${selected.join(', ')} FROM ${from}${where}`;
}

/** Matches columns with the files by name or by id. */
function columnOption({ mapping }: TablePlace, columns: readonly FileColumn[]): string {
  const byId = columns
    .filter(({ isPartition, id }) => mapping?.isById === true && !isPartition && id !== undefined)
    .map(
      ({ id, name, type }) =>
        `${id}: {name: ${literal(name)}, type: ${literal(type)}, default_value: NULL}`,
    );
  return byId.length === 0 ? 'union_by_name = true' : `schema = MAP {${byId.join(', ')}}`;
}

function partitionValue(value: string | null, type: string): string {
  if (value === null) {
    return `CAST(NULL AS ${type})`;
  }
  return type === 'BLOB' ? `encode(${literal(value)})` : `CAST(${literal(value)} AS ${type})`;
}

/** Whether the folders in a file's path give exactly the partition values of the log. */
function isHivePath(
  path: string,
  values: PartitionValues,
  partitionBy: readonly string[],
): boolean {
  if (partitionBy.length === 0) {
    return true;
  }
  const folders = path.split('/').slice(0, -1);
  return (
    folders.length === partitionBy.length &&
    partitionBy.every((name, index) => {
      const value = values[name];
      return value != null && /^[\w.-]+$/.test(value) && folders[index] === `${name}=${value}`;
    })
  );
}

/** Files whose statistics are checked: the first few contain nearly every column. */
const FILES_LOOKED_AT = 20;

/**
 * Whether statistics prove for each column that some file contains it: a value is not null. A null
 * count proves nothing, because some writers give one for columns they have not written.
 */
function isEachColumnInAFile(columns: readonly FileColumn[], files: readonly DataFile[]): boolean {
  let unproven = columns.filter(({ isPartition }) => !isPartition).map(({ name }) => name);
  for (const { stats } of files.slice(0, FILES_LOOKED_AT)) {
    if (unproven.length === 0) {
      return true;
    }
    const statistics = parseStatistics(stats, NO_COLUMNS);
    unproven = unproven.filter((name) => {
      const { nullCount } = statistics?.column(name) ?? {};
      return nullCount === undefined || nullCount >= (statistics?.rowCount ?? 0);
    });
  }
  return unproven.length === 0;
}

const NO_COLUMNS = { type: 'struct', fields: [] } as const;
