/** Statements that wait for the next one, against a connection that notes what it is sent. */
import { describe, expect, test } from 'vitest';
import type { SparkConnection } from '../../src/engines/spark/connect/index.ts';
import { openSqlConnection } from '../../src/engines/spark/sql-connection.ts';

async function openNoting(fail: (sql: string) => boolean = () => false) {
  const sent: string[] = [];
  const note = (sql: string): void => {
    sent.push(sql.replaceAll(/\s+/g, ' '));
    if (fail(sql)) {
      throw new Error('no');
    }
  };
  const connection = {
    sparkVersion: '4.2.0',
    setConfig: async () => {},
    getConfig: async () => ({}),
    run: async (sql: string) => note(sql),
    select: async (sql: string) => {
      note(sql);
      return { columns: [], batches: (async function* () {})() };
    },
    query: async (sql: string) => {
      note(sql);
      return { columns: [], batches: (async function* () {})() };
    },
    defineRows: async (name: string) => note(`rows ${name}`),
    close: async () => {},
  } as unknown as SparkConnection;
  return { sent, connection: await openSqlConnection(connection) };
}

describe('a deferred statement', () => {
  test('goes with the next small query, in the order of the calls, in one script', async () => {
    const { sent, connection } = await openNoting();
    connection.defer('CREATE VIEW a -- first');
    connection.defer('CREATE VIEW b');
    await connection.rows('SELECT 1');
    await connection.rows('SELECT 2');
    expect(sent).toEqual([
      'BEGIN CREATE VIEW a -- first ; CREATE VIEW b ; SELECT 1 ; END',
      'SELECT 2',
    ]);
  });

  test('runs before a statement that goes by itself: a write, a large query, a query of the user, rows', async () => {
    const { sent, connection } = await openNoting();
    connection.defer('a');
    await connection.run('INSERT');
    connection.defer('b');
    for await (const _ of connection.rowBatches('SELECT 1')) {
      // There are none.
    }
    connection.defer('c');
    await connection.namedRows('SELECT 2');
    connection.defer('d');
    await connection.defineRows('r', new Uint8Array(), '');
    expect(sent).toEqual([
      ...['BEGIN a ; END', 'INSERT'],
      ...['BEGIN b ; END', 'SELECT 1'],
      ...['BEGIN c ; END', 'SELECT 2'],
      ...['BEGIN d ; END', 'rows r'],
    ]);
  });

  test('tells that it has run, and fails with the call that it goes with', async () => {
    const { sent, connection } = await openNoting((sql) => sql.includes('bad'));
    const done: string[] = [];
    connection.defer('good', async () => {
      done.push('good');
    });
    await connection.rows('SELECT 1');
    connection.defer('bad', async () => {
      done.push('bad');
    });
    await expect(connection.run('INSERT')).rejects.toThrow('no');
    expect(done).toEqual(['good']);
    expect(sent).not.toContain('INSERT');
    await connection.run('INSERT');
    expect(sent.at(-1)).toBe('INSERT');
  });

  test('has run before a call that was made while it was on its way', async () => {
    const { sent, connection } = await openNoting();
    connection.defer('CREATE VIEW a');
    await Promise.all([connection.rows('SELECT 1 FROM a'), connection.rows('SELECT 2 FROM a')]);
    expect(sent).toEqual(['BEGIN CREATE VIEW a ; SELECT 1 FROM a ; END', 'SELECT 2 FROM a']);
  });

  test('never runs when nothing follows it', async () => {
    const { sent, connection } = await openNoting();
    connection.defer('DROP VIEW a');
    await connection.close();
    expect(sent).toEqual([]);
  });
});

test('a Spark without scripts is refused', async () => {
  const old = { sparkVersion: '3.5.6' } as unknown as SparkConnection;
  await expect(openSqlConnection(old)).rejects.toMatchObject({
    code: 'config_invalid',
    message: 'this server runs Spark 3.5.6, and Clicklake needs Spark 4 or newer',
  });
});
