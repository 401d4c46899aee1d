/**
 * Results that are computed once and kept under a session-local name. They are computed with the next
 * statement that somebody waits for.
 */
import { asPattern, type SqlConnection } from './sql-connection.ts';
import { identifier, literal } from './sql-text.ts';
import type { SparkWork } from './work.ts';

export interface Staging {
  /** Keeps the result of a query as `name`. */
  stage(name: string, sql: string): Promise<void>;
  /** Adds the rows of a query to what is kept as `name`. */
  extend(name: string, sql: string): Promise<void>;
  /** Forgets results and views; unknown names are ignored. */
  drop(names: readonly string[]): void;
}

export function openStaging(
  connection: SqlConnection,
  openWork: () => Promise<SparkWork>,
): Staging {
  /** Folders of each result. */
  const kept = new Map<string, string[]>();
  let count = 0;
  const forget = async (folders: readonly string[]): Promise<void> => {
    const work = await openWork();
    for (const folder of folders) {
      await work.remove(folder);
    }
  };
  const write = async (name: string, sql: string, before: readonly string[]): Promise<void> => {
    count += 1;
    const work = await openWork();
    const folder = `${name}-${count}`;
    const folders = [...before, folder];
    const replaced = (kept.get(name) ?? []).filter((each) => !folders.includes(each));
    const parts = folders.map(
      (each) => `SELECT * FROM parquet.${identifier(asPattern(work.url(each)))}`,
    );
    connection.defer(
      `INSERT OVERWRITE DIRECTORY ${literal(work.url(folder))} USING parquet ${sql}`,
    );
    connection.defer(
      `CREATE OR REPLACE TEMPORARY VIEW ${identifier(name)} AS ${parts.join(' UNION ALL ')}`,
      () => forget(replaced),
    );
    kept.set(name, folders);
  };
  return {
    stage: (name, sql) => write(name, sql, []),
    extend: (name, sql) => write(name, sql, kept.get(name) ?? []),
    drop(names) {
      for (const name of names) {
        const folders = kept.get(name) ?? [];
        kept.delete(name);
        connection.defer(`DROP VIEW IF EXISTS ${identifier(name)}`, () => forget(folders));
      }
    },
  };
}
