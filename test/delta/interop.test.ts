import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from '../../src/delta/checkpoint.ts';
import type { NewFile, TableShape } from '../../src/delta/commit.ts';
import type { DeltaContext } from '../../src/delta/context.ts';
import { encodeFilePath } from '../../src/delta/file-path.ts';
import { classicCheckpointPath, commitPath } from '../../src/delta/log-paths.ts';
import { type DeltaColumn, schemaFromColumns } from '../../src/delta/schema.ts';
import type { Snapshot } from '../../src/delta/snapshot.ts';
import { parseStatistics } from '../../src/delta/statistics.ts';
import { readRows, writeDataFiles } from './data-files.ts';
import { hasPython, runPython } from './python.ts';
import { encodeZ85, serializeVector, vectorFile } from './roaring-writer.ts';
import { commitTo, load, localContext, useDuckDB, useFolders } from './support.ts';

const duckdb = useDuckDB();
const newFolder = useFolders();

const column = (name: string, type: DeltaColumn['type'], comment?: string): DeltaColumn => ({
  name,
  type,
  nullable: true,
  ...(comment === undefined ? {} : { comment }),
});
const SHAPE: TableShape = {
  schema: schemaFromColumns([
    column('id', 'long', 'Identifies the row: “ü”.'),
    column('name', 'string'),
    column('day', 'date'),
    column('at', 'timestamp'),
    column('price', 'decimal(18,2)'),
    column('ratio', 'double'),
    column('ok', 'boolean'),
  ]),
  partitionColumns: ['day'],
  configuration: { 'clicklake.note': 'a "quoted" ü' },
};

/** Rows with ids beyond 2^53, long names, nulls, and days of which one is null. */
function someRows(from: number, to: number, big = 0n): string {
  return `
    SELECT i + ${big} AS id, CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN repeat('é😀', 40) || i ELSE 'n ' || i END AS name,
      CASE WHEN i % 5 = 0 THEN NULL ELSE DATE '2024-05-01' + (i % 3)::INTEGER END AS day,
      TIMESTAMPTZ '2024-05-01 12:00:00.123456Z' + to_microseconds(i) AS at,
      (i * 1.25)::DECIMAL(18,2) AS price, i / 8 AS ratio, i % 2 = 0 AS ok
    FROM range(${from}, ${to}) AS numbers(i)`;
}

interface PythonTable {
  version: number;
  protocol: [number, number];
  partitionColumns: string[];
  configuration: Record<string, string>;
  comment: string;
  transaction: number;
  fileCount: number;
  rows: unknown[][];
}

async function newTable(): Promise<{ context: DeltaContext; path: string }> {
  const folder = await newFolder();
  const context = localContext(folder, duckdb.checkpointFiles);
  return { context, path: join(folder, 't') };
}

const rowsOf = (context: DeltaContext, snapshot: Snapshot) =>
  readRows(context, duckdb.connection, snapshot);
const filesOf = (path: string, query: string): Promise<NewFile[]> =>
  writeDataFiles(duckdb.connection, path, SHAPE.schema, query);

