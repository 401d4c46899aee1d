/** Statements that wait for the next one, against a connection that notes what it is sent. */
import { makeVector, Table, tableToIPC } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { type SparkConnection, SparkError } from '../../src/engines/spark/connect/index.ts';
import { openSqlConnection } from '../../src/engines/spark/sql-connection.ts';

interface Options {
  given?: readonly { name: string }[];
}

const ONE_ROW = tableToIPC(new Table({ n: makeVector(Int32Array.of(1)) }), 'stream');

async function openNoting(fail: (sql: string) => boolean = () => false, master = 'spark://m') {
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
    getConfig: async () => ({ 'spark.master': master }),
    run: async (sql: string, { given = [] }: Options = {}) =>
      note([...given.map(({ name }) => `${name}:`), sql].join(' ')),
    select: async (sql: string) => {
      note(sql);
      return { columns: [], batches: (async function* () {})() };
    },
    reply: async (sql: string, { given = [] }: Options = {}) => {
      note([...given.map(({ name }) => `${name}:`), sql].join(' '));
      return ONE_ROW;
    },
    collect: async (sql: string) => {
      note(sql);
      return ONE_ROW;
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

describe('on a local Spark', () => {
  const openLocal = (fail?: (sql: string) => boolean) => openNoting(fail, 'local[2]');

  test('few rows are given to the next script, and a write and a small result come with it', async () => {
    const { sent, connection } = await openLocal();
    await connection.defineRows('r', new Uint8Array(8), 'n INT');
    connection.defer('CREATE VIEW a');
    await connection.write('INSERT');
    connection.defineParts(['b', 'c'], ONE_ROW);
    expect(await connection.rows('SELECT 1')).toEqual([[1]]);
    connection.defer('CREATE VIEW d');
    expect(await connection.collect('SELECT 2', 1000)).toEqual({ stream: ONE_ROW, rowCount: 1 });
    expect(sent).toEqual([
      'given_1: BEGIN CREATE OR REPLACE TEMPORARY VIEW `r` AS SELECT * FROM given_1 ; CREATE VIEW a ; INSERT ; END',
      'given_2: BEGIN CREATE OR REPLACE TEMPORARY VIEW `b` AS SELECT part_0.* FROM given_2 WHERE part = 0 ; CREATE OR REPLACE TEMPORARY VIEW `c` AS SELECT part_1.* FROM given_2 WHERE part = 1 ; SELECT 1 ; END',
      'BEGIN CREATE VIEW d ; SELECT * FROM ( SELECT 2 ) LIMIT 50000 ; END',
    ]);
  });

  test('many rows are not held back, and a result that is no answer is asked for by itself', async () => {
    const { sent, connection } = await openLocal((sql) => {
      if (sql.includes('LIMIT')) {
        throw new SparkError('query_failed', 'remaining batches', {}, {});
      }
      return false;
    });
    connection.defer('CREATE VIEW a');
    await connection.defineRows('r', new Uint8Array(2_000_000));
    connection.defer('CREATE VIEW b');
    expect(await connection.collect('SELECT 1', 1000)).toEqual({ stream: ONE_ROW, rowCount: 1 });
    expect(sent).toEqual([
      'BEGIN CREATE VIEW a ; END',
      'rows r',
      'BEGIN CREATE VIEW b ; SELECT * FROM ( SELECT 1 ) LIMIT 50000 ; END',
      'BEGIN CREATE VIEW b ; END',
      'SELECT 1',
    ]);
  });
});

test('a Spark without scripts is refused', async () => {
  const old = {
    sparkVersion: '3.5.6',
    setConfig: async () => {},
    getConfig: async () => ({}),
    run: async (sql: string) => {
      if (sql.startsWith('BEGIN')) {
        throw new SparkError('query_failed', 'syntax error', {}, {});
      }
    },
  } as unknown as SparkConnection;
  await expect(openSqlConnection(old)).rejects.toMatchObject({
    code: 'config_invalid',
    message: 'this server runs Spark 3.5.6, which lacks SQL scripts (BEGIN … END)',
  });
});
