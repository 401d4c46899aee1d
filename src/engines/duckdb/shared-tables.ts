/** Tables of read rows that several names show: a plan often gives several names to the same files. */
import { createTable, dropRelation, nameQuery } from './relations.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier } from './sql-text.ts';

export interface SharedTables {
  /** Names the result of a query, which is computed once for all names that show it. */
  show(name: string, select: string): Promise<void>;
  /** Must be called before the name is given to something else. Drops a table without names. */
  release(name: string): Promise<void>;
}

interface Shared {
  table: string;
  select: string;
  names: Set<string>;
}

export function sharedTables(connection: SqlConnection): SharedTables {
  const bySelect = new Map<string, Shared>();
  const byName = new Map<string, Shared>();
  let count = 0;
  return {
    async show(name, select) {
      let shared = bySelect.get(select);
      if (shared === undefined) {
        count += 1;
        shared = { table: `shared_rows_${count}`, select, names: new Set() };
        await createTable(connection, shared.table, { select });
        bySelect.set(select, shared);
      }
      await nameQuery(connection, name, `SELECT * FROM ${identifier(shared.table)}`);
      shared.names.add(name);
      byName.set(name, shared);
    },
    async release(name) {
      const shared = byName.get(name);
      if (shared === undefined) {
        return;
      }
      byName.delete(name);
      shared.names.delete(name);
      if (shared.names.size === 0) {
        bySelect.delete(shared.select);
        await dropRelation(connection, name);
        await dropRelation(connection, shared.table);
      }
    },
  };
}
