/** The session on Spark: results are files in the lake's work folder, tables are read where they lie. */

import type { Session } from '../session.ts';
import { filesOfRows } from '../table.ts';
import { partsOf } from './batch-lines.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier } from './sql-text.ts';
import type { Staging } from './staging.ts';
import { selectRows } from './table-view.ts';

/** `lake`: the lake's address as Spark knows it. */
export function openSession(connection: SqlConnection, staging: Staging, lake: string): Session {
  return {
    readsInPlace: true,
    async showTable(table, snapshot, rows = { kind: 'all' }, name = table.name) {
      await defineView(connection, name, selectRows(lake, snapshot, table.columns, rows));
      return filesOfRows(snapshot, rows).length;
    },
    prefetchRows() {},
    stage: (name, sql) => staging.stage(name, sql),
    defineView: (name, sql) => defineView(connection, name, sql),
    drop: (names) => staging.drop(names.flatMap(partsOf)),
    query: (sql) => connection.rows(sql),
    queryBatches: (sql) => connection.rowBatches(sql),
    queryNamed: (sql, signal) => connection.namedRows(sql, signal),
  };
}

/** Gives a query a session-local name. Replaces the table or view that has it. */
export async function defineView(
  connection: SqlConnection,
  name: string,
  sql: string,
): Promise<void> {
  await connection.run(`CREATE OR REPLACE TEMPORARY VIEW ${identifier(name)} AS ${sql}`);
}
