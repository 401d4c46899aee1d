import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { TestLake } from './lake-support.ts';

/** Makes the ledger, of one file, one that never had these columns. */
export async function dropLedgerColumns(lake: TestLake, names: readonly string[]): Promise<void> {
  const root = join(lake.settings.lake, 'bronze/_ledger');
  const log = join(root, '_delta_log/00000000000000000000.json');
  const lines = (await readFile(log, 'utf8')).trim().split('\n');
  const actions = lines.map((line) => JSON.parse(line));
  for (const { metaData, add } of actions) {
    if (metaData !== undefined) {
      const schema = JSON.parse(metaData.schemaString);
      schema.fields = schema.fields.filter(({ name }: { name: string }) => !names.includes(name));
      metaData.schemaString = JSON.stringify(schema);
    }
    if (add !== undefined) {
      const path = join(root, add.path);
      const instance = await DuckDBInstance.create(':memory:');
      const connection = await instance.connect();
      await connection.run(
        `COPY (SELECT * EXCLUDE (${names.join(', ')}) FROM '${path}') TO '${path}.old' (FORMAT parquet)`,
      );
      connection.closeSync();
      instance.closeSync();
      await rename(`${path}.old`, path);
      add.size = (await stat(path)).size;
    }
  }
  await writeFile(log, `${actions.map((action) => JSON.stringify(action)).join('\n')}\n`);
  await lake.reopen();
}
