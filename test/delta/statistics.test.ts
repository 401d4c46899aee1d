import { join } from 'node:path';
import { type DuckDBMapValue, DuckDBTimestampTZValue } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AddFile } from '../../src/delta/actions.ts';
import { fileMayContain } from '../../src/delta/pruning.ts';
import { type DeltaColumn, type PrimitiveType, schemaFromColumns } from '../../src/delta/schema.ts';
import {
  type CopyStatistics,
  parseStatistics,
  statisticsText,
} from '../../src/delta/statistics.ts';
import { type ColumnValue, compareValues, parseTimestamp } from '../../src/delta/values.ts';
import { SHAPE, useDuckDB, useFolders } from './support.ts';

const duckdb = useDuckDB();
const newFolder = useFolders();

const column = (name: string, type: PrimitiveType): DeltaColumn => ({ name, type, nullable: true });
const stringsOf = (map: unknown) =>
  new Map((map as DuckDBMapValue).entries.map(({ key, value }) => [String(key), value]));

/** Writes a query's result as Parquet and returns what DuckDB says about the file. */
async function copyStatistics(query: string): Promise<CopyStatistics> {
  const file = join(await newFolder(), 'file.parquet');
  const result = await duckdb.connection.runAndReadAll(
    `COPY (${query}) TO '${file}' (FORMAT parquet, RETURN_STATS)`,
  );
  const [row] = result.getRowObjects();
  const columns = [...stringsOf(row?.column_statistics)].map(
    ([name, values]) => [name, stringsOf(values) as Map<string, string>] as const,
  );
  return { count: row?.count as bigint, columns: new Map(columns) };
}

function copyOf(values: Record<string, Record<string, string>>, count = 3): CopyStatistics {
  const columns = Object.entries(values).map(
    ([name, each]) => [`"${name}"`, new Map(Object.entries(each))] as const,
  );
  return { count, columns: new Map(columns) };
}

/** The stats of a file with one column `c` whose values lie between two, as DuckDB prints them. */
function statsBetween(type: PrimitiveType, min: string, max: string): string {
  const schema = schemaFromColumns([column('c', type)]);
  return statisticsText(schema, copyOf({ c: { min, max, null_count: '0' } }));
}

