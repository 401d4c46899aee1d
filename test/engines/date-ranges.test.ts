/** Tables whose files hold ranges of dates (`filesBy`), as DuckDB writes and reads them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeltaContext } from '../../src/delta/context.ts';
import type { DeltaColumn } from '../../src/delta/schema.ts';
import type { Snapshot } from '../../src/delta/snapshot.ts';
import { openSession } from '../../src/engines/duckdb/session.ts';
import { openSqlConnection, type SqlConnection } from '../../src/engines/duckdb/sql-connection.ts';
import { openWriter } from '../../src/engines/duckdb/writer.ts';
import type { Session } from '../../src/engines/session.ts';
import { dateSpan, type TableDefinition, type TableRows } from '../../src/engines/table.ts';
import type { TableWriter, WriteResult } from '../../src/engines/writer.ts';
import { load, localContext, useDuckDB, useFolders } from '../delta/support.ts';

const duckdb = useDuckDB();
const newFolder = useFolders();

const COLUMNS: DeltaColumn[] = [
  { name: 'id', type: 'string', nullable: true },
  { name: 'day', type: 'date', nullable: true },
  { name: 'number', type: 'long', nullable: true },
];
const TABLE: TableDefinition = {
  ...{ name: 't', root: 't', columns: COLUMNS, partitionBy: [], filesBy: 'day' },
  configuration: {},
};

describe('a table with files by date', () => {
  let connection: SqlConnection;
  let delta: DeltaContext;
  let writer: TableWriter;
  let session: Session;
  beforeEach(async () => {
    delta = localContext(await newFolder(), duckdb.checkpointFiles);
    connection = await openSqlConnection({
      ...{ memoryLimitBytes: 300e6, threads: 2, spillFolder: '' },
    });
    writer = openWriter(connection, delta);
    session = openSession(connection, delta);
  });
  afterEach(() => connection.close());

  /** `count` rows on each of `days` days from `first` on; ids are `<day>/<row>`. */
  async function rows(name: string, first: string, days: number, count: number): Promise<void> {
    await connection.run(
      `CREATE OR REPLACE TABLE ${name} AS
       SELECT day || '/' || r AS id, day, r AS number
       FROM (SELECT CAST(DATE '${first}' + CAST(d AS INT) AS DATE) AS day FROM range(${days}) AS t(d)),
         range(${count}) AS u(r)`,
    );
  }
  async function write(from: string): Promise<Snapshot> {
    return committed(await writer.replace({ table: TABLE, base: undefined, from, rows: 'all' }));
  }
  /** First and last date, and number of rows, of each file. */
  function files({ files: live, metadata }: Snapshot): string[] {
    return live
      .map((file) => dateSpan(file, metadata, 'day'))
      .map((span) => `${span?.first} ${span?.last} ${span?.rowCount}`)
      .sort();
  }
  async function read(
    snapshot: Snapshot,
    wanted: TableRows = { kind: 'all' },
  ): Promise<readonly (readonly unknown[])[]> {
    await session.showTable({ ...TABLE, root: snapshot.root }, snapshot, wanted, 'shown');
    return await session.query(
      'SELECT day, count(*), sum(number) FROM shown GROUP BY day ORDER BY day',
    );
  }

  it('has one file for many dates with few rows', async () => {
    await rows('few', '2026-01-01', 150, 8);
    expect(files(await write('few'))).toEqual(['2026-01-01 2026-05-30 1200']);
  });

  it('has a file for each date with many rows, and one for neighbors with few', async () => {
    await rows('many', '2026-01-03', 2, 25_000);
    await rows('few', '2026-01-01', 2, 10);
    await connection.run('INSERT INTO many FROM few');
    expect(files(await write('many'))).toEqual([
      '2026-01-01 2026-01-02 20',
      '2026-01-03 2026-01-03 25000',
      '2026-01-04 2026-01-04 25000',
    ]);
  });

  it('keeps rows without a date, and shows them with any dates', async () => {
    await rows('many', '2026-01-01', 2, 25_000);
    await connection.run(`INSERT INTO many VALUES ('none', NULL, 7)`);
    const snapshot = await write('many');
    expect(snapshot.files).toHaveLength(2);
    const on = { column: 'day', dates: new Set(['2026-01-02']) };
    expect((await read(snapshot, { kind: 'dates', ...on })).map(([, count]) => count)).toEqual([
      25_000n,
      1n,
    ]);
    await rows('next', '2026-01-01', 1, 3);
    const dates = new Set(['2026-01-01']);
    const replaced = committed(
      await writer.replace({
        ...{ table: TABLE, base: snapshot, from: 'next', rows: { column: 'day', dates } },
      }),
    );
    expect((await read(replaced)).map(([, count]) => count)).toEqual([3n, 25_000n, 1n]);
  });

  it('shows exactly the rows of the dates', async () => {
    await rows('few', '2026-01-01', 10, 2);
    const dates = new Set(['2026-01-02', '2026-01-09', '2027-01-01']);
    const found = await read(await write('few'), { kind: 'dates', column: 'day', dates });
    expect(found.map(([day, count]) => `${day} ${count}`)).toEqual([
      '2026-01-02 2',
      '2026-01-09 2',
    ]);
  });

  it('replaces dates within the files that hold them', async () => {
    await rows('first', '2026-01-01', 4, 12_000);
    const snapshot = await write('first');
    expect(files(snapshot)).toEqual(['2026-01-01 2026-01-02 24000', '2026-01-03 2026-01-04 24000']);
    await rows('next', '2026-01-03', 1, 5);
    const replaced = committed(
      await writer.replace({
        ...{ table: TABLE, base: snapshot, from: 'next' },
        rows: { column: 'day', dates: new Set(['2026-01-03', '2026-02-01']) },
      }),
    );
    expect(files(replaced)).toEqual(['2026-01-01 2026-01-02 24000', '2026-01-03 2026-01-04 12005']);
    expect((await read(replaced)).map(([, count]) => Number(count))).toEqual([
      ...[12_000, 12_000, 5, 12_000],
    ]);
  });

  it('merges keys within the files that hold them', async () => {
    await rows('first', '2026-01-01', 4, 12_000);
    const snapshot = await write('first');
    await connection.run(
      `CREATE TABLE next AS SELECT * FROM (VALUES
         ('2026-01-03/7', DATE '2026-01-04', 100000), ('new', DATE '2026-01-03', 1)) AS v(id, day, number)`,
    );
    await connection.run(
      `CREATE TABLE gone AS SELECT * FROM (VALUES ('2026-01-03/7'), ('2026-01-03/8'), ('new'), (NULL)) AS v(id)`,
    );
    const merged = committed(
      await writer.merge({
        ...{ table: TABLE, base: snapshot, from: 'next', key: 'id', keys: 'gone' },
        on: { column: 'day', dates: new Set(['2026-01-03', '2026-01-04']) },
      }),
    );
    expect(files(merged)).toEqual(['2026-01-01 2026-01-02 24000', '2026-01-03 2026-01-04 24000']);
    const sum = (12_000 * 11_999) / 2;
    expect((await read(merged)).map((row) => row.slice(1).map(Number))).toEqual([
      ...[
        [12_000, sum],
        [12_000, sum],
      ],
      ...[
        [11_999, sum - 7 - 8 + 1],
        [12_001, sum + 100_000],
      ],
    ]);
  });

  it('divides an earlier file of many dates, unless it would be read very often', async () => {
    for (const [days, expected] of [
      [4, 4],
      [12, 1],
    ] as const) {
      await rows('first', '2026-01-01', days, 21_000);
      const undivided = { ...TABLE, root: `of_${days}_days`, filesBy: undefined };
      const base = committed(
        await writer.replace({ table: undivided, base: undefined, from: 'first', rows: 'all' }),
      );
      expect(base.files).toHaveLength(1);
      await rows('next', '2026-01-02', 1, 1);
      const merged = committed(
        await writer.merge({
          ...{ table: { ...TABLE, root: undivided.root }, base, from: 'next' },
          ...{ key: 'id', keys: 'next', on: { column: 'day', dates: new Set(['2026-01-02']) } },
        }),
      );
      expect(merged.files).toHaveLength(expected);
      expect(await read(merged)).toHaveLength(days);
    }
  });

  it('adds later dates to the newest file while that is small', async () => {
    await rows('first', '2026-01-01', 3, 4000);
    let snapshot = await write('first');
    for (const [day, file] of [
      ['2026-01-04', '2026-01-01 2026-01-04 16000'],
      ['2026-01-05', '2026-01-01 2026-01-05 20000'],
      ['2026-01-06', '2026-01-06 2026-01-06 4000'],
    ] as const) {
      await rows('next', day, 1, 4000);
      snapshot = committed(
        await writer.replace({
          ...{ table: TABLE, base: snapshot, from: 'next' },
          rows: { column: 'day', dates: new Set([day]) },
        }),
      );
      expect(files(snapshot)).toContain(file);
    }
    expect(snapshot.files).toHaveLength(2);
    expect((await read(snapshot)).map(([, count]) => count)).toEqual(Array(6).fill(4000n));
  });

  it('compacts small neighbors only', async () => {
    await rows('many', '2026-01-03', 1, 25_000);
    let snapshot = await write('many');
    for (const day of ['2026-01-01', '2026-01-02', '2026-01-05', '2026-01-06']) {
      await rows('next', day, 1, 10);
      const request = { table: TABLE, base: snapshot, from: 'next' };
      snapshot = committed(await writer.append(request));
    }
    const request = { table: TABLE, base: snapshot, targetFileBytes: 128e6 };
    const expected = { filesCompacted: 4, filesWritten: 2, commitCount: 2 };
    expect(await writer.compact({ ...request, dryRun: true })).toEqual(expected);
    expect(await writer.compact({ ...request, dryRun: false })).toEqual(expected);
    const compacted = await load(delta);
    expect(files(compacted)).toEqual([
      ...['2026-01-01 2026-01-02 20', '2026-01-03 2026-01-03 25000', '2026-01-05 2026-01-06 20'],
    ]);
    expect(await read(compacted)).toEqual(await read(snapshot));
    expect(
      (await writer.compact({ ...request, base: compacted, dryRun: true })).filesCompacted,
    ).toBe(0);
  });
});

function committed(result: WriteResult): Snapshot {
  expect(result.kind).toBe('committed');
  return (result as Extract<WriteResult, { kind: 'committed' }>).snapshot;
}
