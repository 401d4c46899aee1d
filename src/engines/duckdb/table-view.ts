/** SQL that reads the rows of a Delta table, or of some of its files, with the table's types. */

import type { AddFile, PartitionValues } from '../../delta/actions.ts';
import { columnId, physicalName } from '../../delta/column-mapping.ts';
import type { DeltaContext } from '../../delta/context.ts';
import { readDeletionVector } from '../../delta/deletion-vector.ts';
import type { DeltaColumn, StructField } from '../../delta/schema.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import { parseStatistics } from '../../delta/statistics.ts';
import { columnMappingMode } from '../../delta/table-properties.ts';
import type { TableDefinition } from '../table.ts';
import { identifier, listLiteral, literal, pathLiteral } from './sql-text.ts';

/** The DuckDB type that holds a Delta primitive type exactly. */
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

/** What reading needs to know of a data file, whether or not a table version names it yet. */
export type DataFile = Pick<AddFile, 'path' | 'partitionValues' | 'sizeBytes' | 'stats'> &
  Partial<Pick<AddFile, 'deletionVector' | 'physicalPartitionValues'>>;

export function bytesOf(files: readonly DataFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Where a table lies, how it is partitioned, and how its columns are found in its files. */
export type TablePlace = Pick<TableDefinition, 'root' | 'partitionBy'> & { mapping?: Mapping };

/** Of a table with column mapping: the columns it has, and whether files are read by their ids. */
interface Mapping {
  isById: boolean;
  fields: ReadonlyMap<string, StructField>;
}

/** The place of a table: as it is, or as it will be made. */
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

/** A column as the files have it. */
interface FileColumn {
  name: string;
  /** As DuckDB names it. */
  type: string;
  id: number | undefined;
  isPartition: boolean;
}

/**
 * A SELECT with the given columns, in that order. Partition values come from the log; where a
 * file's folder says the same, DuckDB is left to read them from there, because it can then skip
 * folders. Columns a file lacks are null. `fileColumn` adds the local path of each row's file.
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
  // A branch without rows names every column, so that a column no file has yet is null.
  if (!isEachColumnInAFile(held, files)) {
    branches.unshift(noRows);
  }
  return `${select} FROM (${branches.join('\nUNION ALL BY NAME\n')})`;
}

/** Undefined for a column that a table with mapping does not have, whatever its files hold. */
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

/** Files that one `read_parquet` reads. */
interface FileGroup {
  paths: string[];
  /** Undefined: the files' folders tell. */
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
  // In parallel: several files of a remote lake are fetched at a time.
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
    // Some writers put the partition columns into the files as well.
    selected[0] = `COLUMNS(lambda c: c NOT IN (${partitionBy.map(literal).join(', ')}))`;
    for (const name of partitionBy) {
      const value = partitionValue(partition[name] ?? null, typeOf(name));
      selected.push(`${value} AS ${identifier(name)}`);
    }
  }
  // Both columns are always there; selecting them breaks reading by column ids.
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

/** How columns are found in the files: by name, or by their ids. */
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

/** True when the folders of a file's path say exactly what the log says of its partition. */
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

/** Files whose statistics are looked at: the first few tell of nearly every column. */
const FILES_LOOKED_AT = 20;

/**
 * Whether the statistics prove of every column that a file has it, since some row's value is not
 * null. That a column is named proves nothing: some writers count the nulls of columns that they
 * have not written.
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
