/** Rows of tables that other writers made, as the embedded engine reads them. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import type { DeltaContext } from '../../src/delta/context.ts';
import type { JsonObject } from '../../src/delta/exact-json.ts';
import { commitPath } from '../../src/delta/log-paths.ts';
import { fileMayContain } from '../../src/delta/pruning.ts';
import type { DeltaColumn } from '../../src/delta/schema.ts';
import type { Snapshot } from '../../src/delta/snapshot.ts';
import { selectRows, tableOf } from '../../src/engines/duckdb/table-view.ts';
import { encodeZ85, serializeVector } from '../delta/roaring-writer.ts';
import { load, localContext, useDuckDB, useFolders } from '../delta/support.ts';

const duckdb = useDuckDB();
const newFolder = useFolders();

type Field = readonly [name: string, type: string, metadata?: JsonObject];

interface ForeignFile {
  path: string;
  /** What is in the Parquet file. */
  query: string;
  fieldIds?: string;
  partitionValues?: Record<string, string | null>;
  stats?: JsonObject;
  deletedRows?: number[];
}

/** Makes a table by its log and its files; each list of files is a commit. */
async function foreignTable(
  fields: readonly Field[],
  commits: readonly (readonly ForeignFile[])[],
  {
    partitionColumns = [],
    configuration = {},
  }: { partitionColumns?: string[]; configuration?: Record<string, string> } = {},
): Promise<{ context: DeltaContext; snapshot: Snapshot }> {
  const folder = await newFolder();
  const context = localContext(folder, duckdb.checkpointFiles);
  const schema = {
    type: 'struct',
    fields: fields.map(([name, type, metadata]) => {
      return { name, type, nullable: true, metadata: metadata ?? {} };
    }),
  };
  const features = ['deletionVectors', 'columnMapping'];
  const shape = [
    {
      protocol: {
        ...{ minReaderVersion: 3, minWriterVersion: 7 },
        ...{ readerFeatures: features, writerFeatures: features },
      },
    },
    {
      metaData: {
        ...{ id: 'id', format: { provider: 'parquet', options: {} }, partitionColumns },
        ...{ schemaString: JSON.stringify(schema), configuration },
      },
    },
  ];
  for (const [version, files] of commits.entries()) {
    const adds: JsonObject[] = [];
    for (const file of files) {
      adds.push(addOf(file, await writeFile(duckdb.connection, join(folder, 't'), file)));
    }
    const lines = [{ commitInfo: {} }, ...(version === 0 ? shape : []), ...adds];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    await context.storage.write(commitPath('t', version), Buffer.from(text));
  }
  return { context, snapshot: await load(context) };
}

async function writeFile(
  connection: DuckDBConnection,
  table: string,
  { path, query, fieldIds }: ForeignFile,
): Promise<number> {
  const file = join(table, path);
  await mkdir(dirname(file), { recursive: true });
  const ids = fieldIds === undefined ? '' : `, FIELD_IDS ${fieldIds}`;
  await connection.run(`COPY (${query}) TO '${file}' (FORMAT parquet${ids})`);
  return (await stat(file)).size;
}

function addOf(
  { path, partitionValues, stats, deletedRows }: ForeignFile,
  size: number,
): JsonObject {
  const bytes = deletedRows && serializeVector(deletedRows, { runs: false });
  return {
    add: {
      ...{ path, size, modificationTime: 1, dataChange: true },
      partitionValues: partitionValues ?? {},
      ...(stats === undefined ? {} : { stats: JSON.stringify(stats) }),
      ...(bytes && {
        deletionVector: {
          ...{ storageType: 'i', pathOrInlineDv: encodeZ85(bytes), sizeInBytes: bytes.length },
          cardinality: deletedRows.length,
        },
      }),
    },
  };
}

