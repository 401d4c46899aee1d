/** Queries with a name, which DuckDB does not know: statements carry those that they read. */
import { describe, expect, it } from 'vitest';
import {
  createTable,
  dropRelation,
  makeViews,
  nameQuery,
  withQueries,
} from '../../src/engines/duckdb/relations.ts';
import { openSqlConnection, type SqlConnection } from '../../src/engines/duckdb/sql-connection.ts';

async function withConnection(use: (connection: SqlConnection) => Promise<void>): Promise<void> {
  const connection = await openSqlConnection({
    ...{ memoryLimitBytes: 200e6, threads: 2, spillFolder: '' },
  });
  try {
    await createTable(connection, 'numbers', { select: 'SELECT range AS n FROM range(10)' });
    await nameQuery(
      connection,
      'even',
      `-- even: of odd no word\nSELECT n FROM numbers WHERE n % 2 = 0 -- end`,
    );
    await nameQuery(connection, 'large_even', 'SELECT n FROM Even WHERE n > 5');
    await use(connection);
  } finally {
    connection.close();
  }
}

const values = async (connection: SqlConnection, sql: string): Promise<string[]> =>
  (await connection.rows(withQueries(connection, sql))).map(String);

describe('a named query', () => {
  it('is found by statements that read it, and by queries that it reads', () =>
    withConnection(async (connection) => {
      expect(await values(connection, 'SELECT n FROM large_even ORDER BY n DESC')).toEqual([
        '8',
        '6',
      ]);
      expect(await values(connection, 'FROM large_even WHERE n > 6')).toEqual(['8']);
      expect(withQueries(connection, 'SELECT 1 FROM numbers')).toBe('SELECT 1 FROM numbers');
    }));

  it('is not found in texts and comments, but in quotes for names', () =>
    withConnection(async (connection) => {
      const unread = `SELECT 'it''s even' AS a -- the even ones' number\n, /* large_even */ 1 AS b, e'\\' even', $$it's even$$, $x$ even $x$`;
      expect(withQueries(connection, unread)).toBe(unread);
      const read = `SELECT n -- the shop's\nFROM "even" WHERE 'x' <> 'y' AND n > 7`;
      expect(await values(connection, read)).toEqual(['8']);
    }));

  it('comes before the WITH of a statement, whose names hide it', () =>
    withConnection(async (connection) => {
      const sorted = `-- a comment\nWITH x AS (SELECT n + 1 AS m FROM even) SELECT m FROM x ORDER BY m DESC LIMIT 2`;
      expect(await values(connection, sorted)).toEqual(['9', '7']);
      const hidden =
        'WITH even AS (SELECT 7 AS n), y AS (SELECT n FROM large_even) SELECT n FROM even';
      expect(await values(connection, hidden)).toEqual(['7']);
      const recursive = `WITH RECURSIVE r AS (SELECT 6 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 9)
        SELECT n FROM r JOIN large_even USING (n)`;
      expect((await values(connection, recursive)).sort()).toEqual(['6', '8']);
    }));

  it('reads what a name stands for when it is read', () =>
    withConnection(async (connection) => {
      await makeViews(connection, 'SELECT * FROM LARGE_EVEN');
      expect((await connection.rows('SELECT count(*) FROM large_even')).map(String)).toEqual(['2']);
      await nameQuery(connection, 'even', 'SELECT 100 AS n');
      expect(await values(connection, 'SELECT n FROM large_even')).toEqual(['100']);
      await makeViews(connection, 'large_even');
      expect((await connection.rows('SELECT n FROM large_even')).map(String)).toEqual(['100']);
      await createTable(connection, 'even', { select: 'SELECT 50 AS n' });
      expect(await values(connection, 'SELECT n FROM large_even')).toEqual(['50']);
      await nameQuery(connection, 'numbers', 'SELECT 1 AS n');
      expect(await values(connection, 'SELECT n FROM numbers')).toEqual(['1']);
    }));

  it('is gone when it is dropped', () =>
    withConnection(async (connection) => {
      await makeViews(connection, 'even');
      for (const name of ['even', 'numbers', 'nothing']) {
        await dropRelation(connection, name);
        await expect(values(connection, `SELECT * FROM ${name}`)).rejects.toThrow('does not exist');
      }
    }));
});
