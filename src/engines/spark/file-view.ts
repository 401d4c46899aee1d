/**
 * A few files of a table on this machine, read as Parquet and not through Delta Lake: the log was read
 * here already, and Spark would run several queries over it before the first row of each scan.
 */
import type { AddFile } from '../../delta/actions.ts';
import type { DeltaColumn } from '../../delta/schema.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import { asPattern } from './sql-connection.ts';
import { identifier, literal, sparkType } from './sql-text.ts';

/** More are better planned by Spark's tasks than here. */
const MAX_FILES = 100;

/** What may stand in a list of alternatives of a path pattern. */
const PLAIN_PATH = /^[\w=./-]+$/;

/**
 * A statement that shows the columns of these files as `view`, in any order; columns that a file lacks
 * are null. Undefined where only Delta Lake knows how the files are to be read.
 */
export function viewOfFiles(
  view: string,
  lake: string,
  { root, protocol, metadata, files: live }: Snapshot,
  files: readonly AddFile[],
  columns: readonly DeltaColumn[],
): string | undefined {
  const held = new Map(metadata.schema.fields.map(({ name, type }) => [name, type]));
  const [partition, ...more] = metadata.partitionColumns;
  const livePaths = new Set(live.map(({ path }) => path));
  const isPlain =
    // Without columns of other names, deletion vectors and whatever readers must know of.
    protocol.minReaderVersion === 1 &&
    more.length === 0 &&
    columns.every(({ name, type }) => (held.get(name) ?? type) === type) &&
    files.every(
      (file) =>
        livePaths.has(file.path) && PLAIN_PATH.test(file.path) && isInFolderOf(file, partition),
    );
  if (!isPlain || files.length === 0 || files.length > MAX_FILES) {
    return undefined;
  }
  const paths = files.map(({ path }) => path);
  const alternatives = paths.length === 1 ? paths[0] : `{${paths.join(',')}}`;
  const folder = `${lake}/${root}`;
  const types = columns.map(({ name, type }) => `${identifier(name)} ${sparkType(type)}`);
  return `CREATE OR REPLACE TEMPORARY VIEW ${identifier(view)} (${types.join(', ')}) USING parquet
    OPTIONS (path ${literal(`${asPattern(folder)}/${alternatives}`)}, basePath ${literal(folder)})`;
}

/** Spark reads the partition's value from the folder's name. */
function isInFolderOf({ path, partitionValues }: AddFile, partition: string | undefined): boolean {
  if (partition === undefined) {
    return !path.includes('=');
  }
  const value = partitionValues[partition];
  return value != null && path.startsWith(`${partition}=${value}/`);
}