async function rowsOf(
  { context, snapshot }: { context: DeltaContext; snapshot: Snapshot },
  columns: readonly (readonly [string, DeltaColumn['type']])[],
  files = snapshot.files,
): Promise<unknown[]> {
  const wanted = columns.map(([name, type]) => ({ name, type, nullable: true }));
  const table = { name: 't', root: 't', columns: wanted, partitionBy: [], configuration: {} };
  const select = await selectRows(context, tableOf(table, snapshot), wanted, files);
  const order = columns.map((_, index) => index + 1).join(', ');
  const shown = columns.map(([name, type]) => (type === 'binary' ? `hex(${name})` : name));
  const sql = `SELECT ${shown.join(', ')} FROM (${select}) ORDER BY ${order}`;
  return (await duckdb.connection.runAndReadAll(sql)).getRowsJson();
}

describe('partition values', () => {
  it('are decimals, in folders that tell them and in others', async () => {
    const table = await foreignTable(
      [
        ['id', 'long'],
        ['price', 'decimal(18,2)'],
      ],
      [
        [
          {
            ...{ path: 'price=2.50/a.parquet', query: 'SELECT 1::BIGINT AS id' },
            partitionValues: { price: '2.50' },
          },
          {
            ...{ path: 'x/b.parquet', query: 'SELECT 2::BIGINT AS id' },
            partitionValues: { price: '-3.00' },
          },
          {
            ...{ path: 'x/c.parquet', query: 'SELECT 3::BIGINT AS id' },
            partitionValues: { price: null },
          },
        ],
      ],
      { partitionColumns: ['price'] },
    );
    const columns = [
      ['id', 'long'],
      ['price', 'decimal(18,2)'],
    ] as const;
    expect(await rowsOf(table, columns)).toEqual([
      ['1', '2.50'],
      ['2', '-3.00'],
      ['3', null],
    ]);
  });

  it('are bytes, also such that are no ASCII, or look like an escape', async () => {
    const values = ['abc', 'é\u0001', '\\x41'];
    const table = await foreignTable(
      [
        ['id', 'long'],
        ['key', 'binary'],
      ],
      [
        values.map((key, index) => ({
          path: index === 0 ? 'key=abc/0.parquet' : `${index}.parquet`,
          query: `SELECT ${index}::BIGINT AS id`,
          partitionValues: { key },
        })),
      ],
      { partitionColumns: ['key'] },
    );
    const rows = await rowsOf(table, [
      ['id', 'long'],
      ['key', 'binary'],
    ]);
    expect(rows).toEqual([
      ['0', '616263'],
      ['1', 'C3A901'],
      ['2', '5C783431'],
    ]);
  });

  it('come from the log where the files have the column too', async () => {
    const table = await foreignTable(
      [
        ['id', 'long'],
        ['day', 'date'],
      ],
      [
        [
          {
            ...{ path: 'a.parquet', query: "SELECT 1::BIGINT AS id, DATE '2026-01-01' AS day" },
            partitionValues: { day: '2026-01-05' },
          },
        ],
      ],
      { partitionColumns: ['day'] },
    );
    const rows = await rowsOf(table, [
      ['id', 'long'],
      ['day', 'date'],
    ]);
    expect(rows).toEqual([['1', '2026-01-05']]);
  });
});

describe('a column that no file has', () => {
  const fields: Field[] = [
    ['id', 'long'],
    ['added', 'string'],
  ];
  const columns = [
    ['id', 'long'],
    ['added', 'string'],
  ] as const;
  const file = (stats: JsonObject): ForeignFile => ({
    ...{ path: 'a.parquet', query: 'SELECT 1::BIGINT AS id', stats },
  });

  it.each([
    ['without statistics of it', { numRecords: 1, nullCount: { id: 0 } }],
    ['although its nulls are counted', { numRecords: 1, nullCount: { id: 0, added: 1 } }],
    ['although no row is told', { nullCount: { id: 0, added: 0 } }],
  ])('is null %s', async (_, stats) => {
    const table = await foreignTable(fields, [[file(stats)]]);
    expect(await rowsOf(table, columns)).toEqual([['1', null]]);
  });

  it('is null where another file has it', async () => {
    const stats = { numRecords: 1, nullCount: { id: 0, added: 0 } };
    const second = { path: 'b.parquet', query: "SELECT 2::BIGINT AS id, 'x' AS added", stats };
    const table = await foreignTable(fields, [[file({ numRecords: 1 })], [second]]);
    expect(await rowsOf(table, columns)).toEqual([
      ['1', null],
      ['2', 'x'],
    ]);
  });
});

