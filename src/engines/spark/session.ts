/** The session on Spark: results are kept as `Staging` says, tables are read where they lie. */
import type { Session } from '../session.ts';
import { filesOfRows, filterOf } from '../table.ts';
import { partsOf } from './batch-lines.ts';
import { viewOfFiles } from './file-view.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier } from './sql-text.ts';
import type { Staging } from './staging.ts';
import { isOnDates, selectRows } from './table-view.ts';

/** `lake`: the lake's address as Spark knows it; `isRemote`: it is not on this machine. */
export function openSession(
  connection: SqlConnection,
  staging: Staging,
  { lake, isRemote }: { lake: string; isRemote: boolean },
): Session {
  return {
    async showTable({ name: itsName, columns }, snapshot, rows = { kind: 'all' }, name = itsName) {
      staging.replaced(name);
      const files = filesOfRows(snapshot, rows);
      await connection.expectBytes(files.reduce((sum, file) => sum + file.sizeBytes, 0));
      const view = filesName(name);
      const ofFiles =
        isRemote || snapshot === undefined
          ? undefined
          : viewOfFiles(view, lake, snapshot, files, columns);
      if (ofFiles === undefined) {
        const isEmpty = files.length === 0;
        const selected = selectRows(lake, isEmpty ? undefined : snapshot, columns, rows);
        deferView(connection, name, selected);
      } else {
        connection.defer(ofFiles);
        const selected = columns.map((column) => identifier(column.name));
        const filter = filterOf(snapshot, rows);
        const where = filter === undefined ? '' : ` WHERE ${isOnDates(filter)}`;
        deferView(
          connection,
          name,
          `SELECT ${selected.join(', ')} FROM ${identifier(view)}${where}`,
        );
      }
      return files.length;
    },
    prefetchRows() {},
    async stage(name, sql) {
      await staging.stage(name, sql);
    },
    computeTogether: connection.isLocal && !isRemote ? staging.computeTogether : undefined,
    async defineView(name, sql, by) {
      staging.replaced(name);
      if (by?.isUsers) {
        await connection.run(viewOf(name, sql));
      } else {
        deferView(connection, name, sql);
      }
    },
    rowCountOf: (name) => staging.rowCountOf(name),
    async drop(names) {
      staging.drop(names.flatMap((name) => [...partsOf(name), filesName(name)]));
    },
    query: (sql) => connection.rows(sql),
    queryBatches: (sql) => connection.rowBatches(sql),
    queryNamed: (sql, signal) => connection.namedRows(sql, signal),
  };
}

function filesName(name: string): string {
  return `${name}_files`;
}

/** Gives a query a session-local name, before the next statement. Replaces the table or view that has it. */
export function deferView(connection: SqlConnection, name: string, sql: string): void {
  connection.defer(viewOf(name, sql));
}

function viewOf(name: string, sql: string): string {
  return `CREATE OR REPLACE TEMPORARY VIEW ${identifier(name)} AS ${sql}`;
}
