/** Results that are computed once and kept under a session-local name. */
import type { SqlConnection } from './sql-connection.ts';
import { identifier, literal } from './sql-text.ts';
import type { SparkWork } from './work.ts';

export interface Staging {
  /** Runs a query and keeps its result as `name`. */
  stage(name: string, sql: string): Promise<void>;
  /** Runs a query and adds its rows to what is kept as `name`. */
  extend(name: string, sql: string): Promise<void>;
  /** Forgets results and views; unknown names are ignored. */
  drop(names: readonly string[]): Promise<void>;
}

export function openStaging(
  connection: SqlConnection,
  openWork: () => Promise<SparkWork>,
): Staging {
  /** Folders of each result. */
  const kept = new Map<string, string[]>();
  let count = 0;
  const write = async (name: string, sql: string): Promise<string> => {
    count += 1;
    const work = await openWork();
    const folder = `${name}-${count}`;
    await connection.run(
      `INSERT OVERWRITE DIRECTORY ${literal(work.url(folder))} USING parquet ${sql}`,
    );
    return folder;
  };
  const show = async (name: string, folders: readonly string[]): Promise<void> => {
    const work = await openWork();
    await connection.defineFiles(name, {
      format: 'parquet',
      paths: folders.map((folder) => work.url(folder)),
    });
  };
  const forget = async (name: string): Promise<void> => {
    const folders = kept.get(name) ?? [];
    kept.delete(name);
    for (const folder of folders) {
      await (await openWork()).remove(folder);
    }
  };
  return {
    async stage(name, sql) {
      const folder = await write(name, sql);
      await forget(name);
      kept.set(name, [folder]);
      await show(name, [folder]);
    },
    async extend(name, sql) {
      const folders = [...(kept.get(name) ?? []), await write(name, sql)];
      kept.set(name, folders);
      await show(name, folders);
    },
    async drop(names) {
      const drops = names.map((name) => `DROP VIEW IF EXISTS ${identifier(name)};`);
      await connection.run(`BEGIN ${drops.join(' ')} END`);
      for (const name of names) {
        await forget(name);
      }
    },
  };
}
