/** How many threads DuckDB works with. */
import { expect, it } from 'vitest';
import { openSqlConnection } from '../../src/engines/duckdb/sql-connection.ts';

it('little is read by one thread; much, and what comes after it, by all', async () => {
  const connection = await openSqlConnection({
    ...{ memoryLimitBytes: 200e6, threads: 3, spillFolder: '' },
  });
  const threads = async (): Promise<number> =>
    Number((await connection.rows(`SELECT current_setting('threads')`))[0]?.[0]);
  try {
    await connection.expectBytes(100_000);
    expect(await threads()).toBe(1);
    await connection.expectBytes(100_000_000);
    expect(await threads()).toBe(3);
    expect(await connection.withOneThread(threads)).toBe(1);
    await expect(connection.withOneThread(() => connection.run('SELECT'))).rejects.toThrow();
    await connection.expectBytes(100_000);
    expect(await threads()).toBe(3);
  } finally {
    connection.close();
  }
});
