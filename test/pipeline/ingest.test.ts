import { readFileSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { packageVersion } from '../../src/version.ts';
import { LINE, ZSTD_LINE } from '../fixtures/zstd-line.ts';
import { openTestLake } from './lake-support.ts';

/** The line in UTF-16, in both byte orders, with a byte-order mark and without. */
const UTF_16 = ['\ufeff', ''].flatMap((mark) => {
  const littleEndian = Buffer.from(`${mark}${LINE}\r\n`, 'utf16le');
  return [littleEndian, Buffer.from(littleEndian).swap16()];
});

async function* inChunksOf(size: number, bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}

describe('ingest', () => {
  it.each([
    ['stdin', Buffer.from(LINE), 1],
    ['stdin', Buffer.from(LINE), 1_000],
    ['stdin.gz', gzipSync(LINE), 1],
    ['stdin.gz', gzipSync(LINE), 1_000],
    ['stdin.zst', ZSTD_LINE, 3],
    ['stdin.zst', ZSTD_LINE, 1_000],
  ])('knows by the first bytes that standard input is %s', async (name, bytes, chunkBytes) => {
    await using lake = await openTestLake();
    const stream = inChunksOf(chunkBytes, bytes);
    const { ingested } = await lake.lake.ingest([{ kind: 'stream', name: 'stdin', stream }], {
      source: 'web',
    });
    expect(ingested).toMatchObject([{ from: 'stdin', lineCount: 1, sizeBytes: bytes.length }]);
    const path = ingested[0]!.path;
    expect(path.split('/').at(-1)).toBe(name);
    expect(await readFile(`${lake.settings.lake}/${path}`)).toEqual(bytes);
    await lake.lake.run({ fullRefresh: false });
    expect(await lake.rows('SELECT event_id FROM silver_events')).toEqual([{ event_id: 'e' }]);
  });

  it('gives files, taken several at a time, times of reception in their order', async () => {
    await using lake = await openTestLake({ now: () => 1_770_000_000_000 });
    const files = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const path = `${lake.settings.lake}-${index}.jsonl`;
        // The first is the largest, and done last.
        await writeFile(path, `${LINE} ${' '.repeat(index === 0 ? 5_000_000 : index)}\n`);
        return { kind: 'file' as const, path };
      }),
    );
    await lake.lake.ingest(files, { source: 'web' });
    const listed = await lake.rows(
      'SELECT file_number, unix_micros(received_at) AS micros FROM bronze_files ORDER BY received_at',
    );
    expect(listed.map((row) => Number(row.file_number))).toEqual(
      files.map((_, index) => index + 1),
    );
    expect(new Set(listed.map((row) => row.micros)).size).toBe(files.length);
  });

  it('takes an empty standard input', async () => {
    await using lake = await openTestLake();
    const stream = inChunksOf(1, Buffer.alloc(0));
    const report = await lake.lake.ingest([{ kind: 'stream', name: 'stdin', stream }], {
      source: 'web',
    });
    expect(report.ingested).toMatchObject([{ lineCount: 0, sizeBytes: 0 }]);
  });

  it.each([
    ['e.jsonl', gzipSync(LINE), 'gzip'],
    ['E.JSON.GZ', gzipSync(LINE), 'gzip'],
    [
      'e.csv',
      Buffer.concat([LINE.slice(0, 9), LINE.slice(9), '\n'].map((part) => gzipSync(part))),
      'gzip',
    ],
    ['e.jsonl', ZSTD_LINE, 'zstd'],
    ['e.json.gz', ZSTD_LINE, 'zstd'],
  ])('takes a compressed file whatever its name: %s', async (name, bytes, compression) => {
    await using lake = await openTestLake();
    await lake.receive(name, bytes);
    expect(await lake.rows('SELECT format, compression, line_count FROM bronze_files')).toEqual([
      { format: 'json_lines', compression, line_count: 1 },
    ]);
    expect(await lake.lake.run({ fullRefresh: false })).toMatchObject({ lines: 1, valid: 1 });
    expect((await lake.lake.verify()).checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  });

  it.each([
    ['g.json.gz', gzipSync(gzipSync(LINE)), 'g.json.gz is gzip in a compressed file'],
    ['p.json.gz', LINE, 'p.json.gz is not a gzip file, although its name ends in .gz'],
    ['o.json.gz', '', 'o.json.gz is 0 bytes, so not valid gzip; probably truncated'],
    ['o.json.zst', '', 'o.json.zst is 0 bytes, so not valid zstd; probably truncated'],
    ...UTF_16.map((bytes, index): [string, Buffer, string] => [
      'u.json',
      bytes,
      `u.json looks like UTF-16${['', '', 'LE', 'BE'][index]}, and events must be UTF-8`,
    ]),
    ['u.json.gz', gzipSync(UTF_16[0]!), 'u.json.gz looks like UTF-16, and events must be UTF-8'],
  ])(
    'refuses a file named %s with other bytes in it, whose lines would all be broken',
    async (name, bytes, reason) => {
      await using lake = await openTestLake();
      const path = `${lake.folder}/${name}`;
      await writeFile(path, bytes);
      const report = await lake.lake.ingest([{ kind: 'file', path }], { source: 'web' });
      expect(report).toMatchObject({ ingested: [], refused: [{ from: path, reason }] });
    },
  );

  it.each([
    [Date.UTC(10012, 0, 1), 'the clock of this machine is in the year 10012'],
    [Date.UTC(1999, 11, 31), 'the clock of this machine is in the year 1999'],
    [Number.NaN, 'the clock of this machine is not a valid date'],
  ])('takes nothing by a clock that is far off: %d', async (now, message) => {
    await using lake = await openTestLake({ now: () => now });
    const refusal = { code: 'config_invalid', message };
    await expect(lake.receive('a.jsonl', LINE)).rejects.toMatchObject(refusal);
    expect(await readdir(lake.folder)).toEqual(['a.jsonl']);
  });

  it('takes many files in their order, and each content once', async () => {
    await using lake = await openTestLake();
    const inputs = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const path = `${lake.folder}/f${String(index).padStart(2, '0')}.jsonl`;
        // Large ones first, so that later ones are ready before them.
        const bytes = index % 3 === 2 ? LINE : `${' '.repeat((60 - index) * 20_000)}${LINE}`;
        await writeFile(path, bytes);
        return { kind: 'file', path } as const;
      }),
    );
    const gone = { kind: 'file', path: `${lake.folder}/gone.jsonl` } as const;
    const report = await lake.lake.ingest([...inputs.slice(0, 30), gone, ...inputs.slice(30)], {
      source: 'web',
    });
    expect(report.ingested).toHaveLength(41);
    expect(report.skipped).toHaveLength(19);
    expect(report.refused).toMatchObject([{ from: gone.path }]);
    const names = await lake.rows('SELECT path FROM bronze_files ORDER BY file_number');
    expect(names.map(({ path }) => path)).toEqual(report.ingested.map(({ path }) => path));
    expect(names.map(({ path }) => path)).toEqual(names.map(({ path }) => path).toSorted());
    expect(await lake.lake.run({ fullRefresh: false })).toMatchObject({
      lines: 41,
      valid: 1,
      duplicates: 40,
      discovered: [],
    });
  });

  it('refuses a file that is there and cannot be read, and takes the others', async () => {
    await using lake = await openTestLake();
    await writeFile(`${lake.folder}/good.jsonl`, LINE);
    // Nobody may read it from its beginning.
    const inputs = ['/proc/self/mem', `${lake.folder}/good.jsonl`];
    const report = await lake.lake.ingest(
      inputs.map((path) => ({ kind: 'file', path })),
      { source: 'web' },
    );
    expect(report.refused).toMatchObject([{ from: '/proc/self/mem' }]);
    expect(report.ingested).toHaveLength(1);
  });

  it('takes two files of one very long name', async () => {
    await using lake = await openTestLake();
    const name = `${'x'.repeat(248)}.jsonl`;
    await lake.receive(name, LINE);
    await lake.receive(name, `${LINE}\n`);
    const rows = await lake.rows('SELECT path FROM bronze_files');
    expect(rows).toHaveLength(2);
    for (const { path } of rows) {
      expect((await stat(`${lake.settings.lake}/${path}`)).isFile()).toBe(true);
    }
  });
});

it('says in its commits which version of Clicklake made them', async () => {
  await using test = await openTestLake();
  await test.receive('one.ndjson', '{}\n');
  const log = join(test.settings.lake, 'bronze/_ledger/_delta_log');
  const [line = ''] = readFileSync(join(log, `${'0'.repeat(20)}.json`), 'utf8').split('\n');
  expect(JSON.parse(line).commitInfo.engineInfo).toBe(`Clicklake/${packageVersion()}`);
});
