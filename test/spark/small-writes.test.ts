/** Writes on Spark, by its own Delta Lake and by ours for few rows: the same rows, and each exactly once. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readCommitInfo } from '../../src/delta/commit-info.ts';
import { loadSnapshot, type Snapshot } from '../../src/delta/snapshot.ts';
import { duckdbCheckpointFiles } from '../../src/engines/duckdb/checkpoint-files.ts';
import {
  type SqlConnection as DuckdbConnection,
  openSqlConnection as openDuckdb,
} from '../../src/engines/duckdb/sql-connection.ts';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import { NO_SMALL_WRITES, openSmallWrites } from '../../src/engines/spark/small-writes.ts';
import { openSqlConnection, type SqlConnection } from '../../src/engines/spark/sql-connection.ts';
import { openStaging } from '../../src/engines/spark/staging.ts';
import { openWork } from '../../src/engines/spark/work.ts';
import { openWriter } from '../../src/engines/spark/writer.ts';
import type { TableDefinition } from '../../src/engines/table.ts';
import type { MergeRequest, WriteResult } from '../../src/engines/writer.ts';
import { openLocalStorage } from '../../src/storage/local.ts';
import { useFolders } from '../delta/support.ts';
import { SPARK_URL } from '../fixtures/both-engines.ts';

vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 300_000 });

/** A root that ends in `by_date` has files by date in place of partitions. */
const tableAt = (root: string): TableDefinition => ({
  name: 'lines',
  root,
  columns: [
    { name: 'order_id', type: 'string', nullable: true },
    { name: 'line', type: 'integer', nullable: true },
    { name: 'count', type: 'long', nullable: true },
    { name: 'price', type: 'decimal(18,2)', nullable: true },
    { name: 'at', type: 'timestamp', nullable: true },
    { name: 'day', type: 'date', nullable: true },
    { name: 'is_gift', type: 'boolean', nullable: true },
    { name: 'share', type: 'double', nullable: true },
  ],
  ...(root.endsWith('by_date') ? { partitionBy: [], filesBy: 'day' } : { partitionBy: ['day'] }),
  configuration: {},
});

/** Lines of an order, each with values at the edges of their types, or without. */
const lines = (order: string, first: number, last: number, day = '2026-01-05'): string => `
  SELECT '${order}' AS order_id, CAST(id AS INT) AS line, 9007199254740993 * id AS count,
    CAST(-0.05 * id AS DECIMAL(18,2)) AS price, timestamp_micros(1767600000123456 + id) AS at,
    DATE '${day}' AS day, id = 1 AS is_gift, CASE WHEN id > 1 THEN 1 / 3D END AS share
  FROM range(${first}, ${last + 1})`;

const manyLines = (count: number): string => `
  SELECT 'd' AS order_id, CAST(id AS INT) AS line, id AS count, CAST(id AS DECIMAL(18,2)) AS price,
    timestamp_micros(id) AS at, DATE '2026-01-05' AS day, false AS is_gift, CAST(id AS DOUBLE) AS share
  FROM range(1, ${count + 1})`;

const newFolder = useFolders();