describe('file statistics', () => {
  it('of a file DuckDB wrote are exact, or left out', async () => {
    const types: Record<string, PrimitiveType> = {
      id: 'long',
      small: 'integer',
      price: 'decimal(38,2)',
      ratio: 'double',
      broken: 'double',
      flag: 'boolean',
      day: 'date',
      at: 'timestamp',
      name: 'string',
      long_name: 'string',
      nothing: 'string',
      bytes: 'binary',
      'od"d': 'string',
      absent: 'string',
    };
    const text = statisticsText(
      schemaFromColumns(Object.entries(types).map(([name, type]) => column(name, type))),
      await copyStatistics(`
        SELECT 9007199254740993::BIGINT + i AS id, i::INTEGER AS small,
          (123456789012345678901234567890.12 + i)::DECIMAL(38,2) AS price, i / 4 AS ratio,
          CASE i WHEN 1 THEN 'nan'::DOUBLE ELSE i END AS broken, i = 1 AS flag,
          DATE '2024-05-01' + i::INTEGER AS day,
          TIMESTAMPTZ '1969-12-31 23:59:59.1234Z' + INTERVAL (i) SECOND AS at,
          ['b', 'a', NULL][i + 1] AS name, repeat('é', 100) || i AS long_name,
          NULL::VARCHAR AS nothing, 'x'::BLOB AS bytes, 'o"' AS "od""d"
        FROM range(3) AS numbers(i)`),
    );
    expect(text).toContain('"id":9007199254740993,');
    expect(text).toContain('"price":123456789012345678901234567892.12,');
    const cut = 'é'.repeat(32);
    expect(JSON.parse(text)).toEqual({
      numRecords: 3,
      minValues: {
        id: 9007199254740992,
        small: 0,
        price: 1.2345678901234568e29,
        ratio: 0,
        day: '2024-05-01',
        at: '1969-12-31T23:59:59.123Z',
        name: 'a',
        long_name: cut,
        'od"d': 'o"',
      },
      maxValues: {
        id: 9007199254740996,
        small: 2,
        price: 1.2345678901234568e29,
        ratio: 0.5,
        day: '2024-05-03',
        at: '1970-01-01T00:00:01.124Z',
        name: 'b',
        long_name: `${cut}\u{10FFFF}`,
        'od"d': 'o"',
      },
      nullCount: {
        ...{ id: 0, small: 0, price: 0, ratio: 0, broken: 0, flag: 0, day: 0, at: 0, name: 1 },
        ...{ long_name: 0, nothing: 3, bytes: 0, 'od"d': 0 },
      },
    });
  });

  it('leave out what JSON or Delta cannot say', () => {
    for (const [type, value] of [
      ['double', 'inf'],
      ['date', '0045-01-01 (BC)'],
      ['date', 'infinity'],
      ['timestamp', '12024-01-01 00:00:00+00'],
      ['timestamp', 'infinity'],
      ['timestamp', '2024-01-01 00:00:00+02'],
      ['timestamp', '0001-01-01 (BC) 00:00:00+00'],
      ['boolean', 'true'],
      ['binary', '616263'],
    ] as const) {
      expect(JSON.parse(statsBetween(type, value, value)), `${type} ${value}`).toEqual({
        numRecords: 3,
        minValues: {},
        maxValues: {},
        nullCount: { c: 0 },
      });
    }
  });

  it('cut strings between characters, not inside one', () => {
    const smile = '😀';
    const parsed = JSON.parse(statsBetween('string', smile.repeat(40), smile.repeat(40)));
    expect(parsed.minValues.c).toBe(smile.repeat(32));
    expect(parsed.maxValues.c).toBe(`${smile.repeat(32)}\u{10FFFF}`);
    const fitting = JSON.parse(statsBetween('string', smile.repeat(20), smile.repeat(32)));
    expect(fitting.minValues.c).toBe(smile.repeat(20));
    expect(fitting.maxValues.c).toBe(smile.repeat(32));
  });

  it('are read back with every digit', () => {
    const types = { id: 'long', price: 'decimal(38,2)', at: 'timestamp', ratio: 'double' } as const;
    const schema = schemaFromColumns(
      Object.entries(types).map(([name, type]) => column(name, type)),
    );
    const statistics = parseStatistics(
      '{"numRecords":5,"minValues":{"id":-9223372036854775808,"price":-1234567890123.10,"at":"2024-05-01T00:00:00.001Z","ratio":1e3},"maxValues":{"price":12345678901234.10,"id":9223372036854775807,"at":"2024-05-01T02:00:00.001+02:00"},"nullCount":{"id":1}}',
      schema,
    );
    const micros = parseTimestamp('2024-05-01 00:00:00.001Z') as bigint;
    expect(statistics?.rowCount).toBe(5);
    expect(statistics?.column('id')).toEqual({
      min: -9223372036854775808n,
      max: 9223372036854775807n,
      nullCount: 1,
    });
    expect(statistics?.column('price').min).toBe('-1234567890123.10');
    // Sixteen digits: if a double stood in between, the last may be wrong.
    expect(statistics?.column('price').max).toBeUndefined();
    expect(statistics?.column('at')).toMatchObject({ min: micros, max: micros + 999n });
    expect(statistics?.column('ratio')).toMatchObject({ min: 1000, max: undefined });
    expect(statistics?.column('no such')).toEqual({});
  });

  it('that are missing or unreadable are none', () => {
    const { schema } = SHAPE;
    expect(parseStatistics(undefined, schema)).toBeUndefined();
    expect(parseStatistics('{"numRecords":', schema)).toBeUndefined();
    expect(parseStatistics('null', schema)?.rowCount).toBeUndefined();
    const odd = parseStatistics(
      '{"minValues":{"id":{"a":1}},"maxValues":[],"nullCount":5}',
      schema,
    );
    expect(odd?.column('id')).toEqual({});
  });
});