describe.skipIf(!hasPython())('delta-rs and Polars (Python)', () => {
  /** A table of ours with a checkpoint, removed files, a transaction and odd values. */
  async function ourTable(context: DeltaContext, path: string): Promise<Snapshot> {
    let table = await commitTo(context, undefined, { metadata: SHAPE });
    for (let version = 1; version <= 12; version += 1) {
      const query = someRows(version * 10, version * 10 + 10, version > 10 ? 2n ** 60n : 0n);
      table = await commitTo(context, table, {
        metadata: SHAPE,
        adds: await filesOf(path, query),
        removes: version === 5 ? table.files.slice(0, 2) : [],
        txn: { appId: 'app', version, expectedVersion: version === 1 ? undefined : version - 1 },
      });
    }
    return table;
  }

  it('read our tables as we do, from commits and from our checkpoint', async () => {
    const { context, path } = await newTable();
    const table = await ourTable(context, path);
    const expected = {
      version: 12,
      protocol: [1, 2],
      partitionColumns: ['day'],
      configuration: SHAPE.configuration,
      comment: 'Identifies the row: “ü”.',
      transaction: 12,
      fileCount: table.files.length,
      rows: await rowsOf(context, table),
    };
    expect(await runPython('interop.py', 'read', path)).toEqual(expected);
    // The last version is itself a checkpoint then, and no commit before it is left.
    await writeCheckpoint(context, table);
    for (let version = 0; version < 12; version += 1) {
      await context.storage.delete(commitPath('t', version));
    }
    await context.storage.delete(classicCheckpointPath('t', 10));
    expect(await runPython('interop.py', 'read', path)).toEqual(expected);
    expect(await rowsOf(context, await load(context))).toEqual(expected.rows);
  });

  it('find a row by our statistics, to the last digit', async () => {
    const { context, path } = await newTable();
    await ourTable(context, path);
    const id = 2n ** 60n + 113n;
    expect(await runPython('interop.py', 'find', path, String(id))).toEqual([1, 1]);
    expect(await runPython('interop.py', 'find', path, String(id + 100n))).toEqual([0, 0]);
  });

  it('go on with our tables, and we with theirs after that', async () => {
    const { context, path } = await newTable();
    let table = await commitTo(context, undefined, {
      metadata: SHAPE,
      adds: await filesOf(path, someRows(1, 10)),
      txn: { appId: 'app', version: 5, expectedVersion: undefined },
    });
    const theirs = await runPython<PythonTable>('interop.py', 'go_on', path);
    table = await load(context);
    expect(theirs).toMatchObject({ version: 4, protocol: [1, 2], transaction: 5 });
    expect(table).toMatchObject({ version: 4, txns: new Map([['app', 5]]) });
    expect(await rowsOf(context, table)).toEqual(theirs.rows);
    expect(theirs.rows.map(([id]) => id)).toEqual([
      '1',
      '3',
      '4',
      '5',
      '501',
      '502',
      '6',
      '7',
      '8',
      '9',
    ]);

    const ours = await commitTo(context, table, {
      metadata: { ...SHAPE, schema: table.metadata.schema },
      adds: await filesOf(path, someRows(700, 705)),
      removes: table.files.slice(0, 1),
      txn: { appId: 'app', version: 6, expectedVersion: 5 },
    });
    const again = await runPython<PythonTable>('interop.py', 'read', path);
    expect(again).toMatchObject({ version: 5, transaction: 6, protocol: [1, 2] });
    expect(again.rows).toEqual(await rowsOf(context, ours));
  });

  it('write tables that we read, every version of them', async () => {
    const { context, path } = await newTable();
    const history = await runPython<unknown[][][]>('interop.py', 'create', path);
    expect(history).toHaveLength(7);
    for (const [version, rows] of history.entries()) {
      const snapshot = await load(context, { version });
      expect(await rowsOf(context, snapshot), `version ${version}`).toEqual(rows);
      for (const file of snapshot.files) {
        const statistics = parseStatistics(file.stats, snapshot.metadata.schema);
        expect(statistics?.rowCount).toBeGreaterThan(0);
        expect(typeof statistics?.column('id').min).toBe('bigint');
      }
    }
    for (const version of [0, 1, 2, 3, 4]) {
      await context.storage.delete(commitPath('t', version));
    }
    const latest = await load(context);
    expect(latest.txns).toEqual(new Map([['app', 7]]));
    expect(await rowsOf(context, latest)).toEqual(history.at(-1));
  });

  it('apply deletion vectors as we do, inline and stored', async () => {
    const { context, path } = await newTable();
    const files = await filesOf(path, someRows(0, 1000));
    const table = await commitTo(context, undefined, { metadata: SHAPE, adds: files });
    const vectors = files.map((_, index) => {
      const rows = [0, 2 + index, ...Array.from({ length: 60 }, (_, row) => 20 + row)];
      return { rows, bytes: serializeVector(rows, { runs: index % 2 === 0 }) };
    });
    const uuid = Buffer.from('d2c639aa8816431aaaf6d3fe2512ff61', 'hex');
    const stored = vectorFile(vectors.map(({ bytes }) => bytes));
    await context.storage.write(
      't/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin',
      stored.bytes,
    );
    const features = ['deletionVectors'];
    const actions = [
      { commitInfo: { operation: 'DELETE' } },
      {
        protocol: {
          ...{ minReaderVersion: 3, minWriterVersion: 7 },
          ...{ readerFeatures: features, writerFeatures: features },
        },
      },
      ...files.flatMap((file, index) => {
        const { rows, bytes } = vectors[index]!;
        const common = { sizeInBytes: bytes.length, cardinality: rows.length };
        const encoded = encodeFilePath(file.path);
        const shared = { path: encoded, partitionValues: file.partitionValues, dataChange: true };
        const deletionVector =
          index % 2 === 0
            ? { storageType: 'i', pathOrInlineDv: encodeZ85(bytes), ...common }
            : {
                storageType: 'u',
                pathOrInlineDv: encodeZ85(uuid),
                offset: stored.offsets[index],
                ...common,
              };
        return [
          { remove: { ...shared, deletionTimestamp: 1 } },
          {
            add: {
              ...shared,
              size: file.sizeBytes,
              modificationTime: 1,
              stats: file.stats,
              deletionVector,
            },
          },
        ];
      }),
    ];
    const lines = actions.map((action) => `${JSON.stringify(action)}\n`).join('');
    await context.storage.write(commitPath('t', 1), Buffer.from(lines));

    const ours = await rowsOf(context, await load(context));
    const before = (await rowsOf(context, table)).length;
    const deletedCount = vectors.reduce((sum, { rows }) => sum + rows.length, 0);
    expect(ours).toHaveLength(before - deletedCount);
    expect(await runPython('interop.py', 'query', path)).toEqual(ours);
  });
});
