/** A lake looked at again and again: results are kept until a table gets another version. */
import type { Snapshot } from '../delta/snapshot.ts';
import { type LakeContext, loadTable } from './context.ts';
import { toJsonValue } from './json-values.ts';
import type { QueryRow } from './reports.ts';
import { type LakeTable, listTables } from './tables.ts';

export interface LakeReader {
  /** Changes with every commit to one of the tables; asking reads the tables' logs only. */
  version(): Promise<string>;
  /**
   * Keeps the results of queries over the tables as they are now, under their names, until the next
   * call. Returns the version they show; all of them show the same one of each table.
   */
  keep(results: Readonly<Record<string, string>>): Promise<string>;
  /** Rows of a query over kept results. One call at a time. */
  rows(sql: string): Promise<QueryRow[]>;
}

export function openReader(context: LakeContext): LakeReader {
  const { engine } = context;
  const tables = listTables(context.tables);
  return {
    version: async () => versionOf(await loadAll(context, tables)),
    async keep(results) {
      const snapshots = await loadAll(context, tables);
      for (const table of tables) await engine.showTable(table, snapshots.get(table.name));
      for (const [name, sql] of Object.entries(results)) await engine.stage(name, sql);
      return versionOf(snapshots);
    },
    async rows(sql) {
      const { columns, batches } = await engine.queryNamed(sql);
      const rows: QueryRow[] = [];
      for await (const batch of batches) {
        for (const row of batch) {
          rows.push(Object.fromEntries(columns.map(({ name }, i) => [name, toJsonValue(row[i])])));
        }
      }
      return rows;
    },
  };
}

async function loadAll(
  context: LakeContext,
  tables: readonly LakeTable[],
): Promise<Map<string, Snapshot>> {
  const snapshots = new Map<string, Snapshot>();
  for (const table of tables) {
    const snapshot = await loadTable(context, table);
    if (snapshot !== undefined) snapshots.set(table.name, snapshot);
  }
  return snapshots;
}

function versionOf(snapshots: ReadonlyMap<string, Snapshot>): string {
  return [...snapshots].map(([name, { version }]) => `${name}=${version}`).join(',');
}
