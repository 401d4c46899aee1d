/** Bronze files as ranges, read into files of lines. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compressionOf } from '../../src/bronze/decompress.ts';
import { fetchLines } from '../../src/engines/lines/raw-lines.ts';
import { type ByteRange, openLineReading } from '../../src/engines/lines/read-lines.ts';
import { readMapping } from '../../src/mapping/mapping.ts';

const LINES = [
  '\ufeff{"event_id":"marked","size":"L"}',
  '{"event_id":"1","price":1.50}',
  '',
  '  \t',
  '{"event_id":"é\\u20ac€","size":null}\r',
  'no json',
  '{"event_id":{}}',
  '{"event_id":"6","size":7,"extra":[1]}',
  '{"event_id":"last"}',
];
const TEXT = Buffer.from(LINES.join('\n'));
const ROWS = [
  [0, null, 'marked', 'L'],
  [1, null, '1', null],
  [4, null, 'é€€', null],
  [5, 'not_json', null, null],
  [6, 'wrong_type:event_id', null, null],
  [7, null, '6', '7'],
  [8, null, 'last', null],
].map(([index, ...rest]) => [startOf(Number(index)), ...rest]);

function startOf(index: number): number {
  return LINES.slice(0, index).reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}

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

async function readStretches(name: string, bytes: Buffer, cuts: readonly number[]) {
  const localPath = join(folder, name);
  await writeFile(localPath, bytes);
  const reading = openLineReading(join(folder, 'lines.parquet'), {
    mappings: [readMapping({}, ['size']).mapping],
    declared: ['size'],
  });
  for (const [index, start] of [0, ...cuts].entries()) {
    const range: ByteRange = {
      ...{ format: 'json_lines', compression: compressionOf(name) },
      ...{ fileNumber: 3, receivedAtMicros: 0n, mapping: 0, localPath, path: name, start },
      end: cuts[index] ?? Number.POSITIVE_INFINITY,
    };
    await reading.read(range);
  }
  return reading.finish();
}

async function rowsOf(path: string): Promise<unknown[][]> {
  const result = await connection.runAndReadAll(
    `SELECT CAST(line_start AS INTEGER), problem, event_id, declared_0 FROM '${path}' ORDER BY line_start`,
  );
  return result.getRows();
}

describe('a file read in ranges', () => {
  it.each([
    ['plain', 'a.ndjson', TEXT],
    ['with an LF at its end', 'b.ndjson', Buffer.concat([TEXT, Buffer.from('\n')])],
  ])('has the same lines wherever it is cut: %s', async (_, name, bytes) => {
    for (let cut = 1; cut <= bytes.length; cut += 1) {
      const cuts = [cut, cut + 1, cut + 40].filter((at) => at <= bytes.length);
      const { lineCounts, path, unknownFields } = await readStretches(name, bytes, cuts);
      expect(lineCounts).toEqual(new Map([[3, 7]]));
      expect(unknownFields).toEqual({ lines: new Map([['extra', 1]]), isCut: false });
      expect(await rowsOf(path), `cut at ${cut}`).toEqual(ROWS);
    }
  });

  it('has the same lines compressed', async () => {
    const { lineCounts, path } = await readStretches('a.ndjson.gz', gzipSync(TEXT), []);
    expect(lineCounts).toEqual(new Map([[3, 7]]));
    expect(await rowsOf(path)).toEqual(ROWS);
  });

  it('takes bytes that are no UTF-8 and lines longer than its buffer', async () => {
    const long = `{"event_id":"${'x'.repeat(9_000_000)}"}`;
    const bytes = Buffer.concat([
      Buffer.from('{"event_id":"ok"}\n'),
      Buffer.from([0x7b, 0xff, 0x7d, 0x0a]),
      Buffer.from(`${long}\n{"event_id":"end"}`),
    ]);
    const { lineCounts, path } = await readStretches('c.ndjson', bytes, [20, 5_000_000]);
    expect(lineCounts).toEqual(new Map([[3, 4]]));
    const rows = await rowsOf(path);
    expect(rows.map(([start, problem, id]) => [start, problem, String(id).length])).toEqual([
      [0, null, 2],
      [18, 'not_utf8', 4],
      [22, null, 9_000_000],
      [22 + long.length + 1, null, 3],
    ]);
  });

  it('writes groups of rows of any number', async () => {
    const count = 150_001;
    const text = Array.from({ length: count }, (_, index) => `{"event_id":"${index}"}`).join('\n');
    const { lineCounts, path } = await readStretches('d.ndjson', Buffer.from(text), [70_000]);
    expect(lineCounts).toEqual(new Map([[3, count]]));
    const ids = (await rowsOf(path)).map(([, , id]) => Number(id));
    expect(ids.every((id, index) => id === index)).toBe(true);
    expect(ids.length).toBe(count);
  });

  it('makes a file without rows when there are no lines', async () => {
    const { lineCounts, path } = await readStretches('e.ndjson', Buffer.from('\n \n'), [1]);
    expect(lineCounts).toEqual(new Map([[3, 0]]));
    expect(await rowsOf(path)).toEqual([]);
  });

  it('gives single lines back from where they begin', async () => {
    const localPath = join(folder, 'f.ndjson');
    const lines = [...LINES, 'y'.repeat(3_000_000), 'z', ...LINES, 'w'.repeat(200_000)];
    const text = Buffer.from(lines.join('\n'));
    await writeFile(localPath, text);
    let at = 0;
    const places = lines.map((line) => {
      const start = at;
      at += Buffer.byteLength(line) + 1;
      return { start, line };
    });
    for (const step of [1, 2, 3, 5]) {
      const wanted = places.filter((_, index) => index % step === step - 1);
      for (const stream of [undefined, () => inChunks(text, 1000)]) {
        const found: { start: number; line: string }[] = [];
        await fetchLines(
          { localPath, text: stream },
          wanted.map(({ start }) => start),
          (start, line) => found.push({ start, line: line.toString() }),
        );
        expect(found).toEqual(wanted);
      }
    }
  });
});

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}
