/** `verify --hash`: what each table holds, in one hash that does not depend on who wrote it. */
import { createContentHasher } from '../verify/content-hash.ts';
import { type LakeContext, loadTable, stopIfAborted } from './context.ts';
import { columnsOf, readTable } from './read-table.ts';
import type { HashReport } from './reports.ts';
import { type LakeTable, listTables } from './tables.ts';

/** Reads every row of every table, each with all the columns it has. Changes nothing. */
export async function hashTables(context: LakeContext): Promise<HashReport> {
  const startedAt = performance.now();
  const tables: HashReport['tables'] = [];
  for (const table of listTables(context.tables)) tables.push(await hashTable(context, table));
  return { tables, durationMs: performance.now() - startedAt };
}

async function hashTable(
  context: LakeContext,
  table: LakeTable,
): Promise<HashReport['tables'][number]> {
  const snapshot = await loadTable(context, table);
  if (snapshot === undefined) return { table: table.name, version: null, rows: 0, sha256: null };
  const columns = columnsOf(snapshot);
  const hasher = createContentHasher(columns);
  let rowsDone = 0;
  for await (const rows of readTable(context, { ...table, columns }, snapshot)) {
    stopIfAborted(context.signal);
    for (const row of rows) hasher.add(row);
    rowsDone += rows.length;
    context.onProgress({ stage: 'hash', table: table.name, rowsDone });
  }
  const { rowCount, sha256 } = hasher.finish();
  return { table: table.name, version: snapshot.version, rows: rowCount, sha256 };
}
