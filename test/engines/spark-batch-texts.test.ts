import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compressionOf } from '../../src/bronze/decompress.ts';
import type { FileLayout } from '../../src/bronze/formats/record-format.ts';
import { openBatchText } from '../../src/engines/spark/batch-texts.ts';

describe('a file of Bronze', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const open = (name: string, layout: Partial<FileLayout> = {}) =>
    openBatchText(
      {
        fileNumber: 1,
        path: `bronze/web/date=2026-03-02/${name}`,
        receivedAtMicros: 0n,
        lineCount: 1,
        needsExactRead: false,
        format: 'json_lines',
        compression: compressionOf(name),
        ...layout,
      } as unknown as Parameters<typeof openBatchText>[0],
      {
        openText: async function* () {
          yield Buffer.from('{}\n');
        },
        url: ({ path }) => `/lake/${path}`,
      },
      {
        url: (name) => join(folder, name),
        adopt: (from, name) => rename(from, join(folder, name)),
        remove: async () => {},
        release: async () => {},
      },
    );

  // Spark stops at a colon, and takes files of the other names for compressed or unfinished.
  test.each(['2026-03-02T10:00:00.json', 'a.json._COPYING_', 'a.json.bz2', 'a.json.zst'])(
    'is given to Spark under another name when Spark cannot read %s',
    async (name) => {
      const { url } = await open(name);
      expect(url).toBe(join(folder, 'text-1'));
      expect(await readFile(url, 'utf8')).toBe('{}\n');
    },
  );

  test.each<[string, Partial<FileLayout>]>([
    ['a.csv', { format: 'csv' }],
    ['a.json', { format: 'json_array' }],
    ['a.json', { compression: 'gzip' }],
    ['a.parquet', { format: 'parquet' }],
  ])('is given to Spark as lines when it is not: %s, %j', async (name, layout) => {
    const { url } = await open(name, layout);
    expect(await readFile(url, 'utf8')).toBe('{}\n');
  });

  test.each(['a.json', 'a.json.gz', 'a._COPYING_.json', 'of [1] {a}*?.json'])(
    'is read by Spark where it is: %s',
    async (name) => {
      expect((await open(name)).url).toBe(`/lake/bronze/web/date=2026-03-02/${name}`);
    },
  );
});
