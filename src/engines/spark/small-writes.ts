/**
 * Writes of few rows to a table on this machine, by the writer that DuckDB has: a commit of Spark's Delta
 * Lake takes ten times the processor time of ours. Spark has computed the rows, and they are here or in a
 * folder of the lake. What is exact about such a write is said in src/delta/commit.ts.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeltaContext } from '../../delta/context.ts';
import { assertWritable } from '../../delta/protocol.ts';
import type { DeltaColumn } from '../../delta/schema.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import { ClicklakeError } from '../../errors.ts';
import { createTableOfValues } from '../duckdb/insert-values.ts';
import { dropRelation, nameQuery } from '../duckdb/relations.ts';
import type { SqlConnection as DuckdbConnection } from '../duckdb/sql-connection.ts';
import { literal } from '../duckdb/sql-text.ts';
import { openWriter } from '../duckdb/writer.ts';
import { filesInTable, type RowsOfDates } from '../table.ts';
import type { TableWriter, WriteRequest, WriteResult } from '../writer.ts';
import type { Staging } from './staging.ts';

/** A staged result that a write needs, and its columns. */
export interface NeededRows {
  name: string;
  columns: readonly DeltaColumn[];
}

interface Request extends Pick<WriteRequest, 'base'> {
  /** The rows whose files may be read and written again; `none` of them where rows only come, or all go. */
  touched: RowsOfDates | 'all' | 'none';
}

export interface SmallWrites {
  /** False where the write is Spark's: of tables that only Spark may write, and of the first rows of a table. */
  isFor(request: Request): boolean;
  /** Undefined where the write is Spark's, for those reasons or because the rows are many. */
  write(
    request: Request,
    needed: readonly NeededRows[],
    write: (writer: TableWriter) => Promise<WriteResult>,
  ): Promise<WriteResult | undefined>;
}

/** Where every write is Spark's. */
export const NO_SMALL_WRITES: SmallWrites = { isFor: () => false, write: async () => undefined };

/** Of a result in files. */
const MAX_NEW_BYTES = 16 * 1024 * 1024;

/** Of the table's files that may have to be read, or written again. */
const MAX_OLD_BYTES = 64 * 1024 * 1024;

export function openSmallWrites(
  connection: DuckdbConnection,
  delta: DeltaContext,
  staging: Staging,
): SmallWrites {
  const writer = openWriter(connection, delta);
  /** False where there are too many. */
  const bring = async (name: string, columns: readonly DeltaColumn[]): Promise<boolean> => {
    const here = await staging.here(name);
    if (here?.kind === 'rows') {
      await createTableOfValues(connection, name, columns, here.rows());
      return true;
    }
    if (here === undefined || (await sizeOf(here.path)) > MAX_NEW_BYTES) {
      return false;
    }
    const files = literal(join(here.path, '*.parquet'));
    await nameQuery(connection, name, `SELECT * FROM read_parquet(${files})`);
    return true;
  };
  return {
    isFor,
    async write(request, needed, write) {
      if (!isFor(request)) {
        return undefined;
      }
      try {
        for (const { name, columns } of needed) {
          if (!(await bring(name, columns))) {
            return undefined;
          }
        }
        return await write(writer);
      } finally {
        for (const { name } of needed) {
          await dropRelation(connection, name);
        }
      }
    },
  };
}

function isFor({ base, touched }: Request): boolean {
  if (base === undefined || base.files.length === 0 || !mayWriteRows(base)) {
    return false;
  }
  const files = touched === 'none' ? [] : filesInTable(base, touched);
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= MAX_OLD_BYTES;
}

function mayWriteRows({ protocol, metadata, root }: Snapshot): boolean {
  try {
    assertWritable(protocol, metadata, root);
    return true;
  } catch (error) {
    if (error instanceof ClicklakeError && error.code === 'unsupported_table_feature') {
      return false;
    }
    throw error;
  }
}

/** Of the files in a folder. */
async function sizeOf(folder: string): Promise<number> {
  let sizeBytes = 0;
  for (const name of await readdir(folder)) {
    sizeBytes += (await stat(join(folder, name))).size;
  }
  return sizeBytes;
}
