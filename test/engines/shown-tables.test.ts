/** Tables as the embedded engine shows them: read in place, or kept where many small files are read often. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DeltaColumn } from '../../src/delta/schema.ts';
import { openSession } from '../../src/engines/duckdb/session.ts';
import { openSqlConnection } from '../../src/engines/duckdb/sql-connection.ts';
import { openWriter } from '../../src/engines/duckdb/writer.ts';
import type { TableDefinition } from '../../src/engines/table.ts';
import { load, localContext, useDuckDB, useFolders } from '../delta/support.ts';

const duckdb = useDuckDB();
const newFolder = useFolders();

const COLUMNS: DeltaColumn[] = [
  { name: 'day', type: 'date', nullable: true },
  { name: 'number', type: 'long', nullable: true },
];
const TABLE: TableDefinition = {
  ...{ name: 't', root: 't', columns: COLUMNS, partitionBy: ['day'], configuration: {} },
};

/** Whether the rows are still there when the files are not. */
async function isKept(days: number, reads: 'once' | 'often', rowsOfDay = 1): Promise<boolean> {
  const folder = await newFolder();
  const delta = localContext(folder, duckdb.checkpointFiles);
  const connection = await openSqlConnection({
    ...{ memoryLimitBytes: 300e6, threads: 2, spillFolder: '' },
  });
  try {
    await connection.run(
      `CREATE TEMP VIEW rows AS
       SELECT DATE '2026-01-01' + CAST(r % ${days} AS INT) AS day, CAST(hash(r) >> 1 AS BIGINT) AS number
       FROM range(${days * rowsOfDay}) AS t(r)`,
    );
    await openWriter(connection, delta).append({ table: TABLE, base: undefined, from: 'rows' });
    const snapshot = await load(delta);
    const session = openSession(connection, delta);
    await session.showTable(TABLE, snapshot, { kind: 'all' }, 'shown', reads);
    const count = async (): Promise<number> =>
      Number((await session.query('SELECT count(number) FROM shown'))[0]?.[0]);
    expect(await count()).toBe(days * rowsOfDay);
    await rm(join(folder, 't'), { recursive: true });
    return await count().then(
      (found) => found === days * rowsOfDay,
      () => false,
    );
  } finally {
    connection.close();
  }
}

describe('a table of many small files', () => {
  it('is read once where several statements read it', async () => {
    expect(await isKept(20, 'often')).toBe(true);
  });

  it('is read in place where one statement does', async () => {
    expect(await isKept(20, 'once')).toBe(false);
  });

  it('is read in place where files are few, or not small', async () => {
    expect(await isKept(3, 'often')).toBe(false);
    expect(await isKept(20, 'often', 10_000)).toBe(false);
  });
});
