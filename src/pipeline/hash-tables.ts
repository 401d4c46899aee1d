/**
 * `verify --hash`: one hash per table over its rows. The hash does not depend on the engine that
 * wrote them.
 */
import { flatColumns } from '../delta/schema.ts';
import { ClicklakeError } from '../errors.ts';
import { createContentHasher } from '../verify/content-hash.ts';
import { type LakeContext, loadTable, stopIfAborted } from './context.ts';
import { readTable } from './read-table.ts';
import type { HashReport } from './reports.ts';
import { type LakeTable, listTables } from './tables.ts';

/** Reads every row and every column of every table. Changes nothing. */
export async function hashTables(context: LakeContext): Promise<HashReport> {
  const startedAt = performance.now();
  const tables: HashReport['tables'] = [];
  for (const table of listTables(context.tables)) {
    tables.push(await hashTable(context, table));
  }
  return { tables, durationMs: performance.now() - startedAt };
}

async function hashTable(
  context: LakeContext,
  table: LakeTable,
): Promise<HashReport['tables'][number]> {
  const snapshot = await loadTable(context, table);
  if (snapshot === undefined) {
    return { table: table.name, version: null, rows: 0, sha256: null };
  }
  const columns = flatColumns(snapshot.metadata.schema);
  if (columns === undefined) {
    throw notFlat(context, table);
  }
  const hasher = createContentHasher(columns);
  let rowsDone = 0;
  for await (const rows of readTable(context, { ...table, columns }, snapshot)) {
    stopIfAborted(context.signal);
    for (const row of rows) {
      hasher.add(row);
    }
    rowsDone += rows.length;
    context.onProgress({ stage: 'hash', table: table.name, rowsDone });
  }
  const { rowCount, sha256 } = hasher.finish();
  return { table: table.name, version: snapshot.version, rows: rowCount, sha256 };
}

function notFlat(context: LakeContext, table: LakeTable): ClicklakeError {
  return new ClicklakeError(
    'unsupported_table_feature',
    `${context.storage.url}/${table.root} has a column of type array, map or struct`,
    { hint: 'Clicklake writes no such columns; remove it with the tool that added it' },
  );
}
