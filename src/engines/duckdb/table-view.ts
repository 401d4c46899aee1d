/** SQL that reads the rows of a Delta table, or of some of its files, with the table's types. */

import type { AddFile } from '../../delta/actions.ts';
import type { DeltaContext } from '../../delta/context.ts';
import { readDeletionVector } from '../../delta/deletion-vector.ts';
import type { DeltaColumn } from '../../delta/schema.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import type { TableDefinition } from '../engine.ts';
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

/** What reading needs to know of a data file, be it part of a table or not yet. */
export type DataFile = Pick<AddFile, 'path' | 'partitionValues' | 'sizeBytes' | 'stats'> &
  Partial<Pick<AddFile, 'deletionVector'>>;

/** Where a table lies and how it is partitioned. */
export type TablePlace = Pick<TableDefinition, 'root' | 'partitionBy'>;

/** The place of a table: as it is, or as it will be made. */
export function tableOf(table: TableDefinition, snapshot: Snapshot | undefined): TablePlace {
  return {
    root: table.root,
    partitionBy: snapshot?.metadata.partitionColumns ?? table.partitionBy,
  };
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
  const typed = columns.map(
    (c) => `CAST(${identifier(c.name)} AS ${duckdbType(c.type)}) AS ${identifier(c.name)}`,
  );
  const empty = `SELECT ${columns.map((c) => `CAST(NULL AS ${duckdbType(c.type)}) AS ${identifier(c.name)}`).join(', ')}${fileColumn === undefined ? '' : `, CAST(NULL AS VARCHAR) AS ${fileColumn}`} WHERE false`;
  if (files.length === 0) return empty;
  const { partitionBy } = place;
  const types = new Map(columns.map((c) => [c.name, duckdbType(c.type)]));
  const branches: string[] = [];
  const plain: string[] = [];
  // All at once: a remote lake brings several files at a time.
  const paths = await Promise.all(
    files.map((file) => context.storage.localPath(`${place.root}/${file.path}`, file)),
  );
  for (const [index, file] of files.entries()) {
    const path = paths[index] as string;
    if (file.deletionVector === undefined && isHivePath(file, partitionBy)) plain.push(path);
    else branches.push(await selectOddFile(context, place, file, path, types, fileColumn));
  }
  if (plain.length > 0) branches.unshift(selectHiveFiles(plain, partitionBy, types, fileColumn));
  // A branch without rows names every column, so that a column no file has yet is null.
  if (!everyFileHasEveryColumn(files, columns, partitionBy)) branches.unshift(empty);
  const source = branches.join('\nUNION ALL BY NAME\n');
  const extra = fileColumn === undefined ? [] : [fileColumn];
  return `SELECT ${[...typed, ...extra].join(', ')} FROM (${source})`;
}

function selectHiveFiles(
  paths: readonly string[],
  partitionBy: readonly string[],
  types: ReadonlyMap<string, string>,
  fileColumn: string | undefined,
): string {
  const hive =
    partitionBy.length === 0
      ? 'hive_partitioning = false'
      : `hive_partitioning = true, hive_types = {${partitionBy.map((name) => `${literal(name)}: ${types.get(name) ?? 'VARCHAR'}`).join(', ')}}`;
  return `SELECT *${fileColumn === undefined ? '' : `, filename AS ${fileColumn}`} FROM read_parquet(${listLiteral(paths.map(pathLiteral))}, union_by_name = true, ${hive}${fileColumn === undefined ? '' : ', filename = true'})`;
}

/** A file whose folder does not tell its partition, or that has deleted rows. */
async function selectOddFile(
  context: DeltaContext,
  place: TablePlace,
  file: DataFile,
  path: string,
  types: ReadonlyMap<string, string>,
  fileColumn: string | undefined,
): Promise<string> {
  const partition = place.partitionBy
    .map((name) => {
      const value = file.partitionValues[name] ?? null;
      return `, CAST(${value === null ? 'NULL' : literal(value)} AS ${types.get(name) ?? 'VARCHAR'}) AS ${identifier(name)}`;
    })
    .join('');
  const named = fileColumn === undefined ? '' : `, ${literal(path)} AS ${fileColumn}`;
  const where = await keptRows(context, place, file);
  return `SELECT * EXCLUDE (file_row_number)${partition}${named} FROM read_parquet(${pathLiteral(path)}, hive_partitioning = false, file_row_number = true)${where}`;
}

async function keptRows(context: DeltaContext, place: TablePlace, file: DataFile): Promise<string> {
  if (file.deletionVector === undefined) return '';
  const deleted = await readDeletionVector(context, place.root, file.deletionVector);
  return ` WHERE file_row_number NOT IN (SELECT unnest([${[...deleted].join(', ')}]::BIGINT[]))`;
}

/** True when the folders of a file's path say exactly what the log says of its partition. */
function isHivePath(file: DataFile, partitionBy: readonly string[]): boolean {
  if (partitionBy.length === 0) return true;
  const folders = file.path.split('/').slice(0, -1);
  return (
    folders.length === partitionBy.length &&
    partitionBy.every((name, index) => {
      const value = file.partitionValues[name];
      return value != null && /^[\w.-]+$/.test(value) && folders[index] === `${name}=${value}`;
    })
  );
}

/** Told from the statistics, which name every column of a file; without them the answer is no. */
function everyFileHasEveryColumn(
  files: readonly DataFile[],
  columns: readonly DeltaColumn[],
  partitionBy: readonly string[],
): boolean {
  const names = columns.map((c) => c.name).filter((name) => !partitionBy.includes(name));
  return files.every((file) => {
    const stats = file.stats;
    return stats !== undefined && names.every((name) => stats.includes(`"${name}":`));
  });
}