describe('pruning', () => {
  const metadata = { ...SHAPE, partitionColumns: ['day'] } as unknown as Parameters<
    typeof fileMayContain
  >[1];
  const fileWith = (part: Partial<AddFile>) =>
    ({ partitionValues: {}, stats: undefined, ...part }) as AddFile;

  it('goes by partition values', () => {
    const file = fileWith({ partitionValues: { day: '2024-05-03' } });
    const may = (from: string, to: string) =>
      fileMayContain(file, metadata, { column: 'day', from, to });
    expect(may('2024-05-01', '2024-05-03')).toBe(true);
    expect(may('2024-05-01', '2024-05-02')).toBe(false);
    expect(may('2024-05-04', '2024-05-09')).toBe(false);
    const nulls = fileWith({ partitionValues: { day: null } });
    expect(fileMayContain(nulls, metadata, { column: 'day', from: '2000-01-01' })).toBe(false);
  });

  it('keeps files that nothing is known about', () => {
    for (const stats of [undefined, '{}', '{"numRecords":3}', 'broken']) {
      expect(fileMayContain(fileWith({ stats }), metadata, { column: 'id', from: 5n })).toBe(true);
    }
    const stats = '{"numRecords":3,"minValues":{"id":1},"maxValues":{"id":2}}';
    expect(fileMayContain(fileWith({ stats }), metadata, { column: 'other', from: 5n })).toBe(true);
    expect(fileMayContain(fileWith({ stats }), metadata, { column: 'id', from: 3n })).toBe(false);
  });

  it('drops files in which the column is always null', () => {
    const stats = '{"numRecords":3,"nullCount":{"name":3}}';
    expect(fileMayContain(fileWith({ stats }), metadata, { column: 'name', from: 'a' })).toBe(
      false,
    );
  });

  it('trusts no maximum that another writer may have cut', () => {
    const start = 'x'.repeat(31);
    const values = [`${start}x`, `${start}xyz`, `${start}\u{10FFFF}\u{10FFFF}\u{10FFFF}`];
    for (const value of values) {
      for (const mark of ['\uFFFD', '\u007F', '\u{10FFFF}']) {
        const max = [...value].slice(0, 32).join('') + mark;
        const stats = JSON.stringify({ numRecords: 1, maxValues: { name: max } });
        const range = { column: 'name', from: value, to: value };
        expect(fileMayContain(fileWith({ stats }), metadata, range)).toBe(true);
      }
    }
  });

  const timestamps = fc.bigInt(-60_000_000_000_000_000n, 250_000_000_000_000_000n);
  const asDuckDB = (micros: bigint) => `${new DuckDBTimestampTZValue(micros)}`;
  const cases: [PrimitiveType, fc.Arbitrary<ColumnValue>, (value: ColumnValue) => string][] = [
    ['long', fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), String],
    ['string', fc.string({ unit: 'binary', maxLength: 50 }), String],
    [
      'string',
      fc.string({
        unit: fc.constantFrom('a', '\u{10FFFF}', '\uFFFD', '😀'),
        minLength: 28,
        maxLength: 40,
      }),
      String,
    ],
    ['timestamp', timestamps, (value) => asDuckDB(value as bigint)],
    ['decimal(18,2)', fc.bigInt(-(10n ** 17n), 10n ** 17n).map((n) => `${n}.05`), String],
    [
      'double',
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (value) => printDouble(value as number),
    ],
  ];
  it.each(cases)('never drops a file with a row in range (%s)', (type, values, print) => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 6 }), values, (rows, other) => {
        const sorted = [...rows].sort((a, b) => compareValues(type, a, b));
        const [min, max] = [sorted[0], sorted.at(-1)] as [ColumnValue, ColumnValue];
        const stats = statsBetween(type, print(min), print(max));
        const schema = schemaFromColumns([column('c', type)]);
        const table = { ...metadata, schema, partitionColumns: [] };
        const file = fileWith({ stats });
        for (const row of rows) {
          const isLess = compareValues(type, row, other) < 0;
          const range = isLess ? { from: row, to: other } : { from: other, to: row };
          expect(fileMayContain(file, table, { column: 'c', ...range })).toBe(true);
        }
      }),
    );
  });
});

/** As DuckDB prints it: `1e+20`, `1.0`. */
function printDouble(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : String(value);
}