describe.each(['name', 'ID'])('a table with column mapping by %s', (mode) => {
  const isById = mode === 'ID';
  const mapped = (name: string, type: string, physical: string, id: number): Field =>
    [
      ...[name, type],
      { 'delta.columnMapping.physicalName': physical, 'delta.columnMapping.id': id },
    ] as unknown as Field;
  /** `name` was renamed from `label`, then `label` came back as another column, and `day` was `date`. */
  const fields = [
    mapped('id', 'long', 'col-1', 1),
    mapped('name', 'string', 'label', 2),
    mapped('label', 'string', 'col-3', 3),
    mapped('day', 'date', 'col-4', 4),
  ];
  const columns = [
    ['id', 'long'],
    ['name', 'string'],
    ['label', 'string'],
    ['day', 'date'],
    ['unknown', 'string'],
  ] as const;
  const file = (path: string, day: string | null, query: string): ForeignFile => {
    const hasLabel = query.includes('col-3');
    // Read by id, a file may call its columns what it likes.
    const [id, name, label] = isById ? ['x', 'y', 'z'] : ['col-1', 'label', 'col-3'];
    return {
      path,
      query: query
        .replaceAll('"col-1"', `"${id}"`)
        .replaceAll('"label"', `"${name}"`)
        .replaceAll('"col-3"', `"${label}"`),
      fieldIds: `{'${id}': 1, '${name}': 2${hasLabel ? `, '${label}': 3` : ''}}`,
      partitionValues: { 'col-4': day },
    };
  };
  const FIRST = `SELECT i AS "col-1", 'n' || i AS "label", 7 AS unknown FROM range(3) AS r(i)`;
  const SECOND = `SELECT 9::BIGINT AS "col-1", 'n9' AS "label", 'l9' AS "col-3", 8 AS dropped`;
  const open = () =>
    foreignTable(
      fields,
      [
        [
          {
            ...file('col-4=2026-01-05/a.parquet', '2026-01-05', FIRST),
            deletedRows: [1],
            stats: {
              numRecords: 3,
              minValues: { 'col-1': 0, label: 'n0' },
              maxValues: { 'col-1': 2, label: 'n2' },
            },
          },
        ],
        [
          file('col-4=2026-01-06/b.parquet', '2026-01-06', SECOND),
          file('Xy/c.parquet', null, SECOND.replaceAll('9', '8')),
        ],
      ],
      {
        partitionColumns: ['day'],
        configuration: { 'delta.columnMapping.mode': mode, 'delta.columnMapping.maxColumnId': '4' },
      },
    );

  it('is read by what its schema calls the columns', async () => {
    const table = await open();
    expect(await rowsOf(table, columns)).toEqual([
      ['0', 'n0', null, '2026-01-05', null],
      ['2', 'n2', null, '2026-01-05', null],
      ['8', 'n8', 'l8', null, null],
      ['9', 'n9', 'l9', '2026-01-06', null],
    ]);
    const [first] = table.snapshot.files;
    expect(await rowsOf(table, columns.slice(2, 4), first && [first])).toEqual([
      [null, '2026-01-05'],
      [null, '2026-01-05'],
    ]);
    expect(await rowsOf(table, [['day', 'date']])).toHaveLength(4);
    expect(await rowsOf(table, columns, [])).toEqual([]);
  });

  it('has partition values and statistics by the same names', async () => {
    const { snapshot } = await open();
    expect(snapshot.files.map(({ partitionValues }) => partitionValues)).toEqual([
      { day: '2026-01-05' },
      { day: '2026-01-06' },
      { day: null },
    ]);
    const may = (column: string, value: string | bigint) =>
      snapshot.files.map((each) =>
        fileMayContain(each, snapshot.metadata, { column, from: value, to: value }),
      );
    expect(may('day', '2026-01-06')).toEqual([false, true, false]);
    expect(may('id', 9n)).toEqual([false, true, true]);
    expect(may('name', 'n9')).toEqual([false, true, true]);
    expect(may('label', 'n9')).toEqual([true, true, true]);
  });
});
