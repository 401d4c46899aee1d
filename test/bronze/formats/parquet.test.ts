import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordLines } from '../../../src/bronze/formats/record-lines.ts';
import { inChunks, linesOfFile } from '../../fixtures/record-lines.ts';

let folder: string;
let instance: DuckDBInstance;
let connection: DuckDBConnection;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clicklake-test-'));
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});
afterAll(async () => {
  connection.closeSync();
  instance.closeSync();
  await rm(folder, { recursive: true, force: true });
});

/** A file with the rows of a query; returns its path. */
async function parquetFile(query: string, name = 'file.parquet'): Promise<string> {
  const path = join(folder, name);
  await connection.run(`COPY (${query}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`);
  return path;
}

const read = (path: string) => linesOfFile('parquet', path);

describe('rows of Parquet are exact', () => {
  it.each<[string, string, string]>([
    ['a 64-bit number', `9007199254740993::BIGINT`, '9007199254740993'],
    ['an unsigned one', `18446744073709551615::UBIGINT`, '18446744073709551615'],
    ['a decimal of few digits', `1.50::DECIMAL(5, 2)`, '1.50'],
    [
      'a decimal of many',
      `-1234567890123456789012345678901234.5678::DECIMAL(38, 4)`,
      '-1234567890123456789012345678901234.5678',
    ],
    ['a double', `0.1::DOUBLE`, '0.1'],
    ['a large double', `1e20::DOUBLE`, '100000000000000000000.0'],
    ['a float', `19.99::FLOAT`, '19.99'],
    ['not a number', `'nan'::DOUBLE`, '"nan"'],
    ['infinity', `'-infinity'::FLOAT`, '"-inf"'],
    ['microseconds', `TIMESTAMP '2026-01-05 10:00:00.123456'`, '"2026-01-05T10:00:00.123456Z"'],
    ['milliseconds', `TIMESTAMP_MS '2026-01-05 10:00:00.123'`, '"2026-01-05T10:00:00.123Z"'],
    [
      'nanoseconds',
      `TIMESTAMP_NS '2026-01-05 10:00:00.123456789'`,
      '"2026-01-05T10:00:00.123456789Z"',
    ],
    ['an instant', `TIMESTAMPTZ '2026-01-05 10:00:00.5+02:00'`, '"2026-01-05T08:00:00.5Z"'],
    ['a day', `DATE '2026-01-05'`, '"2026-01-05"'],
    ['a text', `'ä"\\' || chr(10) || '€'`, '"ä\\"\\\\\\n€"'],
    ['bytes of text', `encode('Käse')`, '"Käse"'],
    ['other bytes', `'\\xFF\\x00'::BLOB`, '"/wA="'],
    [
      'a UUID',
      `'01234567-89ab-cdef-0123-456789abcdef'::UUID`,
      '"01234567-89ab-cdef-0123-456789abcdef"',
    ],
    ['nothing', `NULL::VARCHAR`, 'null'],
    [
      'what is nested',
      `{'a': [{'price': 1.50::DECIMAL(5, 2), 'raw': encode('x')}, NULL], 'b': NULL::STRUCT(c FLOAT), 'c d': [[TIMESTAMP '2026-01-05 10:00:00']]}`,
      '{"a":[{"price":1.50,"raw":"x"},null],"b":null,"c d":[["2026-01-05T10:00:00Z"]]}',
    ],
    ['a map', `MAP {'k': 0.5::FLOAT, 'l': NULL}`, '{"k":0.5,"l":null}'],
    ['a map of decimals', `MAP {'k': {'d': 1.10::DECIMAL(4, 2)}}`, '{"k":{"d":1.10}}'],
  ])('%s', async (_, value, json) => {
    const path = await parquetFile(`SELECT ${value} AS "the value"`);
    expect(await read(path)).toEqual([`{"the value":${json}}`]);
  });

  it('and keep their order, in a file of any name', async () => {
    const query = "SELECT i AS id, repeat('x', 20) AS text FROM range(300000) AS r(i)";
    const path = await parquetFile(query, "date=2026-01-05 [a]*?'b'");
    const lines = await read(path);
    expect(lines).toHaveLength(300_000);
    expect(lines.findIndex((line, index) => !line.startsWith(`{"id":${index},`))).toBe(-1);
    expect(Object.keys(JSON.parse(lines[0]!))).toEqual(['id', 'text']);
  });

  it('with timestamps of 96 bits, as Spark writes them', async () => {
    expect(await read('test/fixtures/formats/int96.parquet')).toEqual([
      '{"id":1,"at":"2026-01-05T10:00:00.123456Z","price":1.50,"nested":{"t":"1969-12-31T23:59:59.999999Z","l":[1,9007199254740993]}}',
      '{"id":2,"at":null,"price":null,"nested":null}',
    ]);
  });

  it('may be none', async () => {
    expect(await read(await parquetFile('SELECT 1 AS a WHERE false'))).toEqual([]);
  });

  it('also of a compressed file', async () => {
    const bytes = await readFile(await parquetFile('SELECT 1 AS a'));
    const file = {
      format: 'parquet',
      compression: 'gzip',
      name: 'a',
      localPath: () => '',
    } as const;
    const found: string[] = [];
    // What hands out the text has decompressed it.
    for await (const chunk of recordLines({ ...file, text: inChunks(bytes, 10) })) {
      found.push(chunk.toString());
    }
    expect(found).toEqual(['{"a":1}\n']);
    expect(gzipSync(bytes).length).toBeGreaterThan(0);
  });
});

describe('Parquet that is damaged is refused as a whole', () => {
  it('when its footer is, and the message does not name the copy that is read', async () => {
    const path = await parquetFile('SELECT i FROM range(2000) AS r(i)', 'foot.parquet');
    const bytes = await readFile(path);
    const reasonFor = async (damaged: Buffer): Promise<string> => {
      await writeFile(path, damaged);
      return await read(path).then(String, ({ message }: Error) => message);
    };
    const zeros = Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(500)]);
    expect(await reasonFor(zeros)).toBe('the file is damaged or truncated (it has no footer)');
    const long = Buffer.from(bytes);
    long.writeUInt32LE(0x0fffffff, bytes.length - 8);
    expect(await reasonFor(long)).toMatch(/\(its footer does not begin where it says\)$/);
    const other = Buffer.from(bytes).fill(0xff, bytes.length - 60, bytes.length - 12);
    const reason = await reasonFor(other);
    expect(reason).toMatch(/^the file is damaged or truncated/);
    expect(reason).not.toMatch(/foot\.parquet|Error:/);
  });

  it.each([4, 100, 5_000])('when it is cut to %i bytes', async (sizeBytes) => {
    const path = await parquetFile(
      'SELECT i, hash(i) AS h FROM range(20000) AS r(i)',
      'cut.parquet',
    );
    await truncate(path, sizeBytes);
    const refusal = {
      code: 'input_refused',
      message: 'the file is damaged or truncated (it has no footer)',
    };
    await expect(read(path)).rejects.toMatchObject(refusal);
  });
});
