/** How many threads DuckDB works with. */
import { expect, it } from 'vitest';
import { createTable } from '../../src/engines/duckdb/relations.ts';
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

it('small statements run several at a time and see the same tables; an error ends all of them', async () => {
  const connection = await openSqlConnection({
    ...{ memoryLimitBytes: 400e6, threads: 3, spillFolder: '' },
  });
  try {
    await connection.expectBytes(100_000_000);
    await createTable(connection, 'numbers', { select: 'SELECT range AS n FROM range(1000)' });
    const sums = Array.from({ length: 20 }, (_, part) => {
      const rows = `numbers WHERE n % 20 = ${part}`;
      return `SELECT ${part}, CAST(sum(n) AS INT), current_setting('threads'), current_setting('TimeZone') FROM ${rows}`;
    });
    expect(await connection.rowsOfSmall(sums)).toEqual(
      sums.map((_, part) => [[part, 24_500 + 50 * part, 1n, 'UTC']]),
    );
    expect(await connection.rows(`SELECT current_setting('threads')`)).toEqual([[3n]]);
    const failing = sums.with(7, 'SELECT * FROM nothing');
    await expect(connection.rowsOfSmall(failing)).rejects.toMatchObject({ code: 'query_failed' });
    expect(await connection.rowsOfSmall([])).toEqual([]);
  } finally {
    connection.close();
  }
});
