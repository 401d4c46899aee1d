/** The session on DuckDB: results are tables in memory; Delta tables are views over their files. */
import type { AddFile } from '../../delta/actions.ts';
import type { DeltaContext } from '../../delta/context.ts';
import type { Session } from '../session.ts';
import { filesOfRows, filterOf } from '../table.ts';
import { partsOf } from './divide.ts';
import { likelyFiles, rowsWithKeys } from './key-range.ts';
import { createTable, dropRelation, makeViews, nameQuery, withQueries } from './relations.ts';
import { sharedTables } from './shared-tables.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier } from './sql-text.ts';
import { bytesOf, isOnDates, selectRows, tableOf } from './table-view.ts';

/**
 * Many small files, small in total too, are read into memory, where they take about ten times their
 * size.
 */
const MANY_FILES = 16;
const SMALL_FILE_BYTES = 32 * 1024;
const KEPT_BYTES = 4 * 1024 * 1024;

export function openSession(connection: SqlConnection, delta: DeltaContext): Session {
  const { storage } = delta;
  const shared = sharedTables(connection);
  return {
    async showTable(table, snapshot, rows = { kind: 'all' }, name = table.name, reads = 'once') {
      // On a remote lake, download only files that can contain these keys.
      const wanted =
        rows.kind === 'keys' && storage.isRemote && snapshot !== undefined
          ? await rowsWithKeys(connection, snapshot, rows)
          : rows;
      const files = filesOfRows(snapshot, wanted);
      const place = tableOf(table, snapshot);
      await connection.expectBytes(bytesOf(files));
      const read = await selectRows(delta, place, table.columns, files);
      const filter = filterOf(snapshot, wanted);
      const select =
        filter === undefined
          ? read
          : `SELECT * FROM (${read}) WHERE ${isOnDates(filter)} IS NOT FALSE`;
      const isKept = reads === 'often' && areManySmallFiles(files);
      await shared.release(name);
      await (isKept ? shared.show(name, select) : nameQuery(connection, name, select));
      return files.length;
    },
    prefetchRows(snapshot, column) {
      if (!storage.isRemote) {
        return;
      }
      for (const file of likelyFiles(snapshot, column)) {
        storage.prefetch(`${snapshot.root}/${file.path}`, file);
      }
    },
    async stage(name, sql, division) {
      await shared.release(name);
      const [first = sql, ...more] = await partsOf(connection, sql, division);
      await createTable(connection, name, { select: first });
      for (const part of more) {
        await connection.run(`INSERT INTO ${identifier(name)} ${withQueries(connection, part)}`);
      }
    },
    async defineView(name, sql, by) {
      await shared.release(name);
      await nameQuery(connection, name, sql);
      if (by?.isUsers === true) {
        await makeViews(connection, name);
      }
    },
    async defineTextType(name, sql) {
      // In the order of texts, so that it sorts and compares like them. Without values there is no type.
      const values = `SELECT '' AS value UNION SELECT * FROM (${sql}) ORDER BY value`;
      await connection.run(
        `CREATE OR REPLACE TYPE ${identifier(name)} AS ENUM (${withQueries(connection, values)})`,
      );
    },
    async drop(names) {
      for (const name of names) {
        await shared.release(name);
        await dropRelation(connection, name);
      }
    },
    query: (sql) => connection.rows(withQueries(connection, sql)),
    queryBatches: (sql) => connection.rowBatches(withQueries(connection, sql)),
    async queryNamed(sql, signal) {
      // A user's query can be expensive even on little data.
      await connection.expectBytes(Number.POSITIVE_INFINITY);
      await makeViews(connection, sql);
      return await connection.namedRows(sql, signal);
    },
  };
}

/** Opening a file and reading its footer costs as much as some thousand of its rows. */
function areManySmallFiles(files: readonly AddFile[]): boolean {
  const limit = Math.min(files.length * SMALL_FILE_BYTES, KEPT_BYTES);
  return files.length >= MANY_FILES && bytesOf(files) <= limit;
}