describe.skipIf(SPARK_URL === undefined)('a write of few rows on Spark', () => {
  let spark: SqlConnection;
  let duckdb: DuckdbConnection;
  let folder: string;
  beforeEach(async () => {
    folder = await newFolder();
    spark = await openSqlConnection(await connectSpark(parseConnectionString(SPARK_URL ?? '')));
    duckdb = await openDuckdb({ memoryLimitBytes: 500e6, threads: 1, spillFolder: folder });
  });
  afterEach(async () => {
    await spark.close();
    duckdb.close();
  });

  function openBoth() {
    const storage = openLocalStorage(folder);
    const delta = { storage, checkpointFiles: duckdbCheckpointFiles(duckdb.driver) };
    let work: ReturnType<typeof openWork> | undefined;
    const openOnce = () => {
      work ??= openWork(storage);
      return work;
    };
    const staging = openStaging(spark, openOnce, { areSmall: true });
    const tables = { connection: spark, delta, lake: storage.url };
    const small = openSmallWrites(duckdb, delta, staging);
    const ours = openWriter(tables, staging, small, undefined);
    const sparks = openWriter(tables, staging, NO_SMALL_WRITES, undefined);
    const nameOf = (root: string) => `delta.\`${storage.url}/${root}\``;
    return {
      ...{ staging, ours, sparks, nameOf },
      rows: (root: string) => spark.rows(`SELECT * FROM ${nameOf(root)} ORDER BY order_id, line`),
      async writtenBy({ root, version }: Snapshot) {
        const { engineInfo } = await readCommitInfo(delta, root, version);
        return engineInfo?.startsWith('Apache-Spark') ? 'Spark' : 'us';
      },
      /** A table whose first rows are there. */
      async begin(root: string): Promise<Snapshot> {
        const first = [lines('a', 1, 2), lines('b', 1, 2, '2026-01-06'), lines('c', 1, 1)];
        await staging.stage('first', first.join(' UNION ALL '));
        const table = tableAt(root);
        const request = { table, base: undefined, from: 'first', txn: txn(1) };
        return committed(await ours.append(request));
      },
      /** What replaces lines of a, c and d. */
      async stageNext(): Promise<void> {
        await staging.stage('next', `${lines('a', 2, 4)} UNION ALL ${lines('d', 1, 1)}`);
        const keys = `array('a', 'c', 'd', 'd', NULL)`;
        await staging.stage('touched', `SELECT explode(${keys}) AS order_id`);
      },
    };
  }

  const merge = (base: Snapshot, version: number): MergeRequest => ({
    ...{ table: tableAt(base.root), base, from: 'next', key: 'order_id', keys: 'touched' },
    ...{ on: { column: 'day', dates: new Set(['2026-01-05']) }, txn: txn(version) },
  });

  it.each([
    ['partitions', 'gold/one', 'gold/other'],
    ['files by date', 'gold/one_by_date', 'gold/other_by_date'],
  ])(
    'replaces several rows of one key by several, whoever writes: %s',
    async (_, root, another) => {
      const { ours, sparks, begin, stageNext, rows, writtenBy } = openBoth();
      const [one, other] = [await begin(root), await begin(another)];
      expect(await writtenBy(one)).toBe('Spark');
      await stageNext();
      const bySpark = committed(await sparks.merge(merge(one, 2)));
      const byUs = committed(await ours.merge(merge(other, 2)));
      expect([await writtenBy(bySpark), await writtenBy(byUs)]).toEqual(['Spark', 'us']);
      const found = await rows(root);
      expect(found.map(([order, line]) => `${order}${line}`)).toEqual([
        'a2',
        'a3',
        'a4',
        'b1',
        'b2',
        'd1',
      ]);
      expect(await rows(another)).toEqual(found);
    },
  );

  it('happens once, and not on a table that somebody else has changed', async () => {
    const { ours, sparks, begin, stageNext, rows } = openBoth();
    const base = await begin('gold/one');
    await stageNext();
    await ours.merge(merge(base, 2));
    const found = await rows('gold/one');
    for (const writer of [ours, sparks]) {
      expect(await writer.merge(merge(base, 2))).toMatchObject({ kind: 'superseded' });
      expect(await writer.merge(merge(base, 3))).toMatchObject({ kind: 'conflict' });
    }
    expect(await rows('gold/one')).toEqual(found);
  });

  it('is Spark’s where the table asks for what only Spark does', async () => {
    const { ours, begin, stageNext, nameOf, rows, writtenBy } = openBoth();
    const { root } = await begin('gold/one');
    await spark.run(
      `ALTER TABLE ${nameOf(root)} SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')`,
    );
    const base = await load(root);
    await stageNext();
    const after = committed(await ours.merge(merge(base, 2)));
    expect(await writtenBy(after)).toBe('Spark');
    expect(await rows(root)).toHaveLength(6);
  });

  it('takes what was fetched before, and not what got the name since', async () => {
    const { ours, staging, begin, rows, writtenBy } = openBoth();
    const table = tableAt('gold/one');
    let base = await begin(table.root);
    await spark.run(`CREATE OR REPLACE TEMPORARY VIEW next AS ${lines('e', 1, 1)}`);
    const request = { table, base, from: 'next', rows: 'all' as const, txn: txn(2) };
    await ours.prepareWrites?.([request]);
    base = committed(await ours.replace(request));
    expect(await writtenBy(base)).toBe('us');
    expect((await rows(table.root)).map(([order]) => order)).toEqual(['e']);

    await ours.prepareWrites?.([{ ...request, base }]);
    staging.replaced('next');
    await spark.run(`CREATE OR REPLACE TEMPORARY VIEW next AS ${lines('f', 1, 1)}`);
    await ours.replace({ ...request, base, txn: txn(3) });
    expect((await rows(table.root)).map(([order]) => order)).toEqual(['f']);
  });

  it('takes rows that are prepared together and too many to fetch', async () => {
    const { ours, begin, nameOf, writtenBy } = openBoth();
    const sizes = { few: 2, many: 200_001 };
    const requests = [];
    for (const [from, count] of Object.entries(sizes)) {
      const base = await begin(`gold/${from}`);
      await spark.run(`CREATE OR REPLACE TEMPORARY VIEW ${from} AS ${manyLines(count)}`);
      requests.push({ table: tableAt(base.root), base, from, rows: 'all' as const, txn: txn(2) });
    }
    await ours.prepareWrites?.(requests);
    const writers = [];
    for (const request of requests) {
      writers.push(await writtenBy(committed(await ours.replace(request))));
    }
    expect(writers).toEqual(['us', 'us']);
    for (const [from, count] of Object.entries(sizes)) {
      const sums = 'count(*), sum(line), sum(price)';
      const [found] = await spark.rows(`SELECT ${sums} FROM ${nameOf(`gold/${from}`)}`);
      const [expected] = await spark.rows(`SELECT ${sums} FROM (${manyLines(count)})`);
      expect([from, found]).toEqual([from, expected]);
    }
  });

  it('has a large table replaced from files, and small ones from what is fetched', async () => {
    const { ours, staging, begin, nameOf, writtenBy } = openBoth();
    await spark.run(`CREATE OR REPLACE TEMPORARY VIEW many AS ${manyLines(200_001)}`);
    const whole = { from: 'many', rows: 'all' as const };
    const first = { ...whole, table: tableAt('gold/large'), base: await begin('gold/large') };
    const large = { ...first, base: committed(await ours.replace({ ...first, txn: txn(2) })) };
    await spark.run(`CREATE OR REPLACE TEMPORARY VIEW few AS ${lines('e', 1, 1)}`);
    const small = { ...large, table: tableAt('gold/small'), base: await begin('gold/small') };
    await ours.prepareWrites?.([{ ...small, from: 'few' }, large]);
    expect(await staging.here('few')).toMatchObject({ kind: 'rows' });
    expect(await staging.here('many')).toMatchObject({ kind: 'folder' });

    const written = committed(await ours.replace({ ...large, txn: txn(3) }));
    expect(await writtenBy(written)).toBe('us');
    expect(written.version).toBeGreaterThan(large.base.version);
    expect(await spark.rows(`SELECT count(*) FROM ${nameOf('gold/large')}`)).toEqual([[200_001n]]);
  });

  async function load(root: string): Promise<Snapshot> {
    const checkpointFiles = duckdbCheckpointFiles(duckdb.driver);
    const found = await loadSnapshot({ storage: openLocalStorage(folder), checkpointFiles }, root);
    if (found === undefined) {
      throw new Error(`no table ${root}`);
    }
    return found;
  }
});

function txn(version: number) {
  return { appId: 'test', version, expectedVersion: version === 1 ? undefined : version - 1 };
}

function committed(result: WriteResult): Snapshot {
  if (result.kind !== 'committed') {
    throw new Error(`not committed: ${JSON.stringify(result)}`);
  }
  return result.snapshot;
}
